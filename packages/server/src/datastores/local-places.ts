/** Namespaces, groups and what people write on snapshots, on the engine itself. Presents them as the protocol shows them. */

import { formatGroupRef } from "@ironcore-backup/base";
import type { AuthId, GroupRef, Namespace, SnapshotRef } from "@ironcore-backup/base";
import {
  changeGroupOwner,
  createNamespace,
  engineErrors,
  findGroupOwner,
  hasNamespace,
  listGroups,
  listNamespaces,
  readGroupNotes,
  setGroupNotes,
  setProtected,
  setSnapshotNotes,
  summarizeGroup,
} from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import type { Group, SnapshotUpdate } from "@ironcore-backup/protocol";

export interface CountedNamespace {
  readonly namespace: Namespace;
  readonly groupCount: number;
  readonly snapshotCount: number;
}

/** What a group's row may change; absent fields stay. */
export interface GroupChange {
  readonly notes?: string | undefined;
  readonly owner?: AuthId | undefined;
}

/** Parents before children. */
export function countNamespaces(needs: EngineNeeds, datastore: Datastore): CountedNamespace[] {
  return listNamespaces(needs, datastore).map((namespace) => {
    const groups = listGroups(needs, datastore, namespace);
    const snapshotCount = groups.reduce(
      (sum, group) => sum + summarizeGroup(needs, datastore, group).snapshotCount,
      0,
    );
    return { namespace, groupCount: groups.length, snapshotCount };
  });
}

/** @throws NAMESPACE_EXISTS, DISK_FULL, DISK_WRITE_FAILED */
export function makeNamespace(needs: EngineNeeds, datastore: Datastore, namespace: Namespace): void {
  if (hasNamespace(needs, datastore, namespace)) throw engineErrors.NAMESPACE_EXISTS({ namespace });
  createNamespace(needs, datastore, namespace);
}

/** By name, of all namespaces when none is named. @throws NAMESPACE_MISSING */
export function listGroupRows(
  needs: EngineNeeds,
  datastore: Datastore,
  namespace: Namespace | undefined,
): Group[] {
  const namespaces = namespace === undefined ? listNamespaces(needs, datastore) : [namespace];
  return namespaces
    .flatMap((one) => listGroups(needs, datastore, one))
    .map((group) => presentGroup(needs, datastore, group));
}

/** @throws GROUP_MISSING, GROUP_LOCKED while a backup of it runs and its owner would change; DISK_FULL */
export function changeGroup(
  needs: EngineNeeds,
  datastore: Datastore,
  group: GroupRef,
  { notes, owner }: GroupChange,
): Group {
  if (owner !== undefined) changeGroupOwner(needs, datastore, group, owner);
  if (notes !== undefined) setGroupNotes(needs, datastore, group, notes);
  return presentGroup(needs, datastore, group);
}

/** @throws SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, SNAPSHOT_LOCKED, MANIFEST_LOCKED, DISK_FULL */
export async function changeSnapshot(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  update: SnapshotUpdate,
): Promise<void> {
  if (update.notes !== undefined) await setSnapshotNotes(needs, datastore, snapshot, update.notes);
  if (update.protected !== undefined) setProtected(needs, datastore, snapshot, update.protected);
}

function presentGroup(needs: EngineNeeds, datastore: Datastore, group: GroupRef): Group {
  const { isRunning, newestBackupTime, oldestBackupTime, ...counts } = summarizeGroup(
    needs,
    datastore,
    group,
  );
  const owner = findGroupOwner(needs, datastore, group);
  const notes = readGroupNotes(needs, datastore, group);
  return {
    group: formatGroupRef(group),
    namespace: group.namespace,
    type: group.type,
    id: group.id,
    ...(owner === undefined ? {} : { owner }),
    ...(notes === "" ? {} : { notes }),
    ...counts,
    ...(newestBackupTime === undefined ? {} : { newestBackupTime }),
    ...(oldestBackupTime === undefined ? {} : { oldestBackupTime }),
    running: isRunning,
  };
}
