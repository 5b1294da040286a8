/**
 * Compiled code of the house, kept in the data directory: the server, its worker processes and their threads start in a
 * fraction of the time when nobody has to strip types and compile again. Only a cache: where it cannot be written the
 * start is slower and nothing else.
 */

import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";

/** For this process, from here on. */
export function useCompileCache(dataDir: string): void {
  enableCompileCache(cachePath(dataDir));
}

/**
 * glibc gives freed memory back to the system above this. Left alone it raises the bound by itself once large buffers come
 * and go, as they do for every chunk: a backup's peak was 30 to 46 MiB higher without it, at the same speed.
 */
const MALLOC_TRIM_THRESHOLD_BYTES = 2_000_000;

/** The environment for a worker process, which hands it on to its threads. */
export function workerEnvironment(dataDir: string): Record<string, string | undefined> {
  return {
    ...process.env,
    NODE_COMPILE_CACHE: cachePath(dataDir),
    MALLOC_TRIM_THRESHOLD_: String(MALLOC_TRIM_THRESHOLD_BYTES),
  };
}

function cachePath(dataDir: string): string {
  return join(resolve(dataDir), "cache");
}
