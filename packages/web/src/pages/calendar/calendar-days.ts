/**
 * The days of a month as a calendar shows them, in the reader's own time zone, and what happens on each, folded by job: a job
 * that runs every minute is one line. Days are walked as days of the calendar, so that one of 23 or 25 hours is one too.
 */

import { JOB_TYPES, RUN_STATES } from "@ironcore-backup/protocol/calls";
import type { Calendar, JobType, RunState } from "@ironcore-backup/protocol/calls";
import { formatDay } from "../../parts/instant-text.ts";
import { withoutAbsent, wordOf } from "../../parts/search-words.ts";

export type CalendarEntry = Calendar["entries"][number];

export interface CalendarSearch {
  /** `2026-11`; absent: this month. */
  readonly month?: string;
  /** `2026-11-23`: the day that is looked at. */
  readonly day?: string;
  readonly job?: string;
  /** Only jobs of this type, only runs in this state. */
  readonly type?: JobType;
  readonly state?: RunState;
}

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const JOB = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

export function parseCalendarSearch(raw: Readonly<Record<string, unknown>>): CalendarSearch {
  const matching = (name: string, pattern: RegExp): string | undefined => {
    const value = raw[name];
    return typeof value === "string" && pattern.test(value) ? value : undefined;
  };
  return withoutAbsent({
    month: matching("month", MONTH),
    day: matching("day", DAY),
    job: matching("job", JOB),
    type: wordOf(JOB_TYPES, raw["type"]),
    state: wordOf(RUN_STATES, raw["state"]),
  });
}

/**
 * Up to which instant an answer holds all there is. One that was cut off in the past says nothing of what came after its last
 * entry; one cut off in the future is whole up to now.
 */
export function wholeUntil({ capped, entries }: Calendar, now: number): number {
  if (!capped) return Number.POSITIVE_INFINITY;
  const last = entries.at(-1)?.dueAt ?? 0;
  return entries.some(({ run }) => run === undefined) ? now : Math.min(last, now);
}

/** @param types  of the jobs that are known; of one that was removed nobody knows it any more */
export function filterEntries(
  entries: readonly CalendarEntry[],
  { type, state }: { readonly type?: JobType | undefined; readonly state?: RunState | undefined },
  types: ReadonlyMap<string, JobType>,
): readonly CalendarEntry[] {
  return entries.filter(
    (entry) =>
      (type === undefined || types.get(entry.job) === type) && (state === undefined || entry.state === state),
  );
}

export interface CalendarDay {
  /** `2026-11-23` */
  readonly day: string;
  readonly startAt: number;
  /** The last millisecond. */
  readonly endAt: number;
  readonly isInMonth: boolean;
}

const DAYS_PER_WEEK = 7;

/** Whole weeks from Monday on, as many as the month touches. */
export function daysOfMonth(month: string): CalendarDay[] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const first = new Date(year, number - 1, 1);
  const before = (first.getDay() + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;
  const length = new Date(year, number, 0).getDate();
  const count = Math.ceil((before + length) / DAYS_PER_WEEK) * DAYS_PER_WEEK;
  return Array.from({ length: count }, (_, at) => dayAt(year, number - 1, at + 1 - before, number - 1));
}

export function dayOf(day: string): CalendarDay {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return dayAt(year, month - 1, date, month - 1);
}

function dayAt(year: number, month: number, date: number, shownMonth: number): CalendarDay {
  const start = new Date(year, month, date);
  const startAt = start.getTime();
  return {
    day: formatDay(startAt),
    startAt,
    endAt: new Date(year, month, date + 1).getTime() - 1,
    isInMonth: start.getMonth() === shownMonth,
  };
}

/** `2026-11-24` after `2026-11-23`. */
export function dayBeside(day: string, step: -1 | 1): string {
  const { startAt, endAt } = dayOf(day);
  return formatDay(step === 1 ? endAt + 1 : startAt - 1);
}

/** `2026-11` of an instant; of one so many months away. */
export function monthOf(at: number, monthsLater = 0): string {
  const date = new Date(at);
  return formatDay(new Date(date.getFullYear(), date.getMonth() + monthsLater, 1).getTime()).slice(0, 7);
}

/** What a person should look at first. */
const WORST_FIRST: readonly RunState[] = ["missed", "late", "running", "skipped", "expected", "met"];

export interface DayJob {
  readonly job: string;
  readonly entries: readonly CalendarEntry[];
  /** How many instants, those that a row sums up counted each. */
  readonly instantCount: number;
  readonly worst: RunState;
  readonly counts: Readonly<Partial<Record<RunState, number>>>;
}

/** First what was missed, then what was late, so that no limit hides it; then by the first time of each job. */
export function foldDay(entries: readonly CalendarEntry[]): DayJob[] {
  return [...groupBy(entries, ({ job }) => job)]
    .map(([job, own]) => foldJob(job, own))
    .sort((a, b) => rankOf(a) - rankOf(b) || firstOf(a) - firstOf(b) || (a.job < b.job ? -1 : 1));
}

const rankOf = ({ worst }: DayJob): number => (worst === "missed" ? 0 : worst === "late" ? 1 : 2);

const firstOf = ({ entries }: DayJob): number => entries[0]?.dueAt ?? 0;

function foldJob(job: string, entries: readonly CalendarEntry[]): DayJob {
  const counts: Partial<Record<RunState, number>> = {};
  for (const { state, instantCount } of entries) counts[state] = (counts[state] ?? 0) + instantCount;
  return {
    job,
    entries,
    instantCount: entries.reduce((sum, { instantCount }) => sum + instantCount, 0),
    worst: WORST_FIRST.find((state) => counts[state] !== undefined) ?? "expected",
    counts,
  };
}

/** Entries by the day that they fall on. */
export function byDay(entries: readonly CalendarEntry[]): Map<string, CalendarEntry[]> {
  return groupBy(entries, ({ dueAt }) => formatDay(dueAt));
}

function groupBy(
  entries: readonly CalendarEntry[],
  keyOf: (entry: CalendarEntry) => string,
): Map<string, CalendarEntry[]> {
  const groups = new Map<string, CalendarEntry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [entry]);
    else known.push(entry);
  }
  return groups;
}

/** `94 met, 2 missed`: the worst first, without what only comes. */
export function countWords(counts: DayJob["counts"]): string {
  return WORST_FIRST.flatMap((state) => {
    const count = counts[state];
    return count === undefined || count === 0 ? [] : [`${count} ${state}`];
  }).join(", ");
}
