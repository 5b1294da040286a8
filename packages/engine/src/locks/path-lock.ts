/**
 * Locks on paths. A lock belongs to the thing that was opened, not to its name: between opening and locking, the name
 * may have been removed and made again. So every lock is checked after it was taken: the path must still name the
 * locked thing, else it is let go and tried again.
 *
 * No lock is ever waited for, except the manifest's (for a few seconds), and the order is always store, group,
 * snapshot, manifest: nobody can wait in a circle.
 */

import { baseErrors } from "@ironcore-backup/base";
import type { Disk, DiskLock, LockMode } from "../disk/disk.ts";

export type LockAttempt =
  | { readonly outcome: "locked"; readonly lock: DiskLock }
  | { readonly outcome: "busy" }
  | { readonly outcome: "missing" };

/** A path that is removed and made again this often within microseconds is no race, but a mistake. */
const REPLACED_COUNT_MAX = 100;

/** Never waits. @throws LOCK_UNSUPPORTED, DISK_READ_FAILED, PERMISSION_DENIED */
export function tryLockPath(needs: { disk: Disk }, path: string, mode: LockMode): LockAttempt {
  for (let attempt = 0; attempt < REPLACED_COUNT_MAX; attempt++) {
    if (needs.disk.lstat(path) === undefined) return { outcome: "missing" };
    const lock = lockExisting(needs.disk, path, mode);
    if (lock === "missing") continue;
    if (lock === undefined) return { outcome: "busy" };
    if (lock.isCurrent()) return { outcome: "locked", lock };
    lock.release();
  }
  throw baseErrors.INVARIANT_BROKEN({
    invariant: `a locked path settles within ${REPLACED_COUNT_MAX} attempts`,
  });
}

function lockExisting(disk: Disk, path: string, mode: LockMode): DiskLock | undefined | "missing" {
  try {
    return disk.tryLock(path, mode);
  } catch (thrown) {
    // Removed since it was looked at; the next look decides.
    if (disk.lstat(path) === undefined) return "missing";
    throw thrown;
  }
}
