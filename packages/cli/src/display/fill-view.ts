/** When a datastore will be full, as a line for people. */

import { formatDuration } from "@ironcore-backup/base";
import type { FillForecast } from "@ironcore-backup/protocol/calls";

const DAY_MS = 86_400_000;

/** @param now  the range is told as days from now */
export function describeFill(fill: FillForecast, now: number): string {
  if (fill.state !== "filling" || fill.likelyAt === undefined) {
    const word = {
      "not-filling": "not filling",
      full: "full",
      "too-little-data": "too little data",
      filling: "filling",
    };
    return `${word[fill.state]}: ${fill.reason}`;
  }
  const latest = fill.latestAt === undefined ? "perhaps never" : dayOf(fill.latestAt);
  const earliest = fill.earliestAt === undefined ? "?" : dayOf(fill.earliestAt);
  return `likely ${dayOf(fill.likelyAt)} (in ${inDays(fill.likelyAt - now)}), in four of five cases from ${earliest} to ${latest}`;
}

function dayOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function inDays(durationMs: number): string {
  const days = Math.round(durationMs / DAY_MS);
  return days < 2 ? formatDuration(Math.max(0, durationMs)) : `${days} days`;
}
