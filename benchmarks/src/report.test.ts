import { describe, expect, test } from "vitest";
import { formatReport, judge, medianRows } from "./report.ts";
import type { Sample } from "./report.ts";

function aSample(changed: Partial<Sample>): Sample {
  return {
    corpus: "a",
    step: "first",
    tool: "ours",
    round: 1,
    wallMs: 1000,
    cpuMs: 1000,
    peakMemoryBytes: 300 << 20,
    largestProcessBytes: 300 << 20,
    diskReadBytes: 0,
    storedBytes: 100e6,
    addedBytes: 100e6,
    ...changed,
  };
}

const verdictsOf = (...samples: Sample[]) => medianRows(samples).flatMap((row) => judge(row, "ours"));

describe("the benchmark's report", () => {
  test("takes the median of each figure, and one slow round does not move it", () => {
    const walls = [1000, 9000, 1100];
    const [row] = medianRows(walls.map((wallMs, index) => aSample({ wallMs, round: index + 1 })));
    expect(row?.medians.get("ours")?.wallMs).toBe(1100);
  });

  test("calls the speed held at twice restic's, and missed below", () => {
    const restic = aSample({ tool: "restic", wallMs: 2000 });
    const speedOf = (wallMs: number) =>
      verdictsOf(aSample({ wallMs }), restic).find((verdict) => verdict.what === "speed");
    expect(speedOf(1000)).toMatchObject({ value: 2, floor: 2, holds: true });
    expect(speedOf(1001)).toMatchObject({ holds: false });
  });

  test("judges memory even without a peer, and nothing without ours", () => {
    expect(verdictsOf(aSample({ largestProcessBytes: 401 << 20 }))).toMatchObject([{ holds: false }]);
    expect(verdictsOf(aSample({ tool: "restic" }))).toEqual([]);
  });

  test("judges what a first backup stores and what a changed one adds against restic", () => {
    const whats = (step: Sample["step"], changed: Partial<Sample>) =>
      verdictsOf(aSample({ step, ...changed }), aSample({ step, tool: "restic", wallMs: 5000 }))
        .filter((verdict) => !verdict.holds)
        .map((verdict) => verdict.what);
    expect(whats("first", { storedBytes: 105e6 })).toEqual([]);
    expect(whats("first", { storedBytes: 106e6 })).toEqual(["stored"]);
    expect(whats("changed", { addedBytes: 150e6 })).toEqual([]);
    expect(whats("changed", { addedBytes: 151e6 })).toEqual(["added"]);
  });

  test("shows a row per step with the ratio and what was missed", () => {
    const samples = [aSample({}), aSample({ tool: "restic", wallMs: 1500 })];
    const shown = formatReport(medianRows(samples), ["ours", "restic"], "ours");
    expect(shown).toContain("a first");
    expect(shown).toContain("1.50×");
    expect(shown).toContain("MISSED speed 1.50 (2)");
  });
});
