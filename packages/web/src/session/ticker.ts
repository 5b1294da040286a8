/** One timer for all that shows the time: it runs while somebody looks. */

import type { Clock, Instant } from "@ironcore-backup/base";

const TICK_MS = 1000;

export interface Ticker {
  /** The wall time of the last tick. */
  readonly now: () => Instant;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createTicker(
  clock: Clock,
  timer: { readonly every: (ms: number, run: () => void) => () => void },
): Ticker {
  const listeners = new Set<() => void>();
  let now = clock.now();
  let end: (() => void) | undefined;
  const tick = (): void => {
    now = clock.now();
    for (const listener of [...listeners]) listener();
  };
  return {
    now: () => {
      // Before anybody listens nothing ticks; what is drawn then is drawn with the time of its drawing.
      if (end === undefined) now = clock.now();
      return now;
    },
    subscribe(listener) {
      listeners.add(listener);
      end ??= timer.every(TICK_MS, tick);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        end?.();
        end = undefined;
      };
    },
  };
}
