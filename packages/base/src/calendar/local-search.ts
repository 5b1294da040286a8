/** Finds the next local time that an event means, on the wall clock alone: zones and clock changes come after. */

import { FIELD_RANGES } from "./calendar-event.ts";
import type { CalendarEvent } from "./calendar-event.ts";
import { civilDateOf, dayNumberOf, monthLengthDays, MS_PER_DAY, weekdayOf } from "./civil-time.ts";
import { chainValues, nextInChain } from "./component-chain.ts";

const MONTH_LENGTH_MIN_DAYS = 28;
const MONTH_LENGTH_MAX_DAYS = 31;
const MS_PER_HOUR = 3_600_000;
const MS_PER_MINUTE = 60_000;
const MICROSECONDS_PER_MS = 1000;

/** An event with its small fields written out. */
export interface SearchPlan {
  readonly event: CalendarEvent;
  readonly months: readonly number[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  /** For months of 28 to 31 days: the days that are meant, bit 1 for the first. */
  readonly daysByLength: readonly number[];
}

const plans = new WeakMap<CalendarEvent, SearchPlan>();

export function searchPlan(event: CalendarEvent): SearchPlan {
  let plan = plans.get(event);
  if (plan === undefined) {
    plan = makePlan(event);
    plans.set(event, plan);
  }
  return plan;
}

function makePlan(event: CalendarEvent): SearchPlan {
  const daysByLength: number[] = [];
  for (let length = MONTH_LENGTH_MIN_DAYS; length <= MONTH_LENGTH_MAX_DAYS; length++) {
    daysByLength.push(dayBits(event, length));
  }
  return {
    event,
    months: chainValues(event.months, FIELD_RANGES.month),
    hours: chainValues(event.hours, FIELD_RANGES.hour),
    minutes: chainValues(event.minutes, FIELD_RANGES.minute),
    daysByLength,
  };
}

function dayBits(event: CalendarEvent, lengthDays: number): number {
  const range = { ...FIELD_RANGES.day, to: lengthDays };
  let chain = event.days;
  if (event.fromMonthEnd && chain !== undefined) {
    // The range's far end is its first day; a repetition goes on to the month's last.
    chain = chain.map(({ start, stop, repeat }) => ({
      start: lengthDays + 1 - (stop ?? start),
      stop: stop === undefined ? undefined : lengthDays + 1 - start,
      repeat,
    }));
  }
  let bits = 0;
  for (const day of chainValues(chain, range)) bits |= 1 << day;
  return bits;
}

/** The first local time at or after `fromMs` that the event means; undefined when there is none before 2200. */
export function nextLocalTime(plan: SearchPlan, fromMs: number): number | undefined {
  const fromDay = Math.floor(fromMs / MS_PER_DAY);
  const day = nextDay(plan, fromDay);
  if (day === undefined) return undefined;
  if (day > fromDay) return atDay(plan, day);
  const time = nextTimeOfDay(plan, fromMs - fromDay * MS_PER_DAY);
  if (time !== undefined) return day * MS_PER_DAY + time;
  const later = nextDay(plan, fromDay + 1);
  return later === undefined ? undefined : atDay(plan, later);
}

function atDay(plan: SearchPlan, day: number): number | undefined {
  const time = nextTimeOfDay(plan, 0);
  return time === undefined ? undefined : day * MS_PER_DAY + time;
}

function nextDay(plan: SearchPlan, fromDay: number): number | undefined {
  const from = civilDateOf(fromDay);
  let year = nextInChain(plan.event.years, FIELD_RANGES.year, from.year);
  while (year !== undefined) {
    for (const month of plan.months) {
      if (year === from.year && month < from.month) continue;
      const first = year === from.year && month === from.month ? from.day : 1;
      const found = nextDayOfMonth(plan, { year, month, day: first });
      if (found !== undefined) return found;
    }
    year = nextInChain(plan.event.years, FIELD_RANGES.year, year + 1);
  }
  return undefined;
}

function nextDayOfMonth(
  plan: SearchPlan,
  from: { readonly year: number; readonly month: number; readonly day: number },
): number | undefined {
  const length = monthLengthDays(from.year, from.month);
  const bits = plan.daysByLength[length - MONTH_LENGTH_MIN_DAYS] ?? 0;
  const { weekdays, dayRule } = plan.event;
  if (bits === 0 && dayRule === "both") return undefined;
  const firstNumber = dayNumberOf(from.year, from.month, 1);
  for (let day = from.day; day <= length; day++) {
    const isDay = (bits & (1 << day)) !== 0;
    const isWeekday = (weekdays & (1 << weekdayOf(firstNumber + day - 1))) !== 0;
    if (dayRule === "both" ? isDay && isWeekday : isDay || isWeekday) return firstNumber + day - 1;
  }
  return undefined;
}

/** Milliseconds of the day, at or after `fromMs`. Fractions of a millisecond are cut off. */
function nextTimeOfDay(plan: SearchPlan, fromMs: number): number | undefined {
  const fromHour = Math.floor(fromMs / MS_PER_HOUR);
  const fromMinute = Math.floor((fromMs % MS_PER_HOUR) / MS_PER_MINUTE);
  for (const hour of plan.hours) {
    if (hour < fromHour) continue;
    for (const minute of plan.minutes) {
      if (hour === fromHour && minute < fromMinute) continue;
      const isFirst = hour === fromHour && minute === fromMinute;
      const from = isFirst ? (fromMs % MS_PER_MINUTE) * MICROSECONDS_PER_MS : 0;
      const second = nextInChain(plan.event.seconds, FIELD_RANGES.second, from);
      if (second === undefined) continue;
      return hour * MS_PER_HOUR + minute * MS_PER_MINUTE + Math.floor(second / MICROSECONDS_PER_MS);
    }
  }
  return undefined;
}
