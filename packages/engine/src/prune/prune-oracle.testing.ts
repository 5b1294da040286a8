/**
 * The rule of docs/prune.md written a second time, in another form and with other means, for tests to compare with: sets and
 * groups where the product marks one by one, other arithmetic for weeks, other text for dates.
 */

import type { KeepRule } from "./retention.ts";

export interface OracleSnapshot {
  readonly time: number;
  readonly isProtected: boolean;
}

type Counts = Readonly<Partial<Record<KeepRule, number>>>;

/** The times that stay. */
export function oracleKeeps(
  history: readonly OracleSnapshot[],
  counts: Counts,
  timeZone: string,
): Set<number> {
  const stays = new Set(history.filter((one) => one.isProtected).map((one) => one.time));
  if (Object.values(counts).every((count) => count === 0)) return new Set(history.map((one) => one.time));
  let candidates = history.filter((one) => !one.isProtected).map((one) => one.time);
  candidates.sort((a, b) => b - a);
  const chosen: number[] = [];
  for (const [rule, nameOf] of Object.entries(PERIODS) as [
    KeepRule,
    (local: string, time: number) => string,
  ][]) {
    const period = (time: number): string => nameOf(localText(time, timeZone), time);
    const covered = new Set(chosen.map(period));
    const free = candidates.filter((time) => !covered.has(period(time)));
    const taken = [...Map.groupBy(free, period).values()].slice(0, counts[rule] ?? 0);
    for (const [newest] of taken) if (newest !== undefined) chosen.push(newest);
    const settled = new Set(taken.flat());
    candidates = candidates.filter((time) => !settled.has(time));
  }
  return new Set([...stays, ...chosen]);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-04 17:05:00`, as Swedes write it. */
function localText(time: number, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  formats.set(timeZone, format);
  return format.format(time * 1000);
}

const PERIODS: Readonly<Record<KeepRule, (local: string, time: number) => string>> = {
  "keep-last": (_local, time) => String(time),
  "keep-hourly": (local) => local.slice(0, 13),
  "keep-daily": (local) => local.slice(0, 10),
  "keep-weekly": (local) => weekOf(local.slice(0, 10)),
  "keep-monthly": (local) => local.slice(0, 7),
  "keep-yearly": (local) => local.slice(0, 4),
};

/** The Monday that begins the week: weeks are the same when their Mondays are. */
function weekOf(day: string): string {
  const date = new Date(`${day}T12:00:00Z`);
  while (date.getUTCDay() !== 1) date.setUTCDate(date.getUTCDate() - 1);
  return date.toISOString().slice(0, 10);
}
