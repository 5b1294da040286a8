/**
 * A source that is asked at most every so often. An answer that does not come in time, or fails, is replaced by the one
 * before it: a hung disk must not hang the monitoring of everything else.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";

/** Prometheus waits ten seconds for everything together. */
const WAIT_MS_MAX = 3000;

export interface KeptSource<Value> {
  /** The newest value there is; undefined: there has been none yet. Never throws. */
  read(): Promise<Value | undefined>;
}

/**
 * @param options.keptMs  a value this young is not asked for again
 * @param options.onFailure  told of each read that failed or was late
 */
export function keepSource<Value>(
  { clock }: { readonly clock: Clock },
  ask: () => Promise<Value> | Value,
  options: { readonly keptMs: number; readonly onFailure: () => void },
): KeptSource<Value> {
  let kept: { readonly value: Value; readonly atMs: number } | undefined;
  let asking: Promise<void> | undefined;
  const askNow = async (): Promise<void> => {
    try {
      const value = await ask();
      kept = { value, atMs: clock.elapsedMs() };
    } catch {
      // What was wrong is told by whoever answers for the source; here it is counted.
      options.onFailure();
    } finally {
      asking = undefined;
    }
  };
  return {
    read: async () => {
      if (kept !== undefined && clock.elapsedMs() - kept.atMs < options.keptMs) return kept.value;
      asking ??= askNow();
      if (await isLate(clock, asking)) options.onFailure();
      return kept?.value;
    },
  };
}

async function isLate(clock: Clock, work: Promise<void>): Promise<boolean> {
  const done = new AbortController();
  const late = clock.sleep(WAIT_MS_MAX, done.signal).then(
    () => true,
    (cause: unknown) => {
      if (isCancelled(cause)) return false;
      throw cause;
    },
  );
  const first = await Promise.race([work.then(() => false), late]);
  done.abort();
  return first;
}
