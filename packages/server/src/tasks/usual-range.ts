/**
 * What is usual for a metric, from the runs before: the middle of them, and as far around it as nearly all lie. Medians, so
 * that a few odd runs among them change nothing.
 *
 * Rates, factors, times and amounts differ by factors, so they are compared as logarithms; a share lies between 0 and 1 and
 * is compared as it is. What lies outside is worth a look, and not necessarily wrong.
 */

import type { RangeVerdict, RunMetric, UsualRange } from "@ironcore-backup/protocol";

/** With fewer runs nothing is usual yet. */
export const USUAL_RUN_COUNT_MIN = 5;
/** What was longer ago is no measure for today. */
export const USUAL_RUN_COUNT_MAX = 30;
/** Of a normal scatter, one run in two thousand lies further out. */
const SCATTERS = 3.5;
/** From the median of distances to what a normal scatter's deviation would be. */
const DEVIATIONS_PER_MEDIAN = 1.4826;

interface Scale {
  readonly to: (value: number) => number;
  readonly from: (scaled: number) => number;
  /** Runs that are all alike: so much scatter is always granted. */
  readonly scatterMin: number;
}

/** @param offset  below it differences do not matter */
function byFactor(offset: number): Scale {
  return {
    to: (value) => Math.log(Math.max(0, value) + offset),
    from: (scaled) => Math.max(0, Math.exp(scaled) - offset),
    scatterMin: 0.1,
  };
}

const MIB = 1024 * 1024;
const SCALES: Readonly<Record<RunMetric, Scale>> = {
  effectiveTransferRateBytesPerSecond: byFactor(64 * 1024),
  sourceReadRateBytesPerSecond: byFactor(64 * 1024),
  deduplicationHitRate: {
    to: (value) => value,
    from: (scaled) => Math.min(1, Math.max(0, scaled)),
    scatterMin: 0.02,
  },
  compressionRatio: byFactor(0.01),
  preEncryptToDiskRatio: byFactor(1),
  durationMs: byFactor(5000),
  newStoredBytes: byFactor(4 * MIB),
};

/** @param values  of the runs before, newest first; undefined when they are too few */
export function usualRange(metric: RunMetric, values: readonly number[]): UsualRange | undefined {
  const known = values.slice(0, USUAL_RUN_COUNT_MAX);
  if (known.length < USUAL_RUN_COUNT_MIN) return undefined;
  const { to, from, scatterMin } = SCALES[metric];
  const scaled = known.map(to);
  const middle = medianOf(scaled);
  const distance = medianOf(scaled.map((value) => Math.abs(value - middle)));
  // Of few runs the median distance is itself uncertain.
  const few = 1 + 2 / known.length;
  const reach = SCATTERS * few * Math.max(scatterMin, DEVIATIONS_PER_MEDIAN * distance);
  return {
    low: from(middle - reach),
    middle: from(middle),
    high: from(middle + reach),
    runCount: known.length,
  };
}

export function verdictOf(value: number | undefined, usual: UsualRange | undefined): RangeVerdict {
  if (value === undefined || usual === undefined) return "unknown";
  if (value < usual.low) return "low";
  return value > usual.high ? "high" : "usual";
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}
