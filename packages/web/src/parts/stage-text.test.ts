import fc from "fast-check";
import "../texts/english.testing.ts";
import { describe, expect, test } from "vitest";
import type { TaskStage } from "@ironcore-backup/protocol/calls";
import {
  countOf,
  currentStage,
  formatDone,
  formatEta,
  formatRate,
  formatShare,
  shareOf,
} from "./stage-text.ts";

const aStage = (given: Partial<TaskStage> = {}): TaskStage => ({
  name: "archive",
  state: "running",
  startedAt: 0,
  doneBytes: 0,
  doneItems: 0,
  totalIsEstimate: false,
  warningCount: 0,
  errorCount: 0,
  ...given,
});

describe("a stage's numbers", () => {
  test("has no percentage while its total is not known", () => {
    const stage = aStage({ doneBytes: 5 << 20, doneItems: 12 });
    expect(formatShare(stage)).toBeUndefined();
    expect(formatDone(stage)).toBe("5.00 MiB");
    expect(formatDone(aStage({ doneItems: 1200 }))).toBe("1,200 items");
  });

  test("says that a total is an estimate wherever it is shown", () => {
    const stage = aStage({ doneBytes: 1 << 30, totalBytes: 4 * 2 ** 30, totalIsEstimate: true });
    expect(formatShare(stage)).toBe("about 25 %");
    expect(formatDone(stage)).toBe("1.00 GiB of about 4.00 GiB");
  });

  test("is never 100 % before all of it is done, and never more", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1 }), (doneBytes, totalBytes) => {
        const stage = aStage({ doneBytes, totalBytes });
        expect(shareOf(stage)).toBeLessThanOrEqual(1);
        expect(formatShare(stage) === "100 %").toBe(doneBytes >= totalBytes);
      }),
    );
  });

  test("a stage of nothing divides by nothing", () => {
    expect(formatShare(aStage({ totalBytes: 0, totalItems: 0 }))).toBeUndefined();
  });

  test.each([
    [3, false, "about 5 s left"],
    [61, false, "about 1 min left"],
    [754, false, "about 15 min left"],
    [7300, false, "about 2 h left"],
    [240, true, "3 to 6 min left"],
    [3000, true, "35 to 75 min left"],
    [3600 * 60, true, "42 h to 4 d left"],
  ])("%i s to go, estimated: %s, reads %s", (etaSeconds, totalIsEstimate, text) => {
    expect(formatEta(aStage({ etaSeconds, totalIsEstimate }))).toBe(text);
  });

  test("without a window there is no rate, and without a rate no end", () => {
    expect(formatRate(aStage())).toBeUndefined();
    expect(formatEta(aStage())).toBeUndefined();
    expect(formatRate(aStage({ rateBytesPerSecond: 3 * 2 ** 20 }))).toBe("3.00 MiB/s");
  });

  test("the stage that runs is the one to show, else the last", () => {
    const [first, second] = [aStage({ name: "a", state: "done" }), aStage({ name: "b", state: "done" })];
    expect(currentStage({ stages: [first, aStage({ name: "r" }), second] })?.name).toBe("r");
    expect(currentStage({ stages: [first, second] })?.name).toBe("b");
    expect(currentStage({ stages: [] })).toBeUndefined();
  });

  test("counts go with their noun", () => {
    expect([countOf(1, "task"), countOf(0, "task"), countOf(2000, "process", "processes")]).toEqual([
      "1 task",
      "0 tasks",
      "2,000 processes",
    ]);
  });
});
