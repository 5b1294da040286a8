/**
 * Holds a writer to the very store it began with. Paths name whatever is mounted or lies there at the moment: when a
 * file system is taken away under a writer, or another directory takes its place, writing goes on into that one, or into
 * the disk below. So a writer remembers which directory `.chunks` was, and looks again before each chunk that it adds and
 * before it publishes. One look is a microsecond beside a chunk's milliseconds.
 */

import { CHUNKS_DIRECTORY_NAME } from "./chunk-path.ts";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";

/** Plain data, for threads as well. */
export interface StorePin {
  readonly device: number;
  readonly inode: number;
}

/** @throws DATASTORE_MISSING */
export function pinStore(needs: { disk: Disk }, storePath: string): StorePin {
  const stat = needs.disk.stat(`${storePath}/${CHUNKS_DIRECTORY_NAME}`);
  if (stat?.kind !== "directory") throw engineErrors.DATASTORE_MISSING({ path: storePath });
  return { device: stat.device, inode: stat.inode };
}

export function isPinned(needs: { disk: Disk }, storePath: string, pin: StorePin): boolean {
  const stat = needs.disk.stat(`${storePath}/${CHUNKS_DIRECTORY_NAME}`);
  return stat?.device === pin.device && stat.inode === pin.inode;
}

/** @throws DATASTORE_REPLACED */
export function assertPinned(needs: { disk: Disk }, storePath: string, pin: StorePin): void {
  if (!isPinned(needs, storePath, pin)) throw engineErrors.DATASTORE_REPLACED({ path: storePath });
}
