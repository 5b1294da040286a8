/**
 * A zone's offsets and clock changes, year by year. Intl is asked some hundred times per year and zone, once; after
 * that every answer is arithmetic, so that a calendar page of a thousand jobs costs milliseconds.
 */

import { MS_PER_DAY } from "./civil-time.ts";

/** The clock of a zone was moved at `atMs`: from then on local time is UTC + `afterMs`, before it was + `beforeMs`. */
export interface ClockChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** No zone keeps two changes nearer than this: the shortest on record are weeks apart. */
const SAMPLE_STEP_MS = 4 * MS_PER_DAY;
/** No clock was ever moved further than a day. */
export const CLOCK_CHANGE_MAX_MS = MS_PER_DAY;

interface ZoneYear {
  readonly startOffsetMs: number;
  readonly changes: readonly ClockChange[];
}

export class ZoneOffsets {
  readonly #read: (atMs: number) => number;
  readonly #years = new Map<number, ZoneYear>();

  constructor(timeZone: string) {
    this.#read = offsetReader(timeZone);
  }

  /** Milliseconds that local time is ahead of UTC at an instant. */
  offsetAt(atMs: number): number {
    const year = this.#year(new Date(atMs).getUTCFullYear());
    let offset = year.startOffsetMs;
    for (const change of year.changes) {
      if (change.atMs > atMs) break;
      offset = change.afterMs;
    }
    return offset;
  }

  /** The last clock change in the day before `atMs`, `atMs` included. */
  recentChange(atMs: number): ClockChange | undefined {
    const found = this.#changesBetween(atMs - CLOCK_CHANGE_MAX_MS, atMs);
    return found.at(-1);
  }

  /**
   * The instant when the zone's clock shows a local time. Of two the first; where the clock jumps over it, the instant
   * that it would have been without the jump, which the clock shows later by the length of the jump.
   */
  resolve(localMs: number): { readonly atMs: number; readonly gap: ClockChange | undefined } {
    const [change] = this.#changesBetween(
      localMs - 2 * CLOCK_CHANGE_MAX_MS,
      localMs + 2 * CLOCK_CHANGE_MAX_MS,
    ).filter((candidate) => nearestSide(candidate, localMs) !== undefined);
    if (change === undefined) return { atMs: this.#resolvePlain(localMs), gap: undefined };
    const isGap = change.afterMs > change.beforeMs;
    return { atMs: localMs - change.beforeMs, gap: isGap ? change : undefined };
  }

  /** For local times that no clock change touches. */
  #resolvePlain(localMs: number): number {
    const guess = localMs - this.offsetAt(localMs);
    const second = localMs - this.offsetAt(guess);
    return this.offsetAt(second) === localMs - second ? second : guess;
  }

  #changesBetween(fromMs: number, toMs: number): readonly ClockChange[] {
    const found: ClockChange[] = [];
    const lastYear = new Date(toMs).getUTCFullYear();
    for (let year = new Date(fromMs).getUTCFullYear(); year <= lastYear; year++) {
      for (const change of this.#year(year).changes) {
        if (change.atMs >= fromMs && change.atMs <= toMs) found.push(change);
      }
    }
    return found;
  }

  #year(year: number): ZoneYear {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const startMs = Date.UTC(year, 0, 1);
    const endMs = Date.UTC(year + 1, 0, 1);
    const changes: ClockChange[] = [];
    const startOffsetMs = this.#read(startMs);
    let offset = startOffsetMs;
    for (let at = startMs; at < endMs; at += SAMPLE_STEP_MS) {
      // The millisecond before the next year is this year's last; the year's first is the start's own.
      const next = Math.min(at + SAMPLE_STEP_MS, endMs - 1);
      const nextOffset = this.#read(next);
      if (nextOffset === offset) continue;
      changes.push({ atMs: this.#moment(at, next, offset), beforeMs: offset, afterMs: nextOffset });
      offset = nextOffset;
    }
    const before = this.#read(startMs - 1);
    if (before !== startOffsetMs)
      changes.unshift({ atMs: startMs, beforeMs: before, afterMs: startOffsetMs });
    const made = { startOffsetMs, changes };
    this.#years.set(year, made);
    return made;
  }

  /** The first instant whose offset is no longer `offset`, between two samples. */
  #moment(fromMs: number, toMs: number, offset: number): number {
    let low = fromMs;
    let high = toMs;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#read(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** The change when `localMs` lies among the local times that it skips or repeats. */
function nearestSide(change: ClockChange, localMs: number): ClockChange | undefined {
  const first = change.atMs + Math.min(change.beforeMs, change.afterMs);
  const last = change.atMs + Math.max(change.beforeMs, change.afterMs);
  return localMs >= first && localMs < last ? change : undefined;
}

const cache = new Map<string, ZoneOffsets>();

/** One table per zone and thread: making it is what costs. */
export function zoneOffsets(timeZone: string): ZoneOffsets {
  let made = cache.get(timeZone);
  if (made === undefined) {
    made = new ZoneOffsets(timeZone);
    cache.set(timeZone, made);
  }
  return made;
}

function offsetReader(timeZone: string): (atMs: number) => number {
  if (timeZone === "UTC") return () => 0;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (atMs) => {
    const parts: Record<string, string> = {};
    for (const part of format.formatToParts(atMs)) parts[part.type] = part.value;
    const number = (name: string) => Number(parts[name]);
    const localMs = Date.UTC(
      number("year"),
      number("month") - 1,
      number("day"),
      number("hour"),
      number("minute"),
      number("second"),
    );
    return localMs - Math.floor(atMs / 1000) * 1000;
  };
}
