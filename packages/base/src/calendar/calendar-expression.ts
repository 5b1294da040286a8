/**
 * Reads systemd's calendar expressions: `[weekdays] [date] [time]`, or a word like `daily`.
 *
 *     Mon..Fri *-*-* 02:30     every weekday at 02:30
 *     *-*~1 23:00              the last day of every month at 23:00
 *     *:0/15                   every quarter of an hour
 */

import { EVERY_WEEKDAY, FIELD_RANGES, WEEKDAY_NAMES } from "./calendar-event.ts";
import type { CalendarChain } from "./calendar-event.ts";
import { checkChain, foundInstead, readChain } from "./component-chain.ts";
import type { ChainField, UncheckedChain } from "./component-chain.ts";
import { ExpressionText } from "./expression-text.ts";

/** The fields of an event, before zone and canonical text. */
export interface CalendarFields {
  readonly weekdays: number;
  readonly years: CalendarChain;
  readonly months: CalendarChain;
  readonly days: CalendarChain;
  readonly fromMonthEnd: boolean;
  readonly hours: CalendarChain;
  readonly minutes: CalendarChain;
  readonly seconds: CalendarChain;
}

export const CHAIN_FIELDS = {
  year: { range: FIELD_RANGES.year },
  month: { range: FIELD_RANGES.month },
  day: { range: FIELD_RANGES.day },
  dayFromEnd: { range: FIELD_RANGES.dayFromEnd, fromMonthEnd: true },
  hour: { range: FIELD_RANGES.hour },
  minute: { range: FIELD_RANGES.minute },
  second: { range: FIELD_RANGES.second, isSeconds: true },
} as const satisfies Record<string, ChainField>;

const MIDNIGHT = "00:00:00";
const SHORTHANDS: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: `*-*-* ${MIDNIGHT}`,
  weekly: `Mon *-*-* ${MIDNIGHT}`,
  monthly: `*-*-01 ${MIDNIGHT}`,
  quarterly: `*-01,04,07,10-01 ${MIDNIGHT}`,
  semiannually: `*-01,07-01 ${MIDNIGHT}`,
  "semi-annually": `*-01,07-01 ${MIDNIGHT}`,
  biannually: `*-01,07-01 ${MIDNIGHT}`,
  "bi-annually": `*-01,07-01 ${MIDNIGHT}`,
  annually: `*-01-01 ${MIDNIGHT}`,
  anually: `*-01-01 ${MIDNIGHT}`,
  yearly: `*-01-01 ${MIDNIGHT}`,
};

/** @throws SCHEDULE_INVALID with the place in `source.text`. */
export function readCalendarFields(source: ExpressionText): CalendarFields {
  const shorthand = SHORTHANDS[source.text.slice(source.at, source.end).trim().toLowerCase()];
  if (shorthand !== undefined) return readCalendarFields(new ExpressionText(shorthand));
  const weekdays = readWeekdays(source);
  const date = readDate(source);
  const time = readTime(source);
  return { weekdays, ...date, ...time };
}

export const DAY_LONG_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** The number of the weekday that is written here, 0 for Monday; undefined when it is no weekday at all. */
function readWeekday(source: ExpressionText): number | undefined {
  const at = source.at;
  const word = source.match(/[A-Za-z]+/y);
  if (word === "") return undefined;
  const lower = word.toLowerCase();
  const index = DAY_LONG_NAMES.findIndex(
    (name, day) => name.toLowerCase() === lower || WEEKDAY_NAMES[day]?.toLowerCase() === lower,
  );
  if (index >= 0) return index;
  throw source.refuse(
    `"${word}" is neither a weekday nor a known word`,
    "weekdays are Mon, Tue, Wed, Thu, Fri, Sat, Sun or their long names; words are minutely, hourly, daily, weekly, " +
      "monthly, quarterly, semiannually, yearly",
    at,
  );
}

function readWeekdays(source: ExpressionText): number {
  let days = 0;
  let rangeFrom: number | undefined;
  while (!source.isAtEnd() && source.peek() !== " ") {
    const at = source.at;
    const day = readWeekday(source);
    if (day === undefined) {
      if (days === 0) return EVERY_WEEKDAY;
      throw source.refuse(foundInstead(source), "a weekday is expected here, like Mon or Fri");
    }
    days |= 1 << day;
    if (rangeFrom !== undefined) {
      if (rangeFrom > day) {
        throw source.refuse(
          "the range of weekdays goes over the end of the week",
          "a week begins with Mon and ends with Sun: write Sat,Sun,Mon for Sat to Mon",
          at,
        );
      }
      for (let between = rangeFrom; between < day; between++) days |= 1 << between;
    }
    const startsRange = source.peek() === "-" || source.peek() === ".";
    if (startsRange && rangeFrom !== undefined)
      throw source.refuse(foundInstead(source), "close the range first");
    rangeFrom = source.take("..") || source.take("-") ? day : undefined;
    if (rangeFrom === undefined && !source.take(",") && !source.isAtEnd() && source.peek() !== " ") {
      throw source.refuse(foundInstead(source), 'weekdays are joined by "," or ".."');
    }
  }
  if (rangeFrom !== undefined) throw source.refuse("the range of weekdays has no end", "write Mon..Fri");
  source.match(/ +/y);
  return days === 0 ? EVERY_WEEKDAY : days;
}

type DateFields = Pick<CalendarFields, "years" | "months" | "days" | "fromMonthEnd">;
const EVERY_DAY: DateFields = { years: undefined, months: undefined, days: undefined, fromMonthEnd: false };

function readDate(source: ExpressionText): DateFields {
  if (source.isAtEnd()) return EVERY_DAY;
  const startAt = source.at;
  const first = readChain(source, false);
  // What ends here or goes on with a colon was a time.
  if (source.isAtEnd() || source.peek() === ":") {
    source.at = startAt;
    return EVERY_DAY;
  }
  let fromEnd = takeDateSeparator(source);
  const second = readChain(source, false);
  if (source.isAtEnd() || source.peek() === " ") {
    source.match(/ +/y);
    return checkedDate(source, { first: undefined, month: first, day: second, fromEnd });
  }
  if (fromEnd)
    throw source.refuse(foundInstead(source), 'the "~" stands before the day, the last part of a date');
  fromEnd = takeDateSeparator(source);
  const third = readChain(source, false);
  if (!source.isAtEnd() && source.peek() !== " ") {
    throw source.refuse(foundInstead(source), "a date is year-month-day, then a space and the time");
  }
  source.match(/ +/y);
  return checkedDate(source, { first, month: second, day: third, fromEnd });
}

/** True for "~", which counts days from the month's end. */
function takeDateSeparator(source: ExpressionText): boolean {
  if (source.take("~")) return true;
  if (source.take("-")) return false;
  throw source.refuse(foundInstead(source), "a date is written *-*-1, a time 02:30, and a range 1..5");
}

interface ReadDate {
  readonly first: UncheckedChain | undefined;
  readonly month: UncheckedChain;
  readonly day: UncheckedChain;
  readonly fromEnd: boolean;
}

function checkedDate(source: ExpressionText, date: ReadDate): DateFields {
  const dayField = date.fromEnd ? CHAIN_FIELDS.dayFromEnd : CHAIN_FIELDS.day;
  return {
    years: date.first === undefined ? undefined : checkChain(source, CHAIN_FIELDS.year, date.first),
    months: checkChain(source, CHAIN_FIELDS.month, date.month),
    days: checkChain(source, dayField, date.day),
    fromMonthEnd: date.fromEnd && date.day.components !== undefined,
  };
}

type TimeFields = Pick<CalendarFields, "hours" | "minutes" | "seconds">;
const ZERO: CalendarChain = [{ start: 0, stop: undefined, repeat: 0 }];

function readTime(source: ExpressionText): TimeFields {
  if (source.isAtEnd()) return { hours: ZERO, minutes: ZERO, seconds: ZERO };
  const hours = checkChain(source, CHAIN_FIELDS.hour, readChain(source, false));
  if (!source.take(":")) throw source.refuse(foundInstead(source), "a time is hour:minute, like 02:30");
  const minutes = checkChain(source, CHAIN_FIELDS.minute, readChain(source, false));
  if (source.isAtEnd()) return { hours, minutes, seconds: ZERO };
  if (!source.take(":"))
    throw source.refuse(foundInstead(source), "a time is hour:minute or hour:minute:second");
  const seconds = checkChain(source, CHAIN_FIELDS.second, readChain(source, true));
  if (!source.isAtEnd())
    throw source.refuse(foundInstead(source), "nothing follows the time but a time zone");
  return { hours, minutes, seconds };
}
