/** How a series of daily values grows, and how far it strays from that: what `fill-forecast.ts` reckons with. */

/** Bytes a day, and squares of them. */
export interface Drift {
  readonly slope: number;
  /** Variance of the slope as it was estimated. */
  readonly slopeVariance: number;
  /** Variance around the line that does not grow with time. */
  readonly noise: number;
  /** Variance around the line that is added with each day. */
  readonly walk: number;
}

/** A leap is so many times the usual scatter of the steps between days. */
const LEAP_SCATTERS = 8;
/** Of at most so many leaps it is open whether they come again. */
const LEAP_COUNT_MAX = 1;
/** Where the growth is said to have changed, both sides must be this long … */
const PART_DAYS_MIN = 14;
/** … and their slopes differ by so many of their deviations. */
const CHANGE_DEVIATIONS = 4;
const WEEK_DAYS = 7;

export function estimateDrift(days: readonly number[]): Drift {
  const count = days.length;
  const slope = slopeOf(days);
  const residuals = days.map((value, day) => value - slope * day);
  const { noise, walk } = strayOf(residuals);
  // Of a least-squares slope: 6/5 of a walk's, and 12/n³ of a noise's (half of which is in a difference of two days).
  const slopeVariance = (1.2 * walk) / count + (6 * noise) / count ** 3;
  return { slope, slopeVariance, noise, walk };
}

/** Least squares. */
function slopeOf(days: readonly number[]): number {
  const middle = (days.length - 1) / 2;
  const mean = days.reduce((sum, value) => sum + value, 0) / days.length;
  let product = 0;
  let square = 0;
  days.forEach((value, day) => {
    product += (day - middle) * (value - mean);
    square += (day - middle) ** 2;
  });
  return square === 0 ? 0 : product / square;
}

/** How the mean square of the difference between two days grows with the days between them: a constant and a slope. */
function strayOf(residuals: readonly number[]): { noise: number; walk: number } {
  const lags = lagsFor(residuals.length);
  const points = lags.map((lag) => ({ lag, square: meanSquare(residuals, lag) }));
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return { noise: 0, walk: 0 };
  // Taking the line out has taken some of the walk out of long differences.
  const shrunk = (lag: number): number => 1 - lag / residuals.length;
  const mean = (of: (point: { lag: number; square: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const lagMean = mean(({ lag }) => lag * shrunk(lag));
  const squareMean = mean(({ square }) => square);
  const spread = mean(({ lag }) => (lag * shrunk(lag) - lagMean) ** 2);
  const together = mean(({ lag, square }) => (lag * shrunk(lag) - lagMean) * (square - squareMean));
  const walkMax = squareMean / lagMean;
  const fitted = spread === 0 ? walkMax : Math.min(walkMax, Math.max(0, together / spread));
  // A fit through few points often takes a walk for noise, which would make the future look sure. Half is held against it.
  const walk = (fitted + walkMax) / 2;
  return { noise: Math.max(0, squareMean - walk * lagMean), walk };
}

/** Whole weeks where there are enough of them. */
function lagsFor(count: number): number[] {
  const step = count >= 4 * WEEK_DAYS ? WEEK_DAYS : 1;
  const lags: number[] = [];
  for (let lag = step; lag <= count / 4 && lags.length < 4; lag += step) lags.push(lag);
  return lags;
}

function meanSquare(residuals: readonly number[], lag: number): number {
  let sum = 0;
  for (let day = lag; day < residuals.length; day++)
    sum += ((residuals[day] ?? 0) - (residuals[day - lag] ?? 0)) ** 2;
  return sum / (residuals.length - lag);
}

/** Leaps that may have been the only ones of their kind, and the series as if they had not been. */
export function findLeaps(days: readonly number[]): { leaps: readonly number[]; without: readonly number[] } {
  const steps = days.slice(1).map((value, at) => value - (days[at] ?? value));
  const middle = medianOf(steps);
  const scatter = 1.4826 * medianOf(steps.map((step) => Math.abs(step - middle)));
  const size = Math.max(...steps.map(Math.abs), 0);
  // A series without any scatter would take each step that differs for a leap.
  const bound = Math.max(LEAP_SCATTERS * scatter, size / 1000, Math.abs(middle));
  const leaps = steps.flatMap((step, at) => (Math.abs(step - middle) > bound ? [at] : []));
  if (leaps.length === 0 || leaps.length > LEAP_COUNT_MAX) return { leaps: [], without: days };
  const isLeap = new Set(leaps);
  let shift = 0;
  const without = days.map((value, day) => {
    if (isLeap.has(day - 1)) shift += (steps[day - 1] ?? 0) - middle;
    return value - shift;
  });
  return { leaps, without };
}

/** What came after the growth changed last, if it clearly did. */
export function recentPart(days: readonly number[]): readonly number[] {
  let best: { at: number; difference: number } | undefined;
  for (let at = PART_DAYS_MIN; at <= days.length - PART_DAYS_MIN; at++) {
    const difference = changeAt(days, at);
    if (difference > CHANGE_DEVIATIONS && difference > (best?.difference ?? 0)) best = { at, difference };
  }
  return best === undefined ? days : recentPart(days.slice(best.at));
}

/** How many deviations the slopes before and after the day differ by. */
function changeAt(days: readonly number[], at: number): number {
  const before = estimateDrift(findLeaps(days.slice(0, at)).without);
  const after = estimateDrift(findLeaps(days.slice(at)).without);
  const deviation = Math.sqrt(before.slopeVariance + after.slopeVariance);
  const difference = Math.abs(after.slope - before.slope);
  if (difference <= 1e-9 * (Math.abs(after.slope) + Math.abs(before.slope))) return 0;
  return deviation === 0 ? Infinity : difference / deviation;
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
