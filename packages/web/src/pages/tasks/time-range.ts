/**
 * The time range of the Task Browser: a preset that moves with the clock, or two fixed instants. A preset's beginning is
 * taken to the whole minute, so that pages and counts of one look ask the same question.
 */

export const RANGE_PRESETS = ["1h", "24h", "7d", "30d"] as const;
export type RangePreset = (typeof RANGE_PRESETS)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const LENGTHS_MS: Readonly<Record<RangePreset, number>> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
};

export const PRESET_WORDS: Readonly<Record<RangePreset, string>> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

export interface RangeFields {
  readonly range?: RangePreset;
  /** RFC 3339 in UTC, to the second. */
  readonly since?: string;
  readonly until?: string;
}

/** The bounds in milliseconds, both inclusive. */
export function boundsOf(
  { range, since, until }: RangeFields,
  now: number,
): { readonly since?: number; readonly until?: number } {
  if (range !== undefined) return { since: Math.floor((now - LENGTHS_MS[range]) / MINUTE_MS) * MINUTE_MS };
  return {
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    // To the end of its second: the address does not say milliseconds.
    ...(until === undefined ? {} : { until: Date.parse(until) + 999 }),
  };
}

/** `2026-11-23T06:12:04Z` of anything that is an instant in the years that a task can have; undefined of all else. */
export function parseInstantText(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined;
  const ms = Date.parse(value);
  if (!Number.isFinite(ms) || ms < 0) return undefined;
  return formatInstantText(ms);
}

export function formatInstantText(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** As a field of kind `datetime-local` wants it: the reader's wall clock, no zone. */
export function toLocalField(text: string | undefined): string {
  if (text === undefined) return "";
  const at = new Date(text);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** What such a field says, as an instant; undefined while it is empty or half typed. */
export function fromLocalField(value: string): string | undefined {
  if (value === "") return undefined;
  const ms = new Date(value).getTime();
  return Number.isFinite(ms) && ms >= 0 ? formatInstantText(ms) : undefined;
}
