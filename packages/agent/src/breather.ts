/**
 * Lets the event loop run now and then while synchronous work goes on: heartbeats, cancelling and progress depend on it.
 *
 * Asking `due` is cheap enough for every file and every piece of data; `breathe` yields once, then does the regular chores.
 */

import { throwIfCancelled } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";

/** Synchronous stretches longer than 50 ms would delay a heartbeat or a cancel; half of it leaves room for one slow call. */
const BREATH_INTERVAL_MS = 25;

export interface Breather {
  due(): boolean;
  /** @throws CANCELLED, and whatever a chore throws */
  breathe(): Promise<void>;
}

/** @param chores  run after each yield: poll the pipeline, report progress, wait where a limit says so */
export function createBreather(
  needs: { readonly clock: Clock },
  signal: AbortSignal,
  chores: () => Promise<void> | void,
): Breather {
  let dueAtMs = needs.clock.elapsedMs() + BREATH_INTERVAL_MS;
  return {
    due: () => needs.clock.elapsedMs() >= dueAtMs,
    async breathe() {
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCancelled(signal);
      await chores();
      dueAtMs = needs.clock.elapsedMs() + BREATH_INTERVAL_MS;
    },
  };
}
