/**
 * A recurring point in time, as an operator writes it: "Mon..Fri 02:30 Europe/Vienna".
 *
 * Two spellings lead here, systemd's calendar expressions and cron's five fields. What they say is one value: which
 * years, months, days, hours, minutes and seconds of a zone's wall clock are meant. `parseCalendarEvent` reads it,
 * `nextRun` and its neighbours turn it into instants.
 */

/** One number, a range or a progression of numbers; seconds are counted in microseconds. */
export interface CalendarComponent {
  readonly start: number;
  /** The last number that may be meant; without one a repetition goes on to the end of the field. */
  readonly stop: number | undefined;
  /** 0 for one number. */
  readonly repeat: number;
}

/** What one field names; undefined means every value. */
export type CalendarChain = readonly CalendarComponent[] | undefined;

export interface CalendarEvent {
  /** The same meaning in one spelling: equal events of one notation have equal canonical texts. */
  readonly canonical: string;
  readonly notation: "calendar" | "cron";
  /** Bit 0 is Monday. All seven when no weekday was named. */
  readonly weekdays: number;
  readonly years: CalendarChain;
  readonly months: CalendarChain;
  readonly days: CalendarChain;
  /** Days are counted back from the month's last, which is 1. */
  readonly fromMonthEnd: boolean;
  /** Cron runs on either when both a day of the month and a weekday are named; systemd on both. */
  readonly dayRule: "both" | "either";
  readonly hours: CalendarChain;
  readonly minutes: CalendarChain;
  readonly seconds: CalendarChain;
  /** IANA name of the zone whose wall clock is meant. */
  readonly timeZone: string;
  /** False when the expression left the zone to the caller. */
  readonly namesTimeZone: boolean;
}

export const EVERY_WEEKDAY = 0b111_1111;
export const MICROSECONDS_PER_SECOND = 1_000_000;
export const WEEKDAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** The numbers that a field may hold, both ends included. */
export interface FieldRange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export const FIELD_RANGES = {
  year: { name: "year", from: 1970, to: 2199 },
  month: { name: "month", from: 1, to: 12 },
  day: { name: "day", from: 1, to: 31 },
  /** A month's 28th last day is the last that every month has. */
  dayFromEnd: { name: "day from the month's end", from: 1, to: 28 },
  hour: { name: "hour", from: 0, to: 23 },
  minute: { name: "minute", from: 0, to: 59 },
  second: { name: "second", from: 0, to: 60 * MICROSECONDS_PER_SECOND - 1 },
} as const satisfies Record<string, FieldRange>;
