/** Reads a schedule in either notation, with its time zone. */

import { parseTimeZone } from "../time-zone.ts";
import { EVERY_WEEKDAY, MICROSECONDS_PER_SECOND, WEEKDAY_NAMES } from "./calendar-event.ts";
import type { CalendarEvent } from "./calendar-event.ts";
import { CHAIN_FIELDS, readCalendarFields } from "./calendar-expression.ts";
import type { CalendarFields } from "./calendar-expression.ts";
import { chainText } from "./component-chain.ts";
import { readCronFields } from "./cron-expression.ts";
import { ExpressionText } from "./expression-text.ts";

const EXPRESSION_LENGTH_MAX = 500;
const CRON_FIELD_COUNT = 5;
/** The last second of the year 2199. */
const TIMESTAMP_MAX_SECONDS = 7_258_118_399;

/**
 * @param defaultTimeZone the zone of an expression that names none
 * @throws SCHEDULE_INVALID with position, reason and hint; TIME_ZONE_UNKNOWN for an unknown default.
 */
export function parseCalendarEvent(text: string, defaultTimeZone: string): CalendarEvent {
  const whole = new ExpressionText(text);
  if (text.trim() === "") throw whole.refuse("it is empty", "write for example 02:00, Sun 03:00 or daily", 0);
  if (text.length > EXPRESSION_LENGTH_MAX) {
    throw whole.refuse("it is too long", "split it into several jobs", EXPRESSION_LENGTH_MAX);
  }
  whole.match(/\s+/y);
  const { end, timeZone } = readZone(whole);
  const source = new ExpressionText(text, whole.at, end);
  const zone = {
    timeZone: timeZone ?? parseTimeZone(defaultTimeZone),
    namesTimeZone: timeZone !== undefined,
  };
  const words = text.slice(source.at, end).split(/\s+/);
  if (/^@\d/.test(words[0] ?? "")) return readTimestamp(source);
  if (words.length === CRON_FIELD_COUNT || words[0]?.startsWith("@") === true) {
    const fields = readCronFields(source);
    return { ...fields, ...zone, canonical: withZone(fields.canonical, timeZone) };
  }
  const fields = readCalendarFields(source);
  return {
    ...fields,
    ...zone,
    notation: "calendar",
    dayRule: "both",
    canonical: withZone(canonicalText(fields), timeZone),
  };
}

function withZone(text: string, timeZone: string | undefined): string {
  return timeZone === undefined ? text : `${text} ${timeZone}`;
}

/** The zone is a last word that begins with a letter. Returns where the expression before it ends. */
function readZone(source: ExpressionText): { readonly end: number; readonly timeZone: string | undefined } {
  const trimmed = source.text.trimEnd();
  const found = /\s+([A-Za-z][^\s]*)$/.exec(trimmed);
  // Names of weekdays and months may be cron's last field; that is one without a zone.
  if (found?.[1] === undefined || found.index < source.at)
    return { end: trimmed.length, timeZone: undefined };
  const before = trimmed.slice(source.at, found.index);
  const isCronWeekday = before.split(/\s+/).length === CRON_FIELD_COUNT - 1;
  if (isCronWeekday) return { end: trimmed.length, timeZone: undefined };
  const word = found[1];
  if (word.toLowerCase() === "utc") return { end: found.index, timeZone: "UTC" };
  try {
    parseTimeZone(word);
    return { end: found.index, timeZone: word };
  } catch {
    throw source.refuse(
      `there is no time zone "${word}"`,
      "the last word may be a zone as IANA names it, like Europe/Vienna or UTC; weekdays are joined by commas: Mon,Tue",
      trimmed.length - word.length,
    );
  }
}

/** `@1700000000`: one instant, in seconds since 1970. */
function readTimestamp(source: ExpressionText): CalendarEvent {
  const at = source.at;
  source.take("@");
  const seconds = Number(source.match(/\d{1,12}/y));
  if (!source.isAtEnd()) throw source.refuse("only digits follow the @", "write @ and seconds since 1970");
  if (seconds > TIMESTAMP_MAX_SECONDS)
    throw source.refuse("that is after the year 2199", "check the number", at);
  const date = new Date(seconds * 1000);
  const only = (value: number) => [{ start: value, stop: undefined, repeat: 0 }];
  const fields: CalendarFields = {
    weekdays: EVERY_WEEKDAY,
    years: only(date.getUTCFullYear()),
    months: only(date.getUTCMonth() + 1),
    days: only(date.getUTCDate()),
    fromMonthEnd: false,
    hours: only(date.getUTCHours()),
    minutes: only(date.getUTCMinutes()),
    seconds: only(date.getUTCSeconds() * MICROSECONDS_PER_SECOND),
  };
  const canonical = withZone(canonicalText(fields), "UTC");
  return {
    ...fields,
    notation: "calendar",
    dayRule: "both",
    timeZone: "UTC",
    namesTimeZone: true,
    canonical,
  };
}

/** As `systemd-analyze calendar` calls the normalized form. */
function canonicalText(fields: CalendarFields): string {
  const day = fields.fromMonthEnd ? CHAIN_FIELDS.dayFromEnd : CHAIN_FIELDS.day;
  const date =
    `${chainText(fields.years, CHAIN_FIELDS.year)}-${chainText(fields.months, CHAIN_FIELDS.month)}` +
    `${fields.fromMonthEnd ? "~" : "-"}${chainText(fields.days, day)}`;
  const time =
    `${chainText(fields.hours, CHAIN_FIELDS.hour)}:${chainText(fields.minutes, CHAIN_FIELDS.minute)}` +
    `:${chainText(fields.seconds, CHAIN_FIELDS.second)}`;
  const weekdays = fields.weekdays === EVERY_WEEKDAY ? "" : `${weekdaysText(fields.weekdays)} `;
  return `${weekdays}${date} ${time}`;
}

/** "Mon,Wed..Fri": three and more in a row are a range. */
function weekdaysText(bits: number): string {
  const parts: string[] = [];
  const name = (day: number) => WEEKDAY_NAMES[day] ?? "";
  for (let first = 0; first < WEEKDAY_NAMES.length; first++) {
    if ((bits & (1 << first)) === 0) continue;
    let last = first;
    while ((bits & (1 << (last + 1))) !== 0) last += 1;
    if (last === first) parts.push(name(first));
    else parts.push(`${name(first)}${last === first + 1 ? "," : ".."}${name(last)}`);
    first = last;
  }
  return parts.join(",");
}
