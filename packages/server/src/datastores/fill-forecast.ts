/**
 * When a datastore will be full, from how it grew lately, with an honest range: the true day should lie in it in four of
 * five cases. `fill-forecast.test.ts` back-tests just that on histories whose future is known.
 *
 * 1. The measures become one value a day, the last 90 days; where the growth has clearly changed, only what came since.
 * 2. A single leap (an import, a disk that others use) may come again or not: the likely day is reckoned without it, the
 *    earliest one with it. Leaps that recur are growth like any other.
 * 3. The slope is the least-squares one of what is left. How far the future strays from it is read from how far the past
 *    strayed over 1, 2, 3 … weeks: by a part that stays the same (noise, the saw of prune and collection) and a part that
 *    grows with time. Whole weeks, so that a weekly rhythm is no uncertainty.
 * 4. The range holds where the line plus and minus that uncertainty meets what is free. The slope itself is uncertain too,
 *    so the range widens with the square of the time; where its slow side never meets, there is no latest day.
 */

import { formatSize } from "@ironcore-backup/base";
import type { FillForecast } from "@ironcore-backup/protocol";
import { estimateDrift, findLeaps, recentPart } from "./growth-estimate.ts";
import type { Drift } from "./growth-estimate.ts";

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 90;
/** Less says nothing about next month. */
export const DAY_COUNT_MIN = 7;
/** What lies further away is not told as a day. */
const HORIZON_DAYS = 3650;
/**
 * How many standard deviations four of five cases lie within; the normal distribution's 1.28, and more because the
 * deviation itself is estimated from few weeks. Set by the back-test.
 */
const DEVIATIONS = 1.45;
const DEVIATIONS_PER_DAY_KNOWN = 4;

export interface FillMeasure {
  readonly at: number;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** @param measures  oldest first; only the last 90 days are looked at */
export function forecastFill(measures: readonly FillMeasure[]): FillForecast {
  const last = measures.at(-1);
  const days = dailyValues(measures);
  const measureCount = days.length;
  if (last === undefined || measureCount < 2)
    return tooLittle(measureCount, "There are no measures of two days yet");
  const sinceAt = last.at - (measureCount - 1) * DAY_MS;
  if (last.freeBytes <= 0) return { state: "full", reason: "Nothing is free", sinceAt, measureCount };
  if (measureCount <= DAY_COUNT_MIN)
    return {
      ...tooLittle(
        measureCount,
        `It has been measured on ${measureCount} days; a forecast needs ${DAY_COUNT_MIN + 1}`,
      ),
      sinceAt,
    };
  return forecastFrom(days, last);
}

function tooLittle(measureCount: number, reason: string): FillForecast {
  return { state: "too-little-data", reason, measureCount };
}

function forecastFrom(allDays: readonly number[], last: FillMeasure): FillForecast {
  const days = recentPart(allDays);
  const { leaps, without } = findLeaps(days);
  const drift = estimateDrift(without);
  const withLeaps = leaps.length === 0 ? drift : estimateDrift(days);
  const deviations = DEVIATIONS * (1 + DEVIATIONS_PER_DAY_KNOWN / days.length);
  const likely = daysUntil(last.freeBytes, drift, 0);
  const fast = [drift, withLeaps].map((one) => daysUntil(last.freeBytes, one, deviations));
  const slow = [drift, withLeaps].map((one) => daysUntil(last.freeBytes, one, -deviations));
  const earliest = Math.min(...fast);
  const latest = Math.max(...slow);
  const atOf = (inDays: number): number => Math.round(last.at + inDays * DAY_MS);
  const spread = deviations * Math.sqrt(drift.slopeVariance);
  const ground = {
    growthBytesPerDay: { low: drift.slope - spread, likely: drift.slope, high: drift.slope + spread },
    sinceAt: last.at - (days.length - 1) * DAY_MS,
    measureCount: days.length,
    ...(earliest > HORIZON_DAYS ? {} : { earliestAt: atOf(earliest) }),
  };
  if (likely > HORIZON_DAYS)
    return { state: "not-filling", reason: notFillingReason(drift.slope), ...ground };
  return {
    state: "filling",
    reason: `It grows by ${formatSize(Math.round(drift.slope))} a day, ${formatSize(last.freeBytes)} are free`,
    ...ground,
    likelyAt: atOf(likely),
    ...(latest > HORIZON_DAYS ? {} : { latestAt: atOf(latest) }),
  };
}

function notFillingReason(slope: number): string {
  if (slope < 0) return `It shrinks by ${formatSize(Math.round(-slope))} a day`;
  if (slope === 0) return "It does not grow";
  return `It grows by ${formatSize(Math.round(slope))} a day; that is more than ten years until it is full`;
}

/**
 * Days until the line, moved by so many deviations of its uncertainty at that time, meets what is free. The uncertainty's
 * variance after `h` days is `noise + walk·h + slopeVariance·h²`, so this is a root of a quadratic.
 * @returns Infinity: never
 */
export function daysUntil(freeBytes: number, drift: Drift, deviations: number): number {
  const { slope, noise, walk, slopeVariance } = drift;
  if (deviations === 0) return slope > 0 ? freeBytes / slope : Infinity;
  const used = (days: number): number =>
    slope * days + deviations * Math.sqrt(noise + walk * days + slopeVariance * days * days);
  const square = deviations * deviations;
  const a = slope * slope - square * slopeVariance;
  const b = -2 * freeBytes * slope - square * walk;
  const c = freeBytes * freeBytes - square * noise;
  const roots = rootsOf(a, b, c).filter((root) => root >= 0);
  // Squaring has added the other side's root.
  const met = roots.filter((root) => Math.abs(used(root) - freeBytes) <= Math.abs(freeBytes) * 1e-6 + 1);
  return met.length === 0 ? (used(0) >= freeBytes ? 0 : Infinity) : Math.min(...met);
}

function rootsOf(a: number, b: number, c: number): number[] {
  if (Math.abs(a) < 1e-12) return b === 0 ? [] : [-c / b];
  const discriminant = b * b - 4 * a * c;
  if (discriminant < 0) return [];
  // The form that does not lose digits when b is large.
  const q = -0.5 * (b + Math.sign(b || 1) * Math.sqrt(discriminant));
  return q === 0 ? [0] : [q / a, c / q];
}

/** What was used at each day's end counted back from the last measure; a day without a measure lies on the line between its neighbours. */
function dailyValues(measures: readonly FillMeasure[]): number[] {
  const last = measures.at(-1);
  if (last === undefined) return [];
  const first = measures.find(({ at }) => at > last.at - WINDOW_DAYS * DAY_MS) ?? last;
  const dayCount = Math.floor((last.at - first.at) / DAY_MS);
  const values: number[] = [];
  let at = measures.indexOf(first);
  for (let day = dayCount; day >= 0; day--) {
    const instant = last.at - day * DAY_MS;
    while ((measures[at + 1]?.at ?? Infinity) <= instant) at++;
    values.push(valueAt(measures[at] ?? last, measures[at + 1], instant));
  }
  return values;
}

function valueAt(before: FillMeasure, after: FillMeasure | undefined, instant: number): number {
  if (after === undefined || instant <= before.at) return before.usedBytes;
  const share = (instant - before.at) / (after.at - before.at);
  return before.usedBytes + (after.usedBytes - before.usedBytes) * share;
}
