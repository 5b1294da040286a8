/**
 * The whole question in the address, so that it can be sent to somebody: what is looked at (real groups or an invented
 * schedule), and the retention that is tried. Without a window the retention that is set is applied.
 */

import { parseGroupRef, parseNamespace } from "@ironcore-backup/base";
import { KEEP_RULES, WEEKDAYS } from "@ironcore-backup/protocol/calls";
import type {
  InventedSchedule,
  PrunePlanRequest,
  PruneSimulationRequest,
  Retention,
  Weekday,
} from "@ironcore-backup/protocol/calls";
import { textOf, wholeOf, withoutAbsent, wordOf } from "../../parts/search-words.ts";
import { hasWindow, KEEP_FIELDS, ruleWord } from "../../parts/retention-text.ts";

export const LISTED_KINDS = ["keep", "remove"] as const;

export interface PruneSearch {
  readonly datastore?: string;
  readonly namespace?: string;
  readonly group?: string;
  /** A schedule that somebody thinks of, instead of real groups. */
  readonly invented?: true;
  /** Joined by commas: `02:00,14:00`. */
  readonly times?: string;
  /** Joined by commas; absent: every day. */
  readonly weekdays?: string;
  readonly days?: number;
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly zone?: string;
  /** Only these of the snapshots. */
  readonly list?: (typeof LISTED_KINDS)[number];
  /** `2026-11-23`: only those of this day. */
  readonly day?: string;
}

const KEEP_COUNT_MAX = 100_000;
const DAY_COUNT_MAX = 7320;
const TIME_COUNT_MAX = 48;
const TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ZONE = /^[A-Za-z0-9_+/-]{1,64}$/;
export const TIMES_DEFAULT: readonly string[] = ["02:00"];
export const DAY_COUNT_DEFAULT = 90;
/** What is tried on an invented schedule as long as nobody said. */
export const RETENTION_DEFAULT: Retention = { keepLast: 3, keepDaily: 7, keepWeekly: 4, keepMonthly: 6 };

export function parsePruneSearch(raw: Readonly<Record<string, unknown>>): PruneSearch {
  const keep = (name: string): number | undefined => wholeOf(raw[name], 1, KEEP_COUNT_MAX);
  return withoutAbsent({
    datastore: textOf(raw["datastore"]),
    namespace: readable(parseNamespace, textOf(raw["namespace"])),
    group: readable(parseGroupRef, textOf(raw["group"], 512)),
    invented: raw["invented"] === true ? (true as const) : undefined,
    times: timesOf(textOf(raw["times"])),
    weekdays: weekdaysOf(textOf(raw["weekdays"])),
    days: wholeOf(raw["days"], 1, DAY_COUNT_MAX),
    last: keep("last"),
    hourly: keep("hourly"),
    daily: keep("daily"),
    weekly: keep("weekly"),
    monthly: keep("monthly"),
    yearly: keep("yearly"),
    zone: matching(ZONE, textOf(raw["zone"])),
    list: wordOf(LISTED_KINDS, raw["list"]),
    day: matching(DAY, textOf(raw["day"])),
  });
}

/** The retention that is tried; nothing in it: the one that is set. */
export function retentionIn(search: PruneSearch): Retention {
  const windows = KEEP_RULES.flatMap((rule) => {
    const count = search[ruleWord(rule) as KeepName];
    return count === undefined ? [] : [[KEEP_FIELDS[rule], count] as const];
  });
  return { ...Object.fromEntries(windows), ...(search.zone === undefined ? {} : { timeZone: search.zone }) };
}

/** The words of the rules are the names of the address's fields. */
type KeepName = "last" | "hourly" | "daily" | "weekly" | "monthly" | "yearly";

/** What a changed retention changes in the address. */
export function withRetention(retention: Retention): Partial<Record<KeepName, number | undefined>> {
  return Object.fromEntries(KEEP_RULES.map((rule) => [ruleWord(rule), retention[KEEP_FIELDS[rule]]]));
}

/** What the server is asked about real groups; nothing while no datastore is chosen. */
export function planRequest(search: PruneSearch): PrunePlanRequest | undefined {
  const { datastore, namespace, group } = search;
  if (datastore === undefined) return undefined;
  const retention = retentionIn(search);
  return {
    datastore,
    ...(group !== undefined ? { group } : namespace !== undefined ? { namespace } : {}),
    ...(hasWindow(retention) ? { retention } : {}),
  };
}

export function simulationRequest(search: PruneSearch): PruneSimulationRequest {
  const retention = retentionIn(search);
  const zone = search.zone === undefined ? {} : { timeZone: search.zone };
  return {
    schedule: scheduleIn(search),
    retention: hasWindow(retention) ? retention : { ...RETENTION_DEFAULT, ...zone },
  };
}

export function scheduleIn({ times, weekdays, days }: PruneSearch): InventedSchedule {
  const chosen = weekdays === undefined ? undefined : weekdayWords(weekdays);
  return {
    times: times === undefined ? [...TIMES_DEFAULT] : times.split(","),
    ...(chosen === undefined ? {} : { weekdays: chosen }),
    dayCount: days ?? DAY_COUNT_DEFAULT,
  };
}

export function timesOf(text: string | undefined): string | undefined {
  const times = [...new Set((text ?? "").split(/[,\s]+/).filter((time) => TIME.test(time)))].sort();
  return times.length === 0 ? undefined : times.slice(0, TIME_COUNT_MAX).join(",");
}

/** All days are as good as none. */
export function weekdaysOf(text: string | undefined): string | undefined {
  const chosen = weekdayWords(text ?? "");
  return chosen.length === 0 || chosen.length === WEEKDAYS.length ? undefined : chosen.join(",");
}

function weekdayWords(text: string): Weekday[] {
  const words = new Set(text.split(","));
  return WEEKDAYS.filter((day) => words.has(day));
}

function readable(parse: (text: string) => unknown, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    parse(text);
    return text;
  } catch {
    return undefined; // Somebody wrote the address by hand.
  }
}

function matching(pattern: RegExp, text: string | undefined): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}
