/**
 * A backup session's hold on its group: made if it is not there, locked for the whole session, owned by whoever made it.
 */

import { formatGroupRef } from "@ironcore-backup/base";
import type { AuthId, GroupRef } from "@ironcore-backup/base";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { removeLeftovers } from "../datastore/forget.ts";
import { findGroupOwner, mayWriteGroup, setGroupOwner } from "../datastore/group.ts";
import { listSnapshotRefs } from "../datastore/snapshot-list.ts";
import { groupPath, groupTypePath, OWNER_NAME } from "../datastore/snapshot-path.ts";
import type { Disk, DiskLock } from "../disk/disk.ts";
import { parentPath } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockGroup } from "../locks/backup-lock.ts";

export interface SessionGroup {
  /** True when no snapshot stood here before: then a failed session takes the group away again. */
  readonly isNew: boolean;
  /** Unfinished snapshots of killed sessions that were removed. */
  readonly removedLeftoverCount: number;
  /** Removes the group if this session made it, and what is empty above it. */
  undo(): void;
  release(): void;
}

/** Another session may remove a group it made just when we want it; then it is made again. */
const VANISHED_COUNT_MAX = 20;

/** @throws GROUP_LOCKED, GROUP_OWNER_WRONG, GROUP_OWNER_UNKNOWN, DISK_FULL, DISK_WRITE_FAILED */
export function enterGroup(
  needs: EngineNeeds,
  datastore: Datastore,
  group: GroupRef,
  authId: AuthId,
): SessionGroup {
  const { lock, isMade } = makeAndLock(needs, datastore, group);
  try {
    const removedLeftoverCount = removeLeftovers(needs, datastore, group).length;
    const isNew = claim(needs, datastore, group, authId);
    return {
      isNew,
      removedLeftoverCount,
      undo: () => {
        if (isNew) removeGroup(needs.disk, datastore, group);
      },
      release: () => lock.release(),
    };
  } catch (thrown) {
    if (isMade) removeGroupQuietly(needs.disk, datastore, group);
    lock.release();
    throw thrown;
  }
}

function makeAndLock(
  needs: EngineNeeds,
  datastore: Datastore,
  group: GroupRef,
): { readonly lock: DiskLock; readonly isMade: boolean } {
  const target = { path: groupPath(datastore, group), name: formatGroupRef(group) };
  for (let attempt = 1; ; attempt++) {
    makeDirectory(needs.disk, groupTypePath(datastore, group));
    const isMade = makeDirectory(needs.disk, target.path);
    try {
      return { lock: lockGroup(needs, target), isMade };
    } catch (thrown) {
      if (needs.disk.stat(target.path) !== undefined || attempt === VANISHED_COUNT_MAX) throw thrown;
    }
  }
}

/** @returns whether it was made here */
function makeDirectory(disk: Disk, path: string): boolean {
  if (disk.stat(path) !== undefined) return false;
  try {
    disk.mkdir(path);
  } catch (thrown) {
    // A session of another group, or of this one, may have made it in between.
    if (disk.stat(path)?.kind !== "directory") throw thrown;
    return false;
  }
  disk.syncDirectory(parentPath(path));
  return true;
}

/** Checks the owner, or becomes it. @returns true when the group was nobody's */
function claim(needs: EngineNeeds, datastore: Datastore, group: GroupRef, authId: AuthId): boolean {
  const owner = findGroupOwner(needs, datastore, group);
  const name = formatGroupRef(group);
  if (owner !== undefined) {
    if (!mayWriteGroup(owner, authId)) throw engineErrors.GROUP_OWNER_WRONG({ group: name, owner, authId });
    return false;
  }
  if (listSnapshotRefs(needs, datastore, group).length > 0) {
    throw engineErrors.GROUP_OWNER_UNKNOWN({ group: name });
  }
  setGroupOwner(needs, datastore, group, authId);
  return true;
}

/** Notes that somebody wrote meanwhile keep the group alive. */
function removeGroup(disk: Disk, datastore: Datastore, group: GroupRef): void {
  const path = groupPath(datastore, group);
  const names = disk.readdir(path);
  if (names.some((name) => name !== OWNER_NAME)) return;
  if (names.includes(OWNER_NAME)) disk.unlink(`${path}/${OWNER_NAME}`);
  if (disk.rmdir(path)) disk.rmdir(groupTypePath(datastore, group));
}

/** The failure that is on its way says more; an empty group that stays is taken over by the next backup. */
function removeGroupQuietly(disk: Disk, datastore: Datastore, group: GroupRef): void {
  try {
    removeGroup(disk, datastore, group);
  } catch {
    // Nothing to add: see above.
  }
}
