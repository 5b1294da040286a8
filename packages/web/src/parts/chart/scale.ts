/** Where values lie on a chart and which lines it is ruled with: round numbers, whole days and months of the reader's zone. */

import { formatTime } from "../../texts/texts.ts";

export interface Scale {
  readonly from: number;
  readonly to: number;
  /** 0 to 1 for a value between them. */
  readonly place: (value: number) => number;
}

export function linearScale(from: number, to: number): Scale {
  const width = to - from;
  return { from, to, place: (value) => (width === 0 ? 0.5 : (value - from) / width) };
}

/** Values that rule a chart from `low` to `high`: about `count` of them, round, the outer ones at or beyond the bounds. */
export function roundTicks(low: number, high: number, count: number, unit: "bytes" | "plain"): number[] {
  const step = roundStep((high - low) / Math.max(1, count), unit);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

const ROUND = [1, 2, 2.5, 5, 10];
/** Parts of 1024 that are still round when written with a unit. */
const ROUND_BYTES = [1, 2, 5, 10, 20, 50, 100, 200, 512, 1024];

/** The smallest round step that is not smaller than this. */
function roundStep(step: number, unit: "bytes" | "plain"): number {
  if (!(step > 0)) return 1;
  if (unit === "bytes") {
    const power = 1024 ** Math.max(0, Math.floor(Math.log(step) / Math.log(1024)));
    return power * (ROUND_BYTES.find((part) => part * power >= step) ?? 1024);
  }
  const power = 10 ** Math.floor(Math.log10(step));
  return power * (ROUND.find((part) => part * power >= step * 0.999) ?? 10);
}

/** How much of the chart stays free before the first point, so that its mark does not stand on the axis. */
const LEAD_SHARE = 0.04;

/** Where a chart of what was asked for begins: with the first thing that is there, when that came later. */
export function drawnSince(since: number, until: number, firstAt: number | undefined): number {
  if (firstAt === undefined) return since;
  return Math.max(since, firstAt - (until - firstAt) * LEAD_SHARE);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Steps of time, from one minute to a year: so many minutes, hours, days or months. */
const TIME_STEPS = [
  { unit: "minute", count: 1, aboutMs: MINUTE_MS },
  { unit: "minute", count: 5, aboutMs: 5 * MINUTE_MS },
  { unit: "minute", count: 15, aboutMs: 15 * MINUTE_MS },
  { unit: "minute", count: 30, aboutMs: 30 * MINUTE_MS },
  { unit: "hour", count: 1, aboutMs: HOUR_MS },
  { unit: "hour", count: 3, aboutMs: 3 * HOUR_MS },
  { unit: "hour", count: 6, aboutMs: 6 * HOUR_MS },
  { unit: "hour", count: 12, aboutMs: 12 * HOUR_MS },
  { unit: "day", count: 1, aboutMs: DAY_MS },
  { unit: "day", count: 2, aboutMs: 2 * DAY_MS },
  { unit: "day", count: 7, aboutMs: 7 * DAY_MS },
  { unit: "day", count: 14, aboutMs: 14 * DAY_MS },
  { unit: "month", count: 1, aboutMs: 30 * DAY_MS },
  { unit: "month", count: 3, aboutMs: 91 * DAY_MS },
  { unit: "month", count: 6, aboutMs: 182 * DAY_MS },
  { unit: "month", count: 12, aboutMs: 365 * DAY_MS },
] as const;
type TimeStep = (typeof TIME_STEPS)[number];
const YEAR_STEP: TimeStep = TIME_STEPS[TIME_STEPS.length - 1] ?? TIME_STEPS[0];

export interface TimeTick {
  readonly at: number;
  readonly label: string;
}

/** At most `count` of them between the two instants. */
export function timeTicks(from: number, to: number, count: number): TimeTick[] {
  const step = TIME_STEPS.find(({ aboutMs }) => (to - from) / aboutMs <= count) ?? YEAR_STEP;
  const ticks: TimeTick[] = [];
  for (let at = floorTo(from, step); at <= to; at = next(at, step)) {
    if (at >= from) ticks.push({ at, label: labelOf(at, step) });
  }
  return ticks;
}

function floorTo(at: number, { unit, count }: TimeStep): number {
  const date = new Date(at);
  if (unit === "minute") date.setMinutes(date.getMinutes() - (date.getMinutes() % count), 0, 0);
  else if (unit === "hour") date.setHours(date.getHours() - (date.getHours() % count), 0, 0, 0);
  else date.setHours(0, 0, 0, 0);
  // Weeks begin on Monday.
  if (unit === "day" && count % 7 === 0) date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  if (unit === "month") date.setMonth(date.getMonth() - (date.getMonth() % count), 1);
  return date.getTime();
}

function next(at: number, { unit, count }: TimeStep): number {
  const date = new Date(at);
  if (unit === "minute") return at + count * MINUTE_MS;
  if (unit === "hour") return at + count * HOUR_MS;
  if (unit === "day") date.setDate(date.getDate() + count);
  else date.setMonth(date.getMonth() + count);
  return date.getTime();
}

const HOUR: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
const MONTH: Intl.DateTimeFormatOptions = { month: "short" };

/** The year stands where it begins. */
function labelOf(at: number, { unit }: TimeStep): string {
  const date = new Date(at);
  const isOfDay = unit === "minute" || unit === "hour";
  if (isOfDay && (date.getHours() !== 0 || date.getMinutes() !== 0)) return formatTime(at, HOUR);
  if (date.getMonth() === 0 && date.getDate() === 1) return String(date.getFullYear());
  return formatTime(at, unit === "month" ? MONTH : DAY);
}
