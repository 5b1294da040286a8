/** An event in plain words, for the person who wrote it to see whether it is what they meant. */

import { EVERY_WEEKDAY, FIELD_RANGES, MICROSECONDS_PER_SECOND, WEEKDAY_NAMES } from "./calendar-event.ts";
import type { CalendarChain, CalendarEvent, FieldRange } from "./calendar-event.ts";
import { CHAIN_FIELDS, DAY_LONG_NAMES } from "./calendar-expression.ts";
import { chainText, chainValues } from "./component-chain.ts";

const MONTH_NAMES = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WORKING_DAYS = 0b001_1111;
const WEEKEND = 0b110_0000;
/** More clock times than these are told by their hours and minutes. */
const TIMES_SHOWN_MAX = 6;
/** More seconds than these are told as they were written. */
const SECONDS_SHOWN_MAX = 6;

/** "every weekday at 02:30 (Europe/Vienna)" */
export function describeCalendarEvent(event: CalendarEvent): string {
  const time = timeWords(event);
  const days = dayWords(event);
  const isWithinDay = time.startsWith("every");
  const words = !isWithinDay ? `${days} ${time}` : days === "every day" ? time : `${time}, ${days}`;
  return `${words} (${event.timeZone})`;
}

function timeWords(event: CalendarEvent): string {
  const clock = clockWords(event);
  const seconds = secondWords(event.seconds);
  if (seconds === "") return clock;
  if (seconds === "every second") return clock === "every minute" ? seconds : `every second, ${clock}`;
  return `${clock}, ${seconds}`;
}

function clockWords({ hours, minutes }: CalendarEvent): string {
  const hourStep = evenStep(hours, FIELD_RANGES.hour);
  const minuteStep = evenStep(minutes, FIELD_RANGES.minute);
  const minuteList = chainValues(minutes, FIELD_RANGES.minute);
  const hourList = chainValues(hours, FIELD_RANGES.hour);
  if (hourStep === 1 && minuteStep !== undefined)
    return minuteStep === 1 ? "every minute" : `every ${minuteStep} minutes`;
  if (hourStep !== undefined && minuteList.length === 1) {
    const every = hourStep === 1 ? "every hour" : `every ${hourStep} hours from 00:00 on`;
    return minuteList[0] === 0 ? every : `${every}, at minute ${minuteList[0]}`;
  }
  if (hourList.length * minuteList.length <= TIMES_SHOWN_MAX) {
    const times = hourList.flatMap((hour) =>
      minuteList.map((minute) => `${twoDigits(hour)}:${twoDigits(minute)}`),
    );
    return `at ${listed(times)}`;
  }
  const minutePart =
    minuteStep === undefined
      ? `at minute ${chainText(minutes, CHAIN_FIELDS.minute)}`
      : minuteStep === 1
        ? "every minute"
        : `every ${minuteStep} minutes`;
  const hourPart = hourStep === 1 ? "every hour" : `the hours ${chainText(hours, CHAIN_FIELDS.hour)}`;
  return `${minutePart} of ${hourPart}`;
}

/** "" for the full minute. */
function secondWords(seconds: CalendarChain): string {
  const [only, ...more] = seconds ?? [];
  if (only !== undefined && more.length === 0) {
    if (only.start === 0 && only.repeat === 0) return "";
    if (only.start === 0 && only.stop === undefined && only.repeat === MICROSECONDS_PER_SECOND)
      return "every second";
  }
  const text = chainText(seconds, CHAIN_FIELDS.second);
  const isShort = (seconds ?? []).length <= SECONDS_SHOWN_MAX;
  return `at second ${isShort ? text : `${text.slice(0, 20)}…`}`;
}

/** How many apart the values are when they fill the field evenly; 1 for every value. */
function evenStep(chain: CalendarChain, range: FieldRange): number | undefined {
  const values = chainValues(chain, range);
  const size = range.to - range.from + 1;
  const step = size / values.length;
  return values.length > 1 && values.every((value, index) => value === range.from + index * step)
    ? step
    : undefined;
}

function dayWords(event: CalendarEvent): string {
  const weekdays = event.weekdays === EVERY_WEEKDAY ? undefined : weekdayWords(event.weekdays);
  const dates = event.days === undefined ? undefined : dateWords(event);
  const months =
    event.months === undefined
      ? undefined
      : listed(chainValues(event.months, FIELD_RANGES.month).map((month) => MONTH_NAMES[month - 1] ?? ""));
  const years = event.years === undefined ? "" : ` of ${chainText(event.years, CHAIN_FIELDS.year)}`;
  const place = months === undefined ? `every month${years}` : `${months}${years}`;
  if (dates === undefined) {
    const within = months === undefined && years === "" ? "" : ` in ${place}`;
    return `${weekdays ?? "every day"}${within}`;
  }
  const onDates = `on the ${dates} of ${place}`;
  if (weekdays === undefined) return onDates;
  return event.dayRule === "either"
    ? `${onDates} and ${weekdays}`
    : `${weekdays} that is the ${dates} of ${place}`;
}

function weekdayWords(bits: number): string {
  if (bits === WORKING_DAYS) return "every weekday";
  if (bits === WEEKEND) return "every Saturday and Sunday";
  const names = WEEKDAY_NAMES.flatMap((_, day) =>
    (bits & (1 << day)) === 0 ? [] : [DAY_LONG_NAMES[day] ?? ""],
  );
  return `every ${listed(names)}`;
}

function dateWords({ days, fromMonthEnd }: CalendarEvent): string {
  if (!fromMonthEnd) return listed(chainValues(days, FIELD_RANGES.day).map(ordinal));
  const parts = (days ?? []).map(({ start, stop, repeat }) => {
    if (stop === undefined && repeat === 0) return lastDay(start);
    const step = repeat > 1 ? `, every ${repeat} days` : "";
    return `${lastDay(stop ?? start)} to the ${lastDay(stop === undefined ? 1 : start)}${step}`;
  });
  return listed(parts);
}

const lastDay = (count: number): string => (count === 1 ? "last day" : `${ordinal(count)} last day`);

function ordinal(value: number): string {
  const isTeen = value >= 11 && value <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${ending}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");

function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
