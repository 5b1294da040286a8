/** The snapshots of a group, as a list shows them: a damaged manifest is a state of one row, never an error of the list. */

import { formatSnapshotRef, toCodedError } from "@ironcore-backup/base";
import type { CodedError, GroupRef, SnapshotRef } from "@ironcore-backup/base";
import type { Manifest } from "@ironcore-backup/format";
import type { Disk } from "../disk/disk.ts";
import { lockSnapshot } from "../locks/backup-lock.ts";
import { tryLockPath } from "../locks/path-lock.ts";
import type { Datastore } from "./datastore.ts";
import { assertGroup } from "./group.ts";
import { readManifest } from "./manifest-file.ts";
import { backupTimeOfName, groupPath, manifestPath, PROTECTED_NAME, snapshotPath } from "./snapshot-path.ts";

interface SnapshotRow {
  readonly snapshot: SnapshotRef;
  readonly isProtected: boolean;
}

export type SnapshotEntry =
  | (SnapshotRow & { readonly state: "finished"; readonly manifest: Manifest })
  /** No manifest. `isBeingWritten`: its writer lives; otherwise it is a broken one's leftover. */
  | (SnapshotRow & { readonly state: "unfinished"; readonly isBeingWritten: boolean })
  /** A manifest that cannot be read or understood; `error` says why. */
  | (SnapshotRow & { readonly state: "damaged"; readonly error: CodedError });

/** Newest first, whatever their state. @throws GROUP_MISSING */
export function listSnapshotRefs(
  needs: { disk: Disk },
  datastore: Datastore,
  group: GroupRef,
): SnapshotRef[] {
  assertGroup(needs, datastore, group);
  const { namespace, type, id } = group;
  return needs.disk
    .readdir(groupPath(datastore, group))
    .flatMap((name) => backupTimeOfName(name) ?? [])
    .toSorted((a, b) => b - a)
    .map((backupTime) => ({ namespace, type, id, backupTime }))
    .filter((snapshot) => needs.disk.stat(snapshotPath(datastore, snapshot))?.kind === "directory");
}

/** Newest first. @throws GROUP_MISSING */
export function listSnapshots(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): SnapshotEntry[] {
  return listSnapshotRefs(needs, datastore, group).flatMap(
    (ref) => findSnapshot(needs, datastore, ref) ?? [],
  );
}

/** One row; undefined when the snapshot does not exist (any more). */
export function findSnapshot(
  needs: { disk: Disk },
  datastore: Datastore,
  snapshot: SnapshotRef,
): SnapshotEntry | undefined {
  const row = { snapshot, isProtected: isProtected(needs, datastore, snapshot) };
  try {
    return { ...row, state: "finished", manifest: readManifest(needs, datastore, snapshot) };
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "SNAPSHOT_MISSING") return undefined;
    if (error.code !== "SNAPSHOT_UNFINISHED") return { ...row, state: "damaged", error };
    return { ...row, state: "unfinished", isBeingWritten: isBeingWritten(needs, datastore, snapshot) };
  }
}

/** True when the manifest is there, read or not. */
export function isFinished(needs: { disk: Disk }, datastore: Datastore, snapshot: SnapshotRef): boolean {
  return needs.disk.stat(manifestPath(datastore, snapshot)) !== undefined;
}

/** Of a snapshot without a manifest. */
export function isBeingWritten(needs: { disk: Disk }, datastore: Datastore, snapshot: SnapshotRef): boolean {
  const attempt = tryLockPath(needs, snapshotPath(datastore, snapshot), "shared");
  if (attempt.outcome === "locked") attempt.lock.release();
  return attempt.outcome === "busy";
}

/** A protected snapshot is neither pruned nor forgotten. */
export function isProtected(needs: { disk: Disk }, datastore: Datastore, snapshot: SnapshotRef): boolean {
  return needs.disk.stat(`${snapshotPath(datastore, snapshot)}/${PROTECTED_NAME}`) !== undefined;
}

/**
 * Durable when it returns. The shared lock keeps a forget out: what was protected is not being removed already.
 * @throws SNAPSHOT_MISSING, SNAPSHOT_LOCKED, DISK_FULL, DISK_WRITE_FAILED
 */
export function setProtected(
  needs: { disk: Disk },
  datastore: Datastore,
  snapshot: SnapshotRef,
  isWanted: boolean,
): void {
  const path = snapshotPath(datastore, snapshot);
  const lock = lockSnapshot(needs, { path, name: formatSnapshotRef(snapshot) }, "shared");
  try {
    if (isWanted === isProtected(needs, datastore, snapshot)) return;
    if (isWanted) needs.disk.open(`${path}/${PROTECTED_NAME}`, "create").close();
    else needs.disk.unlink(`${path}/${PROTECTED_NAME}`);
    needs.disk.syncDirectory(path);
  } finally {
    lock.release();
  }
}
