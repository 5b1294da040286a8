/** The options of every command that says how long snapshots are kept, and how a retention reads. */

import type { Command } from "commander";
import type { EffectiveRetention, Retention } from "@ironcore-backup/protocol/calls";
import { cliErrors } from "./errors.ts";

const KEEP_COUNT_MAX = 100_000;

export interface RetentionOptions {
  readonly keepLast?: string;
  readonly keepHourly?: string;
  readonly keepDaily?: string;
  readonly keepWeekly?: string;
  readonly keepMonthly?: string;
  readonly keepYearly?: string;
  readonly timeZone?: string;
}

const WINDOWS = [
  ["keepLast", "--keep-last", "the newest N snapshots"],
  ["keepHourly", "--keep-hourly", "the newest of each of the last N hours that have one"],
  ["keepDaily", "--keep-daily", "the newest of each of the last N days that have one"],
  ["keepWeekly", "--keep-weekly", "the newest of each of the last N weeks (Monday to Sunday) that have one"],
  ["keepMonthly", "--keep-monthly", "the newest of each of the last N months that have one"],
  ["keepYearly", "--keep-yearly", "the newest of each of the last N years that have one"],
] as const;

export function addRetentionOptions(command: Command): Command {
  for (const [, option, what] of WINDOWS) command.option(`${option} <N>`, `keep ${what}`);
  return command.option(
    "--time-zone <ZONE>",
    "zone in which days, weeks, months and years begin, like Europe/Vienna (default: the server's)",
  );
}

/** Undefined when no option was given. @throws USAGE_INVALID */
export function retentionOf(options: RetentionOptions): Retention | undefined {
  const counts = WINDOWS.flatMap(([key, option]) => {
    const text = options[key];
    return text === undefined ? [] : [[key, parseKeepCount(option, text)] as const];
  });
  const { timeZone } = options;
  if (counts.length === 0 && timeZone !== undefined)
    throw cliErrors.USAGE_INVALID({ detail: "--time-zone goes with one of the --keep options" });
  if (counts.length === 0) return undefined;
  return { ...Object.fromEntries(counts), ...(timeZone === undefined ? {} : { timeZone }) };
}

function parseKeepCount(option: string, text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= KEEP_COUNT_MAX) return count;
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number from 0 to ${KEEP_COUNT_MAX}` });
}

/** `last 3, daily 7 (Europe/Vienna)`, or that everything stays. */
export function retentionText(retention: Retention): string {
  const windows = WINDOWS.flatMap(([key, option]) => {
    const count = retention[key] ?? 0;
    return count > 0 ? [`${option.slice("--keep-".length)} ${count}`] : [];
  });
  if (windows.length === 0) return "everything stays";
  return `${windows.join(", ")}${retention.timeZone === undefined ? "" : ` (${retention.timeZone})`}`;
}

/** The same with where it was set, and always with the zone that it is counted in. */
export function effectiveText({ retention, level, setOn, timeZone }: EffectiveRetention): string {
  const text = retentionText({ ...retention, timeZone });
  if (level === "none" || level === "request") return text;
  return `${text}, set on the ${level}${setOn === undefined ? "" : ` ${setOn}`}`;
}
