/** When a datastore will be full, in words that do not claim more than is known. */

import { formatSize } from "@ironcore-backup/base";
import type { FillForecast } from "@ironcore-backup/protocol/calls";
import { formatDay } from "../../parts/instant-text.ts";

const DAY_MS = 86_400_000;
/** Nearer than this is said as a concern. */
const SOON_MS = 30 * DAY_MS;

/** `about 2027-03-04`, `not filling`, `full`, `too little data`. */
export function formatFill({ state, likelyAt }: FillForecast): string {
  switch (state) {
    case "filling":
      return likelyAt === undefined ? "filling" : `about ${formatDay(likelyAt)}`;
    case "not-filling":
      return "not filling";
    case "full":
      return "full";
    case "too-little-data":
      return "too little data";
  }
}

/** `2027-01-20 to 2027-06-02`; an open end when it may never be full. */
export function formatFillRange({ state, earliestAt, latestAt }: FillForecast): string | undefined {
  if (state !== "filling" || earliestAt === undefined) return undefined;
  return latestAt === undefined
    ? `${formatDay(earliestAt)} at the earliest, perhaps never`
    : `${formatDay(earliestAt)} to ${formatDay(latestAt)}, in four of five cases`;
}

/** `+1.20 GiB a day (0.9 to 1.6 GiB)` */
export function formatGrowth({ growthBytesPerDay }: FillForecast): string | undefined {
  if (growthBytesPerDay === undefined) return undefined;
  const { low, likely, high } = growthBytesPerDay;
  return `${signed(likely)} a day (${signed(low)} to ${signed(high)})`;
}

function signed(sizeBytes: number): string {
  return sizeBytes < 0 ? `−${formatSize(-sizeBytes)}` : `+${formatSize(sizeBytes)}`;
}

/** True when it is full, or will be before long. */
export function isFillNear({ state, earliestAt }: FillForecast, now: number): boolean {
  return state === "full" || (state === "filling" && earliestAt !== undefined && earliestAt - now < SOON_MS);
}

/** Between which bytes it will be used until then, from the last look on: for a chart. */
export function fillOutlook(
  { growthBytesPerDay }: FillForecast,
  last: { readonly at: number; readonly usedBytes: number; readonly totalBytes: number },
  until: number,
): { readonly at: number; readonly low: number; readonly high: number }[] {
  if (growthBytesPerDay === undefined || until <= last.at) return [];
  const days = (until - last.at) / DAY_MS;
  const bound = (perDay: number): number =>
    Math.min(last.totalBytes, Math.max(0, last.usedBytes + perDay * days));
  return [
    { at: last.at, low: last.usedBytes, high: last.usedBytes },
    { at: until, low: bound(growthBytesPerDay.low), high: bound(growthBytesPerDay.high) },
  ];
}
