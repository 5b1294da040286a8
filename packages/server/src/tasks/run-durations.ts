/**
 * How long runs took lately, to tell how long like ones will take. Alike are, in this order: the same work (type, datastore,
 * source, lock), the same type on the same datastore, the same type. Only runs that came to their end count: a failure
 * says when something broke, not how long the work is.
 */

import type { ActiveTask } from "./active-task.ts";

const KEY_COUNT_MAX = 4096;
const SAMPLE_COUNT_MAX = 16;
/** What one single run says about the next one. */
const SINGLE_LOW = 0.75;
const SINGLE_HIGH = 1.35;
/** Beyond the shortest and the longest seen. */
const MARGIN = 0.1;

export interface DurationRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** What makes runs alike. */
export interface RunLikeness {
  readonly type: string;
  readonly datastore: string;
  readonly source: string;
  readonly exclusiveKey: string | undefined;
}

export interface RunDurations {
  record(run: RunLikeness, durationMs: number): void;
  /** Undefined when nothing like it has run yet. */
  estimate(run: RunLikeness): DurationRange | undefined;
}

export function createRunDurations(): RunDurations {
  const samples = new Map<string, number[]>();
  const note = (key: string, durationMs: number): void => {
    const before = samples.get(key) ?? [];
    // Taken out and put in again, the key counts as the newest.
    samples.delete(key);
    samples.set(key, [...before.slice(1 - SAMPLE_COUNT_MAX), durationMs]);
    if (samples.size > KEY_COUNT_MAX) samples.delete(samples.keys().next().value ?? "");
  };
  return {
    record: (run, durationMs) => {
      for (const key of keysOf(run)) note(key, durationMs);
    },
    estimate: (run) => {
      for (const key of keysOf(run)) {
        const range = rangeOf(samples.get(key));
        if (range !== undefined) return range;
      }
      return undefined;
    },
  };
}

export function likenessOf({ task, exclusiveKey }: ActiveTask): RunLikeness {
  const { type, datastore, source } = task;
  return { type, datastore, source, exclusiveKey };
}

/** From the most alike to the least. */
function keysOf({ type, datastore, source, exclusiveKey }: RunLikeness): string[] {
  return [
    JSON.stringify([type, datastore, source, exclusiveKey ?? null]),
    JSON.stringify([type, datastore]),
    JSON.stringify([type]),
  ];
}

function rangeOf(durations: readonly number[] | undefined): DurationRange | undefined {
  if (durations === undefined || durations.length === 0) return undefined;
  const [first = 0] = durations;
  if (durations.length === 1) return { lowMs: first * SINGLE_LOW, highMs: first * SINGLE_HIGH };
  const sorted = durations.toSorted((left, right) => left - right);
  // One outlier in ten does not stretch the range.
  const trimmed = Math.floor(sorted.length / 10);
  const low = sorted[trimmed] ?? first;
  const high = sorted[sorted.length - 1 - trimmed] ?? first;
  return { lowMs: low * (1 - MARGIN), highMs: high * (1 + MARGIN) };
}
