import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { createSeededRandom } from "@ironcore-backup/base";
import { RUN_METRICS } from "@ironcore-backup/protocol";
import { USUAL_RUN_COUNT_MIN, usualRange, verdictOf } from "./usual-range.ts";

const random = createSeededRandom(5);
const uniform = (): number => (random.integer(0, 999_999) + 0.5) / 1_000_000;
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

describe("the usual range", () => {
  test("is not told from too few runs", () => {
    expect(usualRange("compressionRatio", [2, 2, 2, 2])).toBeUndefined();
    expect(verdictOf(9, undefined)).toBe("unknown");
    expect(
      usualRange(
        "compressionRatio",
        Array.from({ length: USUAL_RUN_COUNT_MIN }, () => 2),
      ),
    ).toBeDefined();
  });

  test("grants runs that are all alike a little", () => {
    const usual = usualRange("compressionRatio", [2, 2, 2, 2, 2, 2]);
    expect([2.1, 1.9, 3.5, 1].map((value) => verdictOf(value, usual))).toEqual([
      "usual",
      "usual",
      "high",
      "low",
    ]);
  });

  test("is not moved by a few odd runs", () => {
    const usual = usualRange("deduplicationHitRate", [0.95, 0.94, 0.96, 0, 0.95, 0.93, 0.97, 0.1, 0.95]);
    expect(usual?.middle).toBe(0.95);
    expect(verdictOf(0.4, usual)).toBe("low");
    expect(verdictOf(0.92, usual)).toBe("usual");
  });

  test("of runs that scatter as runs do, hardly one in a hundred falls out; what changed does", () => {
    let alarms = 0;
    let missed = 0;
    const COUNT = 2000;
    for (let at = 0; at < COUNT; at++) {
      const rate = (): number => 80e6 * Math.exp(0.25 * normal());
      const usual = usualRange("sourceReadRateBytesPerSecond", Array.from({ length: 15 }, rate));
      if (verdictOf(rate(), usual) !== "usual") alarms++;
      if (verdictOf(rate() / 10, usual) !== "low") missed++;
    }
    expect(alarms / COUNT).toBeLessThan(0.015);
    expect(missed / COUNT).toBeLessThan(0.05);
  });

  test("holds its middle and what can be, whatever the runs were", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RUN_METRICS),
        fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 5, maxLength: 40 }),
        (metric, values) => {
          const shares = metric === "deduplicationHitRate" ? values.map((value) => value / 1e12) : values;
          const usual = usualRange(metric, shares);
          expect(usual?.low).toBeGreaterThanOrEqual(0);
          expect(usual?.low).toBeLessThanOrEqual(usual?.middle ?? -1);
          expect(usual?.high).toBeGreaterThanOrEqual(usual?.middle ?? Infinity);
          if (metric === "deduplicationHitRate") expect(usual?.high).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
