import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RUN_STATES } from "@ironcore-backup/protocol/calls";
import {
  byDay,
  countWords,
  dayBeside,
  dayOf,
  daysOfMonth,
  filterEntries,
  foldDay,
  monthOf,
  parseCalendarSearch,
  wholeUntil,
} from "./calendar-days.ts";

const month = fc
  .tuple(fc.integer({ min: 1990, max: 2060 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, number]) => `${year}-${String(number).padStart(2, "0")}`);

describe("the days of a month", () => {
  test("are whole weeks from Monday on, follow one another without a gap, and hold the whole month", () => {
    fc.assert(
      fc.property(month, (shown) => {
        const days = daysOfMonth(shown);
        expect(days.length % 7).toBe(0);
        expect(days.length).toBeLessThanOrEqual(42);
        expect(new Date(days[0]?.startAt ?? 0).getDay()).toBe(1);
        for (const [at, { startAt, endAt, day }] of days.entries()) {
          expect(dayOf(day)).toMatchObject({ startAt, endAt });
          const next = days[at + 1];
          if (next !== undefined) expect(next.startAt).toBe(endAt + 1);
          // 23 and 25 hours on the days when the clocks change.
          expect([23, 23.5, 24, 24.5, 25]).toContain((endAt + 1 - startAt) / 3_600_000);
        }
        const inMonth = days.filter(({ isInMonth }) => isInMonth).map(({ day }) => day);
        expect(inMonth.every((day) => day.startsWith(shown))).toBe(true);
        expect(inMonth).toHaveLength(
          new Date(Number(shown.slice(0, 4)), Number(shown.slice(5)), 0).getDate(),
        );
      }),
    );
  });

  test("a day's neighbours are its neighbours, also over a change of the clocks and the end of a year", () => {
    fc.assert(
      fc.property(month, fc.integer({ min: 1, max: 28 }), (shown, date) => {
        const day = `${shown}-${String(date).padStart(2, "0")}`;
        const next = dayBeside(day, 1);
        expect(next > day).toBe(true);
        expect(dayOf(next).startAt).toBe(dayOf(day).endAt + 1);
        expect(dayBeside(next, -1)).toBe(day);
      }),
    );
  });

  test("months follow one another over the end of a year", () => {
    const at = dayOf("2026-12-31").startAt;
    expect([monthOf(at), monthOf(at, 1), monthOf(at, -12)]).toEqual(["2026-12", "2027-01", "2025-12"]);
  });
});

describe("what happens on a day", () => {
  test("is folded by job: no instant is lost, and the worst stands for them all", () => {
    const entry = fc.record({
      job: fc.constantFrom("a", "b", "c"),
      dueAt: fc.integer({ min: 1_790_000_000_000, max: 1_790_400_000_000 }),
      state: fc.constantFrom(...RUN_STATES),
      instantCount: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(entry), (unsorted) => {
        const entries = unsorted.toSorted((a, b) => a.dueAt - b.dueAt);
        const folded = [...byDay(entries).values()].flatMap((own) => foldDay(own));
        const sum = (list: readonly { instantCount: number }[]): number =>
          list.reduce((count, { instantCount }) => count + instantCount, 0);
        expect(sum(folded)).toBe(sum(entries));
        for (const one of folded) {
          if (one.entries.some(({ state }) => state === "missed")) expect(one.worst).toBe("missed");
          expect(one.counts[one.worst]).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("names what was missed before all that went well, so that no limit of lines hides it", () => {
    const entry = { dueAt: 0, instantCount: 1 };
    const met = ["a", "b", "c"].map((job) => ({ ...entry, job, state: "met" as const }));
    const folded = foldDay([
      ...met,
      { ...entry, dueAt: 9, job: "x", state: "late" },
      { ...entry, dueAt: 10, job: "z", state: "missed" },
    ]);
    expect(folded.map(({ job }) => job)).toEqual(["z", "x", "a", "b", "c"]);
  });

  test("of a job that runs every few seconds is folded in no time", () => {
    const entries = Array.from({ length: 200_000 }, (_, at) => ({
      job: "often",
      dueAt: at,
      state: "met" as const,
      instantCount: 1,
    }));
    expect(foldDay(entries)).toMatchObject([{ instantCount: 200_000, worst: "met" }]);
  });

  test("can be narrowed to a type and a state; of a job that is gone nobody knows the type", () => {
    const of = (job: string, state: "met" | "missed") => ({ job, state, dueAt: 0, instantCount: 1 });
    const entries = [of("a", "met"), of("a", "missed"), of("b", "missed"), of("gone", "missed")];
    const types = new Map([
      ["a", "backup" as const],
      ["b", "gc" as const],
    ]);
    const jobs = (filter: Parameters<typeof filterEntries>[1]) =>
      filterEntries(entries, filter, types).map(({ job }) => job);
    expect(jobs({})).toEqual(["a", "a", "b", "gone"]);
    expect(jobs({ type: "backup", state: "missed" })).toEqual(["a"]);
    expect(jobs({ state: "missed" })).toEqual(["a", "b", "gone"]);
  });

  test("is told with the worst first", () => {
    expect(countWords({ met: 94, missed: 2 })).toBe("2 missed, 94 met");
  });
});

describe("an answer that was cut off", () => {
  const calendar = (capped: boolean, ...entries: { dueAt: number; run?: number }[]) => ({
    entries: entries.map((entry) => ({ job: "a", state: "expected" as const, instantCount: 1, ...entry })),
    counts: { expected: 0, open: 0, ended: { met: 0, late: 0, missed: 0, skipped: 0 } },
    capped,
  });

  test("is whole up to its last entry when it ends in the past, and up to now when it ends in what comes", () => {
    expect(wholeUntil(calendar(false), 50)).toBe(Number.POSITIVE_INFINITY);
    expect(wholeUntil(calendar(true, { dueAt: 10, run: 1 }, { dueAt: 20, run: 2 }), 50)).toBe(20);
    expect(wholeUntil(calendar(true, { dueAt: 10, run: 1 }, { dueAt: 90 }), 50)).toBe(50);
    // The rows of what comes next are in the ledger, too.
    expect(wholeUntil(calendar(true, { dueAt: 10, run: 1 }, { dueAt: 80, run: 2 }), 50)).toBe(50);
  });
});

test("an address is read only where it makes sense", () => {
  expect(
    parseCalendarSearch({
      month: "2026-13",
      day: "2026-11-23",
      job: "../x",
      type: "gc",
      state: "odd",
      more: 1,
    }),
  ).toEqual({
    day: "2026-11-23",
    type: "gc",
  });
});
