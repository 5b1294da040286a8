/**
 * Removing snapshots. The manifest goes first and durably: from then on the snapshot is unfinished, whatever happens to
 * the rest, and the rest is removed by the next backup of the group if an interruption leaves it. Chunks stay; garbage
 * collection takes those that nobody uses any more.
 */

import { formatGroupRef, formatSnapshotRef, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { parentPath } from "../disk/disk.ts";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockGroup, lockManifest, lockSnapshot } from "../locks/backup-lock.ts";
import { tryLockPath } from "../locks/path-lock.ts";
import { removeTemporaries } from "./atomic-file.ts";
import type { Datastore, EngineNeeds } from "./datastore.ts";
import { isFinished, isProtected, listSnapshotRefs } from "./snapshot-list.ts";
import { groupPath, manifestPath, NOTES_NAME, OWNER_NAME, snapshotPath } from "./snapshot-path.ts";

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

export interface ForgottenGroup {
  readonly removed: readonly SnapshotRef[];
  readonly protectedCount: number;
  readonly inUseCount: number;
  /** Nothing of it is left. */
  readonly isRemoved: boolean;
}

/**
 * Removes every snapshot of a group, oldest first, and the group when none is left. Protected ones and those in use stay, and
 * the group with them. Gives the event loop its turn between snapshots.
 * @throws GROUP_LOCKED while a backup of it runs, GROUP_MISSING, MANIFEST_LOCKED, DISK_WRITE_FAILED, CANCELLED
 */
export async function forgetGroup(
  needs: EngineNeeds,
  datastore: Datastore,
  group: GroupRef,
  options: { signal?: AbortSignal } = {},
): Promise<ForgottenGroup> {
  const path = groupPath(datastore, group);
  const lock = lockGroup(needs, { path, name: formatGroupRef(group) });
  try {
    const removed: SnapshotRef[] = [];
    const counts = { protectedCount: 0, inUseCount: 0 };
    for (const snapshot of listSnapshotRefs(needs, datastore, group).toReversed()) {
      throwIfCancelled(options.signal);
      const code = await codeOf(() => forgetSnapshot(needs, datastore, snapshot, options));
      if (code === "SNAPSHOT_PROTECTED") counts.protectedCount++;
      else if (code === "SNAPSHOT_LOCKED") counts.inUseCount++;
      else removed.push(snapshot);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const isRemoved = counts.protectedCount + counts.inUseCount === 0 && removeEmptyGroup(needs.disk, path);
    return { removed, ...counts, isRemoved };
  } finally {
    lock.release();
  }
}

/** "" when it is done. @throws what is neither protection nor use */
async function codeOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return "";
  } catch (thrown) {
    const { code } = toCodedError(thrown);
    // Gone by itself is what was wanted.
    if (code === "SNAPSHOT_MISSING") return "";
    if (code === "SNAPSHOT_PROTECTED" || code === "SNAPSHOT_LOCKED") return code;
    throw thrown;
  }
}

/** @returns false when a stranger's file is in it, which stays */
function removeEmptyGroup(disk: Disk, path: string): boolean {
  for (const name of [OWNER_NAME, NOTES_NAME]) {
    removeTemporaries(disk, `${path}/${name}`);
    if (disk.stat(`${path}/${name}`) !== undefined) disk.unlink(`${path}/${name}`);
  }
  const isRemoved = disk.rmdir(path);
  if (isRemoved) disk.syncDirectory(parentPath(path));
  return isRemoved;
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

/** @returns false when somebody holds it, or when it has a manifest */
export function removeUnfinished(
  needs: { disk: Disk },
  datastore: Datastore,
  snapshot: SnapshotRef,
): boolean {
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
