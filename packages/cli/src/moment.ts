/** Instants as people type them: `24h` ago, or a date, with or without a time. */

import { parseDuration } from "@ironcore-backup/base";
import { cliErrors } from "./errors.ts";

const AGE = /^\d+(\.\d+)?\s*[a-z]+$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:\d\d)?$/;

/** As `parseMoment`, but `90d` means from now on. @throws USAGE_INVALID */
export function parseFutureMoment(text: string, now: number): number {
  if (AGE.test(text)) return Math.round(now + parseDuration(text));
  return parseMoment(text, now);
}

/** A date, or a time without a zone, is meant in this machine's zone. In milliseconds. @throws USAGE_INVALID */
export function parseMoment(text: string, now: number): number {
  if (AGE.test(text)) return Math.max(0, Math.round(now - parseDuration(text)));
  const [, day, time, zone = ""] = DATE_AND_TIME.exec(text) ?? [];
  // Without a time the platform would read a date as UTC.
  const moment = new Date(DATE.test(text) ? `${text}T00:00:00` : `${day}T${time}${zone}`).getTime();
  if (!Number.isNaN(moment)) return moment;
  const detail = `"${text}" is neither an age like 24h nor a date like 2026-11-23 or "2026-11-23 14:00"`;
  throw cliErrors.USAGE_INVALID({ detail });
}
