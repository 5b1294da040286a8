/** Beginning and end of a thread, the same for compute and decode threads. */

import { getCompileCacheDir } from "node:module";
import { Worker } from "node:worker_threads";
import type { Clock } from "@ironcore-backup/base";

/** A chunk in hand takes a second at the slowest level; a thread that needs longer to stop is ended by force. */
const STOP_GRACE_MS = 5_000;
/** Threads keep a few objects per chunk; what they compress and decode lies outside this heap. */
const HEAP_SIZE_MIB_MAX = 256;

/**
 * Starts a thread that does not keep its process alive.
 *
 * Where the process keeps compiled sources the thread gets to use them too: it inherits that only by environment, and
 * stripping the types anew costs each thread some 130 ms and 20 MiB.
 */
export function startThread(entry: URL, name: string, workerData: unknown): Worker {
  const cacheDirectory = getCompileCacheDir();
  const worker = new Worker(entry, {
    workerData,
    name,
    // No flags of the maker's command line: those of a test runner or a debugger are not for these threads.
    execArgv: [],
    env: cacheDirectory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cacheDirectory },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_SIZE_MIB_MAX },
  });
  worker.unref();
  return worker;
}

/** @param left  resolves when the thread has ended, by itself or by force */
export async function waitUntilLeft(clock: Clock, worker: Worker, left: Promise<void>): Promise<void> {
  worker.ref();
  const hasLeft = new AbortController();
  const grace = clock.sleep(STOP_GRACE_MS, hasLeft.signal).then(
    () => worker.terminate(),
    () => undefined,
  );
  await left;
  hasLeft.abort();
  await grace;
}
