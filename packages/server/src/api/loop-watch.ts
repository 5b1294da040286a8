/**
 * How long the one thread that answers requests was busy with something else. A timer that should come every half second
 * comes late by just that much.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";

const INTERVAL_MS = 500;
/** One minute of them. */
const PAUSE_COUNT_MAX = 120;

export interface LoopWatch {
  /** The longest pause of the last minute. */
  longestPauseMs(): number;
  close(): void;
}

export function startLoopWatch(needs: { readonly clock: Clock }): LoopWatch {
  const pausesMs: number[] = [];
  const ending = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      const startMs = needs.clock.elapsedMs();
      await needs.clock.sleep(INTERVAL_MS, ending.signal);
      pausesMs.push(Math.max(0, needs.clock.elapsedMs() - startMs - INTERVAL_MS));
      if (pausesMs.length > PAUSE_COUNT_MAX) pausesMs.shift();
    }
  };
  watch().catch((cause: unknown) => {
    if (!isCancelled(cause)) throw cause;
  });
  return {
    longestPauseMs: () => Math.round(Math.max(0, ...pausesMs)),
    close: () => ending.abort(),
  };
}
