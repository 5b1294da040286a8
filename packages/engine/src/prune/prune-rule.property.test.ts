import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCalendar } from "./calendar-period.ts";
import { oracleKeeps } from "./prune-oracle.testing.ts";
import type { OracleSnapshot } from "./prune-oracle.testing.ts";
import { decideByWindows } from "./prune-rule.ts";
import { KEEP_RULES } from "./retention.ts";
import type { KeepRule } from "./retention.ts";

const ZONES = [
  "UTC",
  "Europe/Vienna",
  "America/New_York",
  "America/St_Johns",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Etc/GMT+12",
];
const HOUR = 3600;
const DAY = 24 * HOUR;
/** Ends of years with 52 and 53 weeks, ends of February, changes of the clocks, a day that Samoa never had. */
const INTERESTING = [
  "2020-12-31",
  "2021-01-03",
  "2010-01-01",
  "2009-01-01",
  "2016-01-01",
  "2024-02-29",
  "2026-03-01",
  "2026-03-29",
  "2026-10-25",
  "2026-11-01",
  "2011-12-30",
  "1999-12-31",
].map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);

/** Around a turn of the calendar: minutes, hours, days, weeks or months apart. */
const history: fc.Arbitrary<OracleSnapshot[]> = fc
  .tuple(
    fc.constantFrom(...INTERESTING),
    fc.constantFrom(600, HOUR, 5 * HOUR, DAY, 3 * DAY, 11 * DAY, 45 * DAY),
    fc.uniqueArray(fc.tuple(fc.integer({ min: -25, max: 25 }), fc.integer({ min: 0, max: 90 })), {
      maxLength: 60,
    }),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  )
  .map(([around, step, offsets, protection]) => {
    const times = new Set(offsets.map(([steps, minutes]) => around + steps * step + minutes * 60));
    return [...times].map((time, at) => ({
      time,
      // One in some, never most of them.
      isProtected: at % 5 === 0 && protection[at % protection.length] === true,
    }));
  });

const counts: fc.Arbitrary<Partial<Record<KeepRule, number>>> = fc.record(
  Object.fromEntries(
    KEEP_RULES.map((rule) => [rule, fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6 }))]),
  ) as Record<KeepRule, fc.Arbitrary<number>>,
  { requiredKeys: [] },
);

function decide(
  snapshots: readonly OracleSnapshot[],
  wanted: Partial<Record<KeepRule, number>>,
  zone: string,
) {
  const candidates = snapshots.map(({ time, isProtected }) => ({ backupTime: time, isProtected }));
  return decideByWindows({ calendar: openCalendar(zone) }, candidates, wanted);
}

function keptOf(...asked: Parameters<typeof decide>): number[] {
  const kept = [...decide(...asked)].filter(([, { action }]) => action === "keep");
  return kept.map(([time]) => time).toSorted((a, b) => a - b);
}

describe("which snapshots a retention keeps", () => {
  test("is what the documented rule says, whatever the history, the zone and the windows", () => {
    fc.assert(
      fc.property(history, counts, fc.constantFrom(...ZONES), (snapshots, wanted, zone) => {
        const expected = [...oracleKeeps(snapshots, wanted, zone)].toSorted((a, b) => a - b);
        expect(keptOf(snapshots, wanted, zone)).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  test("does not depend on the order in which snapshots are found", () => {
    fc.assert(
      fc.property(history, counts, (snapshots, wanted) => {
        expect(keptOf(snapshots.toReversed(), wanted, "Europe/Vienna")).toEqual(
          keptOf(snapshots, wanted, "Europe/Vienna"),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("stays when it is asked again about what stayed: a second prune removes nothing", () => {
    fc.assert(
      fc.property(history, counts, fc.constantFrom(...ZONES), (snapshots, wanted, zone) => {
        const kept = keptOf(snapshots, wanted, zone);
        const left = snapshots.filter(({ time }) => kept.includes(time));
        expect(keptOf(left, wanted, zone)).toEqual(kept);
      }),
      { numRuns: 1000 },
    );
  });

  test("always has the newest one that is not protected, and every protected one", () => {
    fc.assert(
      fc.property(history, counts, fc.constantFrom(...ZONES), (snapshots, wanted, zone) => {
        const kept = new Set(keptOf(snapshots, wanted, zone));
        for (const { time, isProtected } of snapshots) if (isProtected) expect(kept).toContain(time);
        const free = snapshots.filter(({ isProtected }) => !isProtected).map(({ time }) => time);
        if (free.length > 0) expect(kept).toContain(Math.max(...free));
      }),
      { numRuns: 1000 },
    );
  });

  test("is explained by reasons that are true", () => {
    fc.assert(
      fc.property(history, counts, fc.constantFrom(...ZONES), (snapshots, wanted, zone) => {
        const decisions = decide(snapshots, wanted, zone);
        const kept = new Set(keptOf(snapshots, wanted, zone));
        for (const [time, decision] of decisions) {
          if (decision.reason === "superseded") {
            expect(decision.keptInstead).toBeGreaterThan(time);
            expect(kept).toContain(decision.keptInstead);
          }
          if (decision.position !== undefined)
            expect(decision.position).toBeLessThanOrEqual(wanted[decision.rule ?? "keep-last"] ?? 0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test("a retention without a window keeps everything and says so", () => {
  const snapshots = [1, 2, 3].map((time) => ({ time, isProtected: false }));
  const none = Object.fromEntries(KEEP_RULES.map((rule) => [rule, 0]));
  for (const wanted of [{}, none])
    expect([...decide(snapshots, wanted, "UTC").values()].map(({ reason }) => reason)).toEqual([
      "no-retention",
      "no-retention",
      "no-retention",
    ]);
});

test("each decision names its window, its period and the number in it", () => {
  const noon = Date.parse("2026-03-04T12:00:00Z") / 1000;
  const times = [noon, noon - HOUR, noon - DAY, noon - 2 * DAY, noon - 30 * DAY];
  const decisions = decide(
    times.map((time) => ({ time, isProtected: false })),
    { "keep-last": 1, "keep-daily": 1 },
    "UTC",
  );
  expect(times.map((time) => decisions.get(time)?.message)).toEqual([
    "keep-last: 1 of 1",
    "2026-03-04T12:00:00Z stays for 2026-03-04",
    "keep-daily: newest of 2026-03-03, 1 of 1",
    "It is older than the windows reach",
    "It is older than the windows reach",
  ]);
  expect(decisions.get(noon - DAY)).toMatchObject({ rule: "keep-daily", period: "2026-03-03", position: 1 });
  expect(decisions.get(noon - HOUR)).toMatchObject({ reason: "superseded", keptInstead: noon });
});
