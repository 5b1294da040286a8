/**
 * The locks of groups, snapshots and manifests: `flock` on the group's directory, on the snapshot's directory and on
 * the manifest file. The kernel lets go when a process dies, so nothing stale can ever be in the way.
 *
 * Locking the manifest file itself works although every change replaces it by a rename: who waited for the old file
 * finds that its name now belongs to another one, and tries again with that. `docs/locking.md` has the whole table.
 */

import type { Clock } from "@ironcore-backup/base";
import { throwIfCancelled } from "@ironcore-backup/base";
import type { Disk, DiskLock, LockMode } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { tryLockPath } from "./path-lock.ts";

/** A directory or file to lock, and how people call it. */
export interface LockTarget {
  readonly path: string;
  readonly name: string;
}

const MANIFEST_WAIT_MS_MAX = 5000;
const MANIFEST_RETRY_MS = 20;

/** Exclusive. @throws GROUP_LOCKED, GROUP_MISSING */
export function lockGroup(needs: { disk: Disk }, group: LockTarget): DiskLock {
  const attempt = tryLockPath(needs, group.path, "exclusive");
  if (attempt.outcome === "busy") throw engineErrors.GROUP_LOCKED({ group: group.name });
  if (attempt.outcome === "missing") throw engineErrors.GROUP_MISSING({ group: group.name });
  return attempt.lock;
}

/** Shared by readers and the backups that stand on it; exclusive for its writer and whoever removes it. @throws SNAPSHOT_LOCKED, SNAPSHOT_MISSING */
export function lockSnapshot(needs: { disk: Disk }, snapshot: LockTarget, mode: LockMode): DiskLock {
  const attempt = tryLockPath(needs, snapshot.path, mode);
  if (attempt.outcome === "busy") throw engineErrors.SNAPSHOT_LOCKED({ snapshot: snapshot.name });
  if (attempt.outcome === "missing") throw engineErrors.SNAPSHOT_MISSING({ snapshot: snapshot.name });
  return attempt.lock;
}

/**
 * Exclusive, for any change of a finished snapshot's manifest; waits at most 5 s.
 * @param manifest  path of `index.json.blob` and the snapshot's name
 * @throws MANIFEST_LOCKED, SNAPSHOT_UNFINISHED, CANCELLED
 */
export async function lockManifest(
  needs: { disk: Disk; clock: Clock },
  manifest: LockTarget,
  options: { signal?: AbortSignal } = {},
): Promise<DiskLock> {
  const startMs = needs.clock.elapsedMs();
  for (;;) {
    throwIfCancelled(options.signal);
    const attempt = tryLockPath(needs, manifest.path, "exclusive");
    if (attempt.outcome === "locked") return attempt.lock;
    if (attempt.outcome === "missing") throw engineErrors.SNAPSHOT_UNFINISHED({ snapshot: manifest.name });
    if (needs.clock.elapsedMs() - startMs >= MANIFEST_WAIT_MS_MAX) {
      throw engineErrors.MANIFEST_LOCKED({ snapshot: manifest.name, waitMs: MANIFEST_WAIT_MS_MAX });
    }
    await needs.clock.sleep(MANIFEST_RETRY_MS, options.signal);
  }
}
