import "./english.testing.ts";
import { expect, test } from "vitest";
import { formatNumber, t } from "./texts.ts";

test("a text is filled with values, and takes the form that goes with a count", () => {
  expect(t("shell.keys.goTo", { page: "Tasks" })).toBe("Go to Tasks");
  expect(t("common.count.task", { count: 1 })).toBe("1 task");
  expect(t("common.count.task", { count: 1204 })).toBe("1,204 tasks");
  expect(formatNumber(1204)).toBe("1,204");
});

test("what a text wants is known to the compiler", () => {
  // @ts-expect-error a value is missing
  t("shell.keys.goTo");
  // @ts-expect-error there is no such text
  t("shell.keys.nothing");
  // @ts-expect-error a count is a number
  t("common.count.task", { count: "1" });
  expect(t("shell.skip")).toBe("Skip to content");
});
