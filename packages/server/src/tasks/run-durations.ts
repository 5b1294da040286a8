/**
 * How long runs took lately, to tell how long like ones will take. Alike are, in this order: the same work (type, datastore,
 * source, lock), the same type on the same datastore, the same type. Only runs that came to their end count: a failure
 * says when something broke, not how long the work is.
 */

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

/** What makes runs alike: keys from the most alike to the least. Made once for a task, since a play asks for it often. */
export type RunLikeness = readonly string[];

export function likenessOf(run: {
  readonly type: string;
  readonly datastore: string;
  readonly source: string;
  readonly exclusiveKey: string | undefined;
}): RunLikeness {
  const { type, datastore, source, exclusiveKey } = run;
  return [
    JSON.stringify([type, datastore, source, exclusiveKey ?? null]),
    JSON.stringify([type, datastore]),
    JSON.stringify([type]),
  ];
}

export interface RunDurations {
  record(run: RunLikeness, durationMs: number): void;
  /** Undefined when nothing like it has run yet. */
  estimate(run: RunLikeness): DurationRange | undefined;
}

interface Known {
  readonly durations: readonly number[];
  readonly range: DurationRange | undefined;
}

export function createRunDurations(): RunDurations {
  const known = new Map<string, Known>();
  const note = (key: string, durationMs: number): void => {
    const durations = [...(known.get(key)?.durations ?? []).slice(1 - SAMPLE_COUNT_MAX), durationMs];
    // Taken out and put in again, the key counts as the newest.
    known.delete(key);
    known.set(key, { durations, range: rangeOf(durations) });
    if (known.size > KEY_COUNT_MAX) known.delete(known.keys().next().value ?? "");
  };
  return {
    record: (run, durationMs) => {
      for (const key of run) note(key, durationMs);
    },
    estimate: (run) => {
      for (const key of run) {
        const range = known.get(key)?.range;
        if (range !== undefined) return range;
      }
      return undefined;
    },
  };
}

function rangeOf(durations: readonly number[]): DurationRange | undefined {
  if (durations.length === 0) return undefined;
  const [first = 0] = durations;
  if (durations.length === 1) return { lowMs: first * SINGLE_LOW, highMs: first * SINGLE_HIGH };
  const sorted = durations.toSorted((left, right) => left - right);
  // One outlier in ten does not stretch the range.
  const trimmed = Math.floor(sorted.length / 10);
  const low = sorted[trimmed] ?? first;
  const high = sorted[sorted.length - 1 - trimmed] ?? first;
  return { lowMs: low * (1 - MARGIN), highMs: high * (1 + MARGIN) };
}
