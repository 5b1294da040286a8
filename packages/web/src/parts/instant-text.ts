/** Instants as text. Absolute ones always carry the year; whoever hovers a relative one gets the absolute one with its zone. */

import { formatDuration } from "@ironcore-backup/base";
import { t } from "../texts/texts.ts";

/** `2026-11-23 06:12:04` in the reader's zone. */
export function formatAbsolute(at: number, timeZone?: string): string {
  const parts = new Map(
    absoluteFormat(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")}`;
}

/** `2026-11-23 06:12`, for lists of what is never started twice in a minute. */
export function formatMinute(at: number, timeZone?: string): string {
  return formatAbsolute(at, timeZone).slice(0, -":04".length);
}

/** `2026-11-23` */
export function formatDay(at: number, timeZone?: string): string {
  return formatAbsolute(at, timeZone).slice(0, "2026-11-23".length);
}

/** `2026-11-23 06:12:04 GMT+1 (Europe/Berlin)`. */
export function formatAbsoluteWithZone(at: number, timeZone?: string): string {
  const format = zoneFormat(timeZone);
  const offset = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return `${formatAbsolute(at, timeZone)} ${offset} (${format.resolvedOptions().timeZone})`;
}

/** `12 s ago`, `in 4 min 05 s`; `just now` below a second either way. */
export function formatRelative(at: number, now: number): string {
  const distanceMs = Math.abs(now - at);
  if (distanceMs < 1000) return t("parts.time.justNow");
  return t(at <= now ? "parts.time.ago" : "parts.time.in", { span: formatCoarse(distanceMs) });
}

/** A duration that does not flicker in its last digit while it grows: `12 s`, `4 min`, `2 h 07 min`, `3 d 04 h`. */
export function formatCoarse(durationMs: number): string {
  if (durationMs < 60_000) return `${Math.floor(durationMs / 1000)} s`;
  if (durationMs < 3_600_000) return `${Math.floor(durationMs / 60_000)} min`;
  return formatDuration(Math.floor(durationMs / 60_000) * 60_000);
}

/** Elapsed time that counts up by the second: `0 s`, `4 min 05 s`. */
export function formatElapsed(durationMs: number): string {
  const wholeMs = Math.max(0, Math.floor(durationMs / 1000)) * 1000;
  return wholeMs < 10_000 ? `${wholeMs / 1000} s` : formatDuration(wholeMs);
}

const absoluteFormats = new Map<string | undefined, Intl.DateTimeFormat>();
const zoneFormats = new Map<string | undefined, Intl.DateTimeFormat>();

function absoluteFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  return kept(absoluteFormats, timeZone, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

function zoneFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  return kept(zoneFormats, timeZone, { timeZoneName: "shortOffset" });
}

/** Making one costs far more than using it, and a list shows hundreds of instants. */
function kept(
  formats: Map<string | undefined, Intl.DateTimeFormat>,
  timeZone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  formats.set(timeZone, made);
  return made;
}
