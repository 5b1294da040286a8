import { expect, test } from "vitest";
import { choiceOf, withChoice } from "./event-choice.ts";

test("an event is in one list at the most, and goes out of both again", () => {
  const none = { include: [], exclude: [] };
  const always = withChoice(none, "backup.completed", "always");
  expect(always).toEqual({ include: ["backup.completed"], exclude: [] });
  const never = withChoice(always, "backup.completed", "never");
  expect(never).toEqual({ include: [], exclude: ["backup.completed"] });
  expect(choiceOf(never, "backup.completed")).toBe("never");
  expect(withChoice(never, "backup.completed", "severity")).toEqual(none);
  const two = withChoice(withChoice(none, "gc.failed", "never"), "backup.failed", "never");
  expect(two.exclude).toEqual(["backup.failed", "gc.failed"]);
});
