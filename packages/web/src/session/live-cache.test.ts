import { describe, expect, test } from "vitest";
import { aTask } from "../live/scripted-server.testing.ts";
import { replaceTasks } from "./live-cache.ts";

describe("facts and fetched answers", () => {
  const [one, two] = [aTask(), aTask()];
  const newer = { ...one, bytes: 7 };
  const changed = new Map([[one.upid, newer]]);

  test("a changed task is replaced in place in a task, a list and pages of lists", () => {
    expect(replaceTasks(one, changed)).toEqual(newer);
    expect(replaceTasks({ tasks: [two, one], nextCursor: "c" }, changed)).toEqual({
      tasks: [two, newer],
      nextCursor: "c",
    });
    const pages = { pages: [{ tasks: [two] }, { tasks: [one] }], pageParams: [1, 2] };
    expect(replaceTasks(pages, changed)).toEqual({
      pages: [{ tasks: [two] }, { tasks: [newer] }],
      pageParams: [1, 2],
    });
  });

  test("what shows none of the changed tasks stays the same thing, so that nothing is drawn anew", () => {
    const list = { tasks: [two] };
    const pages = { pages: [list], pageParams: [] };
    expect([list, pages, two, undefined].map((answer) => replaceTasks(answer, changed))).toEqual([
      list,
      pages,
      two,
      undefined,
    ]);
    expect(replaceTasks(list, changed)).toBe(list);
    expect(replaceTasks(pages, changed)).toBe(pages);
  });

  test("a fact from before the answer does not turn it back", () => {
    const done = { ...one, state: "ok" as const };
    expect(replaceTasks(done, changed)).toBe(done);
  });
});
