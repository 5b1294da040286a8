/** Reads cron's five fields, `minute hour day month weekday`, and its words: `@daily`. */

import { EVERY_WEEKDAY, FIELD_RANGES, WEEKDAY_NAMES } from "./calendar-event.ts";
import type { CalendarChain, CalendarComponent, CalendarEvent, FieldRange } from "./calendar-event.ts";
import { chainValues, foundInstead, sortedChain } from "./component-chain.ts";
import { ExpressionText } from "./expression-text.ts";

type CronFields = Omit<CalendarEvent, "timeZone" | "namesTimeZone">;

const WORDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** Cron counts from Sunday, and knows it as 7 too. */
const CRON_WEEKDAY: FieldRange = { name: "weekday", from: 0, to: 7 };
const CRON_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface CronField {
  readonly chain: CalendarChain;
  /** Written with a star, so that it does not choose days by itself. */
  readonly isStar: boolean;
  readonly text: string;
}

/** @throws SCHEDULE_INVALID */
export function readCronFields(source: ExpressionText): CronFields {
  const written = source.text.slice(source.at, source.end).trim();
  if (written.startsWith("@")) {
    const fields = WORDS[written.toLowerCase()];
    if (fields !== undefined) return readCronFields(new ExpressionText(fields));
    throw source.refuse(
      `cron's word "${written}" is not a time`,
      "words are @hourly, @daily, @midnight, @weekly, @monthly, @yearly",
    );
  }
  const minute = readField(source, FIELD_RANGES.minute, []);
  const hour = readField(source, FIELD_RANGES.hour, []);
  const day = readField(source, FIELD_RANGES.day, []);
  const month = readField(source, FIELD_RANGES.month, MONTHS);
  const weekday = readField(source, CRON_WEEKDAY, CRON_WEEKDAYS);
  return {
    canonical: [minute, hour, day, month, weekday].map((field) => field.text).join(" "),
    notation: "cron",
    weekdays: weekdayBits(weekday.chain),
    years: undefined,
    months: month.chain,
    days: day.chain,
    fromMonthEnd: false,
    dayRule: day.isStar || weekday.isStar ? "both" : "either",
    hours: hour.chain,
    minutes: minute.chain,
    seconds: [{ start: 0, stop: undefined, repeat: 0 }],
  };
}

function weekdayBits(chain: CalendarChain): number {
  if (chain === undefined) return EVERY_WEEKDAY;
  const days = WEEKDAY_NAMES.length;
  let bits = 0;
  for (const day of chainValues(chain, CRON_WEEKDAY)) bits |= 1 << ((day + days - 1) % days);
  return bits;
}

function readField(source: ExpressionText, range: FieldRange, names: readonly string[]): CronField {
  source.match(/\s+/y);
  const at = source.at;
  const isStar = source.peek() === "*" || source.peek() === "?";
  const components: CalendarComponent[] = [];
  let every = false;
  do {
    const component = readItem(source, range, names);
    if (component === undefined) every = true;
    else components.push(component);
  } while (source.take(","));
  if (!source.isAtEnd() && !/\s/.test(source.peek())) {
    throw source.refuse(
      foundInstead(source),
      'a field is *, 5, 1-5, */15 or a list of them; for "last day" use a calendar expression: *-*~1 02:00',
    );
  }
  const text = source.text.slice(at, source.at).toLowerCase();
  return { chain: every ? undefined : sortedChain(components), isStar, text };
}

/** One item of a list; undefined for a bare star. */
function readItem(
  source: ExpressionText,
  range: FieldRange,
  names: readonly string[],
): CalendarComponent | undefined {
  const at = source.at;
  let start = range.from;
  let stop: number | undefined;
  const isStar = source.take("*") || source.take("?");
  if (isStar) stop = range.to;
  else {
    start = readNumber(source, range, names);
    if (source.take("-")) stop = readNumber(source, range, names);
  }
  // Sunday is 0 and 7, so a range that ends with it by name goes to 7.
  if (range === CRON_WEEKDAY && stop === 0 && start > 0) stop = range.to;
  if (stop !== undefined && stop < start)
    throw source.refuse("the range goes down", "write the smaller first, or a list of two ranges", at);
  if (!source.take("/")) {
    if (isStar) return undefined;
    return stop === undefined || stop === start
      ? { start, stop: undefined, repeat: 0 }
      : { start, stop, repeat: 1 };
  }
  const stepAt = source.at;
  const repeat = Number(source.match(/\d{1,9}/y) || "0");
  if (repeat === 0) throw source.refuse("a step has to be at least 1", "write */15 for every 15", stepAt);
  const last = range === CRON_WEEKDAY && isStar ? 6 : (stop ?? range.to);
  return start + repeat > last ? { start, stop: undefined, repeat: 0 } : { start, stop: last, repeat };
}

function readNumber(source: ExpressionText, range: FieldRange, names: readonly string[]): number {
  const at = source.at;
  const word = source.match(/[A-Za-z]+/y).toLowerCase();
  if (word !== "") {
    const index = names.indexOf(word);
    if (index >= 0) return index + range.from;
    const known = names.length === 0 ? "a number" : `a number or ${names.join(", ")}`;
    throw source.refuse(`"${word}" is no ${range.name}`, `${known} is expected here`, at);
  }
  const digits = source.match(/\d{1,9}/y);
  if (digits === "")
    throw source.refuse(foundInstead(source), `a value of ${range.from} to ${range.to} is expected here`, at);
  const value = Number(digits);
  if (value >= range.from && value <= range.to) return value;
  throw source.refuse(
    `${value} is no ${range.name}`,
    `a value of ${range.from} to ${range.to} is expected here`,
    at,
  );
}
