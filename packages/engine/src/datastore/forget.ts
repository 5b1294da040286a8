/**
 * Removing snapshots. The manifest goes first and durably: from then on the snapshot is unfinished, whatever happens to
 * the rest, and the rest is removed by the next backup of the group if an interruption leaves it. Chunks stay; garbage
 * collection takes those that nobody uses any more.
 */

import { formatSnapshotRef } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockManifest, lockSnapshot } from "../locks/backup-lock.ts";
import { tryLockPath } from "../locks/path-lock.ts";
import { removeTemporaries } from "./atomic-file.ts";
import type { Datastore, EngineNeeds } from "./datastore.ts";
import { isFinished, isProtected, listSnapshotRefs } from "./snapshot-list.ts";
import { groupPath, manifestPath, OWNER_NAME, snapshotPath } from "./snapshot-path.ts";

/**
 * @throws SNAPSHOT_MISSING, SNAPSHOT_LOCKED while it is read, verified, written or the base of a running backup,
 *   SNAPSHOT_PROTECTED, MANIFEST_LOCKED, DISK_WRITE_FAILED, CANCELLED
 */
export async function forgetSnapshot(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const { disk } = needs;
  const name = formatSnapshotRef(snapshot);
  const path = snapshotPath(datastore, snapshot);
  const lock = lockSnapshot(needs, { path, name }, "exclusive");
  try {
    if (isProtected(needs, datastore, snapshot)) throw engineErrors.SNAPSHOT_PROTECTED({ snapshot: name });
    if (isFinished(needs, datastore, snapshot)) {
      const manifest = manifestPath(datastore, snapshot);
      const manifestLock = await lockManifest(needs, { path: manifest, name }, options);
      try {
        disk.unlink(manifest);
        disk.syncDirectory(path);
      } finally {
        manifestLock.release();
      }
    }
    disk.removeTree(path);
  } finally {
    lock.release();
  }
}

/**
 * Removes what killed backups left in a group: snapshots without a manifest that nobody holds, and half-written owner
 * files.
 * The caller holds the group's lock, so no backup of this group lives.
 * @returns the snapshots removed
 */
export function removeLeftovers(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): SnapshotRef[] {
  const removed = listSnapshotRefs(needs, datastore, group).filter(
    (snapshot) => !isFinished(needs, datastore, snapshot) && removeUnfinished(needs, datastore, snapshot),
  );
  removeTemporaries(needs.disk, `${groupPath(datastore, group)}/${OWNER_NAME}`);
  return removed;
}

function removeUnfinished(needs: { disk: Disk }, datastore: Datastore, snapshot: SnapshotRef): boolean {
  const path = snapshotPath(datastore, snapshot);
  const attempt = tryLockPath(needs, path, "exclusive");
  if (attempt.outcome !== "locked") return false;
  try {
    if (isFinished(needs, datastore, snapshot)) return false;
    needs.disk.removeTree(path);
    return true;
  } finally {
    attempt.lock.release();
  }
}
