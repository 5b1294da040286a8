/**
 * The hour, day, week, month and year that an instant lies in, as people in one time zone count them. Weeks are ISO weeks: they
 * begin on Monday, and belong to the year that holds their Thursday. An hour that is lived twice, when clocks go back, is one hour.
 */

import { parseTimeZone } from "@ironcore-backup/base";

/** Names of periods; two instants are in the same period when the names are equal. */
export interface CalendarPeriods {
  /** `2026-03-04 17` */
  readonly hour: string;
  /** `2026-03-04` */
  readonly day: string;
  /** `2026-W10` */
  readonly week: string;
  /** `2026-03` */
  readonly month: string;
  readonly year: string;
}

export interface LocalCalendar {
  /** @param seconds  Unix time */
  periodsOf(seconds: number): CalendarPeriods;
}

const DAY_MS = 86_400_000;
const THURSDAY = 3;

/** @throws TIME_ZONE_UNKNOWN */
export function openCalendar(timeZone: string): LocalCalendar {
  const format = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
    timeZone: parseTimeZone(timeZone),
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
  });
  return {
    periodsOf: (seconds) => {
      const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
      const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
      const year = part("year").padStart(4, "0");
      const month = `${year}-${part("month")}`;
      const day = `${month}-${part("day")}`;
      const week = isoWeek(Number(year), Number(part("month")), Number(part("day")));
      return { hour: `${day} ${part("hour")}`, day, week, month, year };
    },
  };
}

/** `2026-W10`, of a day of the Gregorian calendar. */
export function isoWeek(year: number, month: number, day: number): string {
  const date = Date.UTC(year, month - 1, day);
  const daysSinceMonday = (new Date(date).getUTCDay() + 6) % 7;
  const thursday = date + (THURSDAY - daysSinceMonday) * DAY_MS;
  const weekYear = new Date(thursday).getUTCFullYear();
  const week = 1 + Math.floor((thursday - Date.UTC(weekYear, 0, 1)) / (7 * DAY_MS));
  return `${String(weekYear).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}
