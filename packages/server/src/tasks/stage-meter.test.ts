import { expect, test } from "vitest";
import fc from "fast-check";
import { createStageMeter } from "./stage-meter.ts";
import type { StageReport } from "./task-report.ts";

const MIB = 1024 * 1024;
const first: StageReport = {
  index: 0,
  name: "copy",
  startedAt: 0,
  endedAt: undefined,
  doneBytes: 0,
  totalBytes: 1000 * MIB,
  doneItems: 0,
  totalItems: undefined,
  totalIsEstimate: false,
  current: undefined,
};

/** Feeds a report every 250 ms at the given rate and returns the shown remaining seconds. */
function run(rates: readonly number[]): { etas: number[]; rates: number[] } {
  const meter = createStageMeter(first, 0);
  const shown = { etas: [] as number[], rates: [] as number[] };
  let doneBytes = 0;
  rates.forEach((rateMib, at) => {
    doneBytes = Math.min(1000 * MIB, doneBytes + (rateMib * MIB) / 4);
    meter.update({ ...first, doneBytes: Math.round(doneBytes) }, (at + 1) * 250);
    const { etaSeconds, rateBytesPerSecond } = meter.stage();
    if (etaSeconds !== undefined) shown.etas.push(etaSeconds);
    if (rateBytesPerSecond !== undefined) shown.rates.push(rateBytesPerSecond);
  });
  return shown;
}

test("shows neither rate nor remaining time before there is something to divide", () => {
  const meter = createStageMeter(first, 0);
  meter.update({ ...first, doneBytes: MIB }, 500);
  expect(meter.stage()).not.toHaveProperty("rateBytesPerSecond");
  meter.update({ ...first, doneBytes: 2 * MIB }, 1500);
  expect(meter.stage()).toHaveProperty("rateBytesPerSecond");
  expect(meter.stage()).not.toHaveProperty("etaSeconds");
});

test("a steady stage shows its true rate and counts down to zero", () => {
  const { etas, rates } = run(Array.from({ length: 400 }, () => 10));
  expect(rates.at(-1)).toBeGreaterThan(9.5 * MIB);
  expect(rates.at(-1)).toBeLessThan(10.5 * MIB);
  expect(Math.abs((etas[0] ?? 0) - 97)).toBeLessThan(4);
  expect(etas.at(-1)).toBeLessThanOrEqual(2);
  etas.forEach((eta, at) => expect(eta).toBeLessThanOrEqual((etas[at - 1] ?? Infinity) + 1));
});

test("one file that stalls for two seconds does not make the remaining time jump", () => {
  const steady = Array.from({ length: 80 }, () => 10);
  const { etas } = run([...steady, 0, 0, 0, 0, 0, 0, 0, 0, ...steady]);
  const jumps = etas.map((eta, at) => Math.abs(eta - (etas[at - 1] ?? eta)));
  expect(Math.max(...jumps)).toBeLessThanOrEqual(4);
});

test("the rate follows the last ten seconds, not the first minute", () => {
  const { rates } = run([...Array.from({ length: 200 }, () => 12), ...Array.from({ length: 60 }, () => 2)]);
  expect(rates.at(-1)).toBeLessThan(2.5 * MIB);
});

test("without a total there is no remaining time, whatever the rate", () => {
  const meter = createStageMeter({ ...first, totalBytes: undefined }, 0);
  for (let at = 1; at < 40; at++)
    meter.update({ ...first, totalBytes: undefined, doneBytes: at * MIB }, at * 250);
  expect(meter.stage()).not.toHaveProperty("etaSeconds");
});

test("a stage that moves nothing more sinks, and after a window has neither a rate nor an end in sight", () => {
  const meter = createStageMeter(first, 0);
  for (let at = 1; at <= 40; at++) meter.update({ ...first, doneBytes: at * MIB }, at * 250);
  meter.tick(15_000);
  expect(meter.stage().rateBytesPerSecond).toBeLessThan(3 * MIB);
  for (let at = 16; at <= 60; at++) meter.tick(at * 1000);
  expect(meter.stage()).not.toHaveProperty("rateBytesPerSecond");
  expect(meter.stage()).not.toHaveProperty("etaSeconds");
  for (let at = 1; at <= 20; at++) meter.update({ ...first, doneBytes: (40 + at) * MIB }, 60_000 + at * 500);
  expect(meter.stage()).toHaveProperty("rateBytesPerSecond");
});

test("at a steady rate the remaining time never jumps, whatever the rate, the total and the rhythm of reports", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 20, max: 5000 }),
      fc.array(fc.integer({ min: 100, max: 900 }), { minLength: 20, maxLength: 60 }),
      (rateMib, seconds, rhythm) => {
        const totalBytes = rateMib * MIB * seconds;
        const meter = createStageMeter({ ...first, totalBytes }, 0);
        let now = 0;
        let before: { readonly eta: number; readonly now: number } | undefined;
        for (const stepMs of rhythm) {
          now += stepMs;
          const doneBytes = Math.min(totalBytes, Math.round((rateMib * MIB * now) / 1000));
          meter.update({ ...first, totalBytes, doneBytes }, now);
          const eta = meter.stage().etaSeconds;
          if (eta === undefined) continue;
          const truth = Math.max(0, seconds - now / 1000);
          expect(Math.abs(eta - truth)).toBeLessThanOrEqual(1 + truth * 0.02);
          // What has passed since is not a jump; a second is what rounding may show.
          if (before !== undefined)
            expect(Math.abs(before.eta - (now - before.now) / 1000 - eta)).toBeLessThanOrEqual(
              1.5 + truth * 0.01,
            );
          before = { eta, now };
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("whatever a stage reports, what is shown is finite and not negative", () => {
  const step = fc.record({
    bytes: fc.integer({ min: 0, max: 2 ** 40 }),
    ms: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined }),
      (steps, totalBytes) => {
        const meter = createStageMeter({ ...first, totalBytes }, 0);
        let now = 0;
        for (const { bytes, ms } of steps) {
          meter.update({ ...first, totalBytes, doneBytes: bytes }, (now += ms));
          const { rateBytesPerSecond = 0, etaSeconds = 0 } = meter.stage();
          expect(Number.isFinite(rateBytesPerSecond) && rateBytesPerSecond >= 0).toBe(true);
          expect(Number.isFinite(etaSeconds) && etaSeconds >= 0).toBe(true);
        }
      },
    ),
    { numRuns: 100 },
  );
});
