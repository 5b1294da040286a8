/**
 * Garbage collection goes by access times that writers set on the chunks they use. A file system that does not keep what
 * is set (some network mounts, some overlays) would make chunks in use look old, so it is tried before anything is removed.
 */

import { randomHex } from "@ironcore-backup/base";
import { CHUNKS_DIRECTORY_NAME } from "../chunk-store/chunk-path.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import { textFromPath } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";

/** Set and read back; the coarsest file systems keep two seconds. */
const TOLERANCE_MS = 2000;
/** Far enough from now that a time which was not kept is told from one that was. */
const PROBED_AGES_MS = [90_000_000, 0] as const;

/** @throws GC_ACCESS_TIME_IGNORED, DISK_FULL, DISK_WRITE_FAILED */
export function assertAccessTimesKept({ disk, clock, random }: EngineNeeds, storePath: string): void {
  const path = `${storePath}/${CHUNKS_DIRECTORY_NAME}/.probe-${randomHex(random, 8)}`;
  disk.open(path, "create").close();
  try {
    for (const ageMs of PROBED_AGES_MS) {
      const setMs = clock.now() - ageMs;
      disk.touch(path, setMs);
      const keptMs = disk.lstat(path)?.accessedAtMs ?? 0;
      if (Math.abs(keptMs - setMs) > TOLERANCE_MS)
        throw engineErrors.GC_ACCESS_TIME_IGNORED({ path: textFromPath(storePath) });
    }
  } finally {
    disk.unlink(path);
  }
}
