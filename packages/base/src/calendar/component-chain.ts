/**
 * Lists of numbers, ranges and repetitions: "1,3..9/2". Read, checked, brought into one order, written, searched.
 * The rules are those of systemd.time(7): a repetition has to fit at least once, a range has to go up.
 */

import { MICROSECONDS_PER_SECOND } from "./calendar-event.ts";
import type { CalendarChain, CalendarComponent, FieldRange } from "./calendar-event.ts";
import type { ExpressionText } from "./expression-text.ts";

const COMPONENTS_MAX = 240;
const DIGITS_MAX = 9;

/** How numbers of a field are written. */
export interface ChainField {
  readonly range: FieldRange;
  /** Seconds: fractions are allowed, and the unit is the microsecond. */
  readonly isSeconds?: boolean;
  /** Days that are counted from the month's end. */
  readonly fromMonthEnd?: boolean;
}

interface ReadComponent extends CalendarComponent {
  readonly at: number;
}

/** What was read before it is known which field it is: only what follows tells a day from an hour. */
export interface UncheckedChain {
  readonly components: readonly ReadComponent[] | undefined;
  readonly at: number;
}

/** Reads `*` or a list. @throws SCHEDULE_INVALID */
export function readChain(source: ExpressionText, isSeconds: boolean): UncheckedChain {
  const at = source.at;
  if (source.take("*")) {
    if (source.peek() === "/") {
      throw source.refuse(
        '"*" takes no step',
        'write "0/15" (from 0, every 15) where cron writes "*/15"; days and months start at 1',
      );
    }
    const everySecond = { start: 0, stop: undefined, repeat: MICROSECONDS_PER_SECOND, at };
    return { components: isSeconds ? [everySecond] : undefined, at };
  }
  const components: ReadComponent[] = [];
  do {
    if (components.length === COMPONENTS_MAX)
      throw source.refuse("the list is too long", "use a range (1..5) or a step (0/15)");
    components.push(readComponent(source, isSeconds));
  } while (source.take(","));
  return { components, at };
}

function readComponent(source: ExpressionText, isSeconds: boolean): ReadComponent {
  const at = source.at;
  const start = readNumber(source, isSeconds);
  let stop: number | undefined;
  let repeat = 0;
  if (source.take("..")) {
    stop = readNumber(source, isSeconds);
    repeat = isSeconds ? MICROSECONDS_PER_SECOND : 1;
  }
  if (source.take("/")) {
    const stepAt = source.at;
    repeat = readNumber(source, isSeconds);
    if (repeat === 0) throw source.refuse("a step of 0", "a step is at least 1", stepAt);
  } else if (isSeconds && stop !== undefined && start + repeat > stop) {
    throw source.refuse("a range of less than a second", "add a step, like 0..0.5/0.1", at);
  }
  return { start, stop, repeat, at };
}

function readNumber(source: ExpressionText, isSeconds: boolean): number {
  const at = source.at;
  const digits = source.match(/\d+/y);
  if (digits === "") throw source.refuse(foundInstead(source), "a number is expected here");
  if (digits.length > DIGITS_MAX) throw source.refuse("the number is too large", "check the number", at);
  if (!isSeconds) return Number(digits);
  if (source.peek() !== "." || source.peek(1) === ".") return Number(digits) * MICROSECONDS_PER_SECOND;
  source.at += 1;
  const fraction = source.match(/\d+/y);
  if (fraction === "")
    throw source.refuse(foundInstead(source), "digits of the second's fraction are expected here");
  return (
    Number(digits) * MICROSECONDS_PER_SECOND + Math.round(Number(`0.${fraction}`) * MICROSECONDS_PER_SECOND)
  );
}

export function foundInstead(source: ExpressionText): string {
  const next = source.peek();
  return next === "" ? "the expression ends too early" : `"${next}" does not belong here`;
}

/** Checks the numbers against their field and brings them into one order. @throws SCHEDULE_INVALID */
export function checkChain(source: ExpressionText, field: ChainField, chain: UncheckedChain): CalendarChain {
  if (chain.components === undefined) return undefined;
  const normal = chain.components.map((component) => ({
    at: component.at,
    ...withoutIdleRange(field.range.name === "year" ? withFullYears(component) : component),
  }));
  for (const component of normal) checkComponent(source, field, component);
  return sortedChain(normal.map(({ start, stop, repeat }) => ({ start, stop, repeat })));
}

export function sortedChain(components: readonly CalendarComponent[]): readonly CalendarComponent[] {
  const sorted = [...components].sort(
    (a, b) => a.start - b.start || (a.stop ?? -1) - (b.stop ?? -1) || a.repeat - b.repeat,
  );
  return sorted.filter((component, index) => {
    const before = sorted[index - 1];
    return (
      before === undefined ||
      before.start !== component.start ||
      before.stop !== component.stop ||
      before.repeat !== component.repeat
    );
  });
}

function withFullYears(component: CalendarComponent): CalendarComponent {
  const full = (year: number) => (year < 70 ? year + 2000 : year < 100 ? year + 1900 : year);
  return {
    ...component,
    start: full(component.start),
    stop: component.stop === undefined ? undefined : full(component.stop),
  };
}

/** Ends a range on a number that the step reaches; a range of one number is that number. */
function withoutIdleRange(component: CalendarComponent): CalendarComponent {
  const { start, stop, repeat } = component;
  if (stop === undefined || stop < start || repeat === 0) return component;
  const reached = stop - ((stop - start) % repeat);
  return reached === start ? { start, stop: undefined, repeat: 0 } : { start, stop: reached, repeat };
}

function checkComponent(source: ExpressionText, field: ChainField, component: ReadComponent): void {
  const { range } = field;
  const { start, stop, repeat, at } = component;
  const shown = (value: number) => numberText(value, field);
  for (const value of stop === undefined ? [start] : [start, stop]) {
    if (value >= range.from && value <= range.to) continue;
    throw source.refuse(
      `${shown(value)} is no ${range.name}`,
      `a value of ${shown(range.from)} to ${shown(range.to)} is expected here`,
      at,
    );
  }
  if (stop !== undefined && stop < start) {
    throw source.refuse(
      `the range ${shown(start)}..${shown(stop)} goes down`,
      `write the smaller first, or a list of two ranges`,
      at,
    );
  }
  const fits =
    stop !== undefined
      ? start + repeat <= stop
      : field.fromMonthEnd === true
        ? start - repeat >= range.from
        : start + repeat <= range.to;
  if (fits && repeat <= range.to - range.from) return;
  throw source.refuse(
    `the step ${shown(repeat)} from ${shown(start)} reaches no second ${range.name}`,
    `leave the step out, or make it smaller`,
    at,
  );
}

/** Two digits, four for years, a fraction of six where there is one. */
export function numberText(value: number, field: ChainField): string {
  if (field.isSeconds !== true) return String(value).padStart(field.range.name === "year" ? 4 : 2, "0");
  const whole = String(Math.floor(value / MICROSECONDS_PER_SECOND)).padStart(2, "0");
  const fraction = value % MICROSECONDS_PER_SECOND;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(6, "0")}`;
}

/** The chain as systemd writes it. */
export function chainText(chain: CalendarChain, field: ChainField): string {
  if (chain === undefined || isEverySecond(chain, field)) return "*";
  const unit = field.isSeconds === true ? MICROSECONDS_PER_SECOND : 1;
  return chain
    .map(({ start, stop, repeat }) => {
      const range = numberText(start, field) + (stop === undefined ? "" : `..${numberText(stop, field)}`);
      if (repeat === 0 || (stop !== undefined && repeat === unit)) return range;
      return `${range}/${stepText(repeat, field)}`;
    })
    .join(",");
}

function stepText(repeat: number, field: ChainField): string {
  if (field.isSeconds !== true) return String(repeat);
  const whole = Math.floor(repeat / MICROSECONDS_PER_SECOND);
  const fraction = repeat % MICROSECONDS_PER_SECOND;
  return fraction === 0 ? String(whole) : `${whole}.${String(fraction).padStart(6, "0")}`;
}

function isEverySecond(chain: CalendarChain, field: ChainField): boolean {
  const [only, ...more] = chain ?? [];
  return (
    field.isSeconds === true &&
    more.length === 0 &&
    only?.start === 0 &&
    only.stop === undefined &&
    only.repeat === MICROSECONDS_PER_SECOND
  );
}

/** The smallest number of the chain that is at least `from`, or undefined when the field ends before. */
export function nextInChain(chain: CalendarChain, range: FieldRange, from: number): number | undefined {
  const lowest = Math.max(from, range.from);
  if (chain === undefined) return lowest <= range.to ? lowest : undefined;
  let best: number | undefined;
  for (const { start, stop, repeat } of chain) {
    const last = repeat === 0 ? start : (stop ?? range.to);
    const value =
      lowest <= start || repeat === 0 ? start : start + Math.ceil((lowest - start) / repeat) * repeat;
    if (value >= lowest && value <= last && (best === undefined || value < best)) best = value;
  }
  return best;
}

/** All numbers of a small field, ascending. */
export function chainValues(chain: CalendarChain, range: FieldRange): readonly number[] {
  const values: number[] = [];
  let value = nextInChain(chain, range, range.from);
  while (value !== undefined) {
    values.push(value);
    value = nextInChain(chain, range, value + 1);
  }
  return values;
}
