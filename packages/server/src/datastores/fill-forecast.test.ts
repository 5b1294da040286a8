import { describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { forecastFill } from "./fill-forecast.ts";
import type { FillMeasure } from "./fill-forecast.ts";
import { FILL_FAMILIES, knownHistory } from "./fill-history.testing.ts";
import type { KnownHistory } from "./fill-history.testing.ts";

const DAY_MS = 86_400_000;
const GB = 1e9;
const TOTAL = 1000 * GB;
const NOW = 1_700_000_000_000;

/** One measure a day, the last one now. */
function measuresOf(used: readonly number[], totalBytes = TOTAL): FillMeasure[] {
  return used.map((one, day) => ({
    at: NOW - (used.length - 1 - day) * DAY_MS,
    totalBytes,
    usedBytes: one * GB,
    freeBytes: Math.max(0, totalBytes - one * GB),
  }));
}
const days = (count: number, used: (day: number) => number): FillMeasure[] =>
  measuresOf(Array.from({ length: count }, (_, day) => used(day)));
const inDays = (at: number | undefined): number => ((at ?? Number.NaN) - NOW) / DAY_MS;

/** Whether what came lies in the range that was told. */
function holds({ measures, fullAt = Infinity }: KnownHistory): "in" | "early" | "late" {
  const { state, earliestAt, latestAt } = forecastFill(measures);
  if (fullAt < (earliestAt ?? (state === "not-filling" ? Infinity : 0))) return "early";
  return fullAt > (latestAt ?? Infinity) ? "late" : "in";
}

describe("back-tested on histories whose future is known", () => {
  const COUNT = 150;
  const outcomes = (family: string, dayCount: number) => {
    const random = createSeededRandom(dayCount + family.length);
    const law = FILL_FAMILIES[family];
    if (law === undefined) throw new Error(`no family ${family}`);
    const all = Array.from({ length: COUNT }, () => holds(knownHistory(random, law, dayCount)));
    const share = (one: string): number => all.filter((outcome) => outcome === one).length / COUNT;
    return { in: share("in"), early: share("early"), late: share("late") };
  };

  test("the range that is to hold in four of five cases does, over growing histories of one, two and three months", () => {
    const shares = ["linear", "step", "noisy", "seasonal"].flatMap((family) =>
      [35, 60, 90].map((dayCount) => ({ family, dayCount, ...outcomes(family, dayCount) })),
    );
    const all = shares.reduce((sum, one) => sum + one.in, 0) / shares.length;
    expect(all).toBeGreaterThan(0.75);
    expect(all).toBeLessThan(0.85);
    for (const { family, dayCount, in: held } of shares) {
      expect(held, `${family} after ${dayCount} days`).toBeGreaterThan(0.62);
      expect(held, `${family} after ${dayCount} days`).toBeLessThan(0.95);
    }
  }, 60_000);

  test("with little to stand on the range is rather too wide than too narrow", () => {
    for (const family of ["linear", "noisy", "seasonal"])
      expect(outcomes(family, 14).in, family).toBeGreaterThan(0.78);
  }, 60_000);

  test("a datastore that shrinks is never told to fill", () => {
    const random = createSeededRandom(3);
    const law = FILL_FAMILIES["shrinking"];
    if (law === undefined) throw new Error("no such family");
    for (let at = 0; at < 100; at++)
      expect(forecastFill(knownHistory(random, law, 60).measures).state).toBe("not-filling");
  });
});

describe("what is told", () => {
  test("steady growth fills when the line says, give or take little", () => {
    const fill = forecastFill(days(61, (day) => 100 + 5 * day));
    expect(fill.state).toBe("filling");
    // 400 GB used, 5 GB a day.
    expect(inDays(fill.likelyAt)).toBeCloseTo(120, 0);
    expect(inDays(fill.earliestAt)).toBeLessThanOrEqual(120);
    expect(inDays(fill.latestAt)).toBeGreaterThanOrEqual(119.9);
    expect(fill.growthBytesPerDay?.likely).toBeCloseTo(5 * GB, -6);
  });

  test("too few days are told as too little data, with what is missing", () => {
    expect(forecastFill([])).toMatchObject({ state: "too-little-data", measureCount: 0 });
    const fill = forecastFill(days(5, (day) => 100 + day));
    expect(fill).toMatchObject({ state: "too-little-data", measureCount: 5 });
    expect(fill.reason).toContain("5 days");
    expect(fill.likelyAt).toBeUndefined();
  });

  test("what does not grow, shrinks, or would take decades is not filling", () => {
    expect(forecastFill(days(40, () => 100)).reason).toBe("It does not grow");
    expect(forecastFill(days(40, (day) => 900 - day)).reason).toMatch(/^It shrinks by/);
    expect(forecastFill(days(40, (day) => 100 + day / 1000)).reason).toMatch(/more than ten years/);
  });

  test("nothing free is full", () => {
    expect(forecastFill(days(40, (day) => 960 + day + 1)).state).toBe("full");
  });

  test("one leap may come again: the earliest day reckons with it, the likely one does not", () => {
    const fill = forecastFill(days(60, (day) => 100 + day + (day >= 30 ? 200 : 0)));
    // 359 GB used, 1 GB a day.
    expect(inDays(fill.likelyAt)).toBeCloseTo(641, -1);
    expect(inDays(fill.earliestAt)).toBeLessThan(300);
  });

  test("growth that has clearly changed is reckoned from the change on", () => {
    const jitter = createSeededRandom(1);
    const noise = (): number => jitter.integer(-100, 100) / 400;
    const fill = forecastFill(days(80, (day) => 100 + (day < 50 ? day : 50 + (day - 50) * 10) + noise()));
    // 440 GB used, 10 GB a day lately.
    expect(inDays(fill.likelyAt)).toBeCloseTo(56, 0);
  });

  test("a gap in the measures is bridged, and the newest one alone says what is free", () => {
    const all = days(61, (day) => 100 + 5 * day);
    const gap = all.filter((_, day) => day < 20 || day > 35);
    expect(inDays(forecastFill(gap).likelyAt)).toBeCloseTo(120, 0);
    // The disk was enlarged today.
    const last = { ...(all.at(-1) as FillMeasure), totalBytes: 2 * TOTAL, freeBytes: 1600 * GB };
    expect(inDays(forecastFill([...all.slice(0, -1), last]).likelyAt)).toBeCloseTo(320, 0);
  });

  test("many measures a day say no more than one", () => {
    const once = forecastFill(days(61, (day) => 100 + 5 * day));
    const often = days(61, (day) => 100 + 5 * day).flatMap((one) => [
      { ...one, at: one.at - DAY_MS / 2, usedBytes: one.usedBytes - 2.5 * GB },
      one,
    ]);
    expect(inDays(forecastFill(often).likelyAt)).toBeCloseTo(inDays(once.likelyAt), 0);
  });
});
