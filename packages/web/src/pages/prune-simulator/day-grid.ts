/** A calendar of days as columns of weeks, Monday on top: only names of days, no clock and no zone. */

const DAY_MS = 86_400_000;
const WEEK_DAY_COUNT = 7;

export interface Week {
  /** `2026-11-23`, seven of them from Monday on; absent before the first and after the last day. */
  readonly days: readonly (string | undefined)[];
  /** `Nov` or, for January, `2026`: when the month's first day lies in this week, or in the first week of all. */
  readonly label: string | undefined;
}

/** From the week of the first to the week of the last; both as `2026-11-23`. */
export function weeksBetween(first: string, last: string): Week[] {
  const [firstMs, lastMs] = [Date.parse(first), Date.parse(last)];
  if (Number.isNaN(firstMs) || Number.isNaN(lastMs) || lastMs < firstMs) return [];
  const weeks: Week[] = [];
  for (let monday = mondayOf(firstMs); monday <= lastMs; monday += WEEK_DAY_COUNT * DAY_MS) {
    const days = Array.from({ length: WEEK_DAY_COUNT }, (_, at) => monday + at * DAY_MS);
    weeks.push({
      days: days.map((ms) => (ms < firstMs || ms > lastMs ? undefined : nameOf(ms))),
      label: labelOf(days, firstMs, weeks.length === 0),
    });
  }
  return weeks;
}

/** The day so many days later, or earlier. */
export function shiftDay(day: string, byDays: number): string {
  return nameOf(Date.parse(day) + byDays * DAY_MS);
}

function labelOf(days: readonly number[], firstMs: number, isFirst: boolean): string | undefined {
  const starting = days.find((ms) => new Date(ms).getUTCDate() === 1);
  const shown = starting ?? (isFirst ? firstMs : undefined);
  if (shown === undefined) return undefined;
  const date = new Date(shown);
  return date.getUTCMonth() === 0 && starting !== undefined
    ? String(date.getUTCFullYear())
    : (MONTHS[date.getUTCMonth()] ?? "");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function mondayOf(ms: number): number {
  const sinceMonday = (new Date(ms).getUTCDay() + 6) % WEEK_DAY_COUNT;
  return ms - sinceMonday * DAY_MS;
}

const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, "2026-11-23".length);
