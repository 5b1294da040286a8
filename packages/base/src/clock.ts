/** Time, handed in. Wall time is for showing and naming, elapsed time for measuring. */

import { baseErrors } from "./errors.ts";

/** A point in time: milliseconds since the Unix epoch, whole. */
export type Instant = number & { readonly __brand: "Instant" };

export function instantFromMs(ms: number): Instant {
  return Math.trunc(ms) as Instant;
}

/** RFC 3339 in UTC with milliseconds. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function secondsOf(instant: Instant): number {
  return Math.floor(instant / 1000);
}

export interface Clock {
  /** Wall time. May jump. */
  now(): Instant;
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  elapsedMs(): number;
  /** Resolves after `durationMs`; rejects with `CANCELLED` as soon as the signal fires. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Made in `main.ts`, in thread entries and in tests, nowhere else. */
export function createSystemClock(): Clock {
  return {
    now: () => instantFromMs(Date.now()),
    elapsedMs: () => performance.now(),
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(baseErrors.CANCELLED({}));
        const onAbort = () => {
          clearTimeout(timer);
          reject(baseErrors.CANCELLED({}));
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        }, durationMs);
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}

export interface FakeClock extends Clock {
  /** Moves both times forward and wakes the sleepers that are due. */
  advance(durationMs: number): void;
  /** Moves only the wall time, as an operator or NTP would. */
  setNow(instant: Instant): void;
}

/** A clock that stands still until told. */
export function createFakeClock(startAt: Instant = instantFromMs(1_700_000_000_000)): FakeClock {
  let now: number = startAt;
  let elapsed = 0;
  const sleepers = new Set<{ dueMs: number; wake: () => void }>();
  return {
    now: () => instantFromMs(now),
    elapsedMs: () => elapsed,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(baseErrors.CANCELLED({}));
        const sleeper = { dueMs: elapsed + durationMs, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          if (sleepers.delete(sleeper)) reject(baseErrors.CANCELLED({}));
        });
      }),
    advance(durationMs) {
      elapsed += durationMs;
      now += durationMs;
      for (const sleeper of [...sleepers]) {
        if (sleeper.dueMs > elapsed) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    setNow(instant) {
      now = instant;
    },
  };
}
