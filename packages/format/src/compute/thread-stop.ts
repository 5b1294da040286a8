/** The end of a thread that was told to stop. */

import type { Worker } from "node:worker_threads";
import type { Clock } from "@ironcore-backup/base";

/** A chunk in hand takes a second at the slowest level; a thread that needs longer to stop is ended by force. */
const STOP_GRACE_MS = 5_000;

/** @param left  resolves when the thread has ended, by itself or by force */
export async function waitUntilLeft(clock: Clock, worker: Worker, left: Promise<void>): Promise<void> {
  const hasLeft = new AbortController();
  const grace = clock.sleep(STOP_GRACE_MS, hasLeft.signal).then(
    () => worker.terminate(),
    () => undefined,
  );
  await left;
  hasLeft.abort();
  await grace;
}
