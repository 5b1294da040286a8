import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RUN_STATES } from "@ironcore-backup/protocol/calls";
import {
  byDay,
  countWords,
  dayOf,
  daysOfMonth,
  foldDay,
  monthOf,
  parseCalendarSearch,
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

  test("is told with the worst first", () => {
    expect(countWords({ met: 94, missed: 2 })).toBe("2 missed, 94 met");
  });
});

test("an address is read only where it makes sense", () => {
  expect(parseCalendarSearch({ month: "2026-13", day: "2026-11-23", job: "../x", more: 1 })).toEqual({
    day: "2026-11-23",
  });
});
