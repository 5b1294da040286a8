/** A group in a list: how many snapshots of which kind, from names alone, so that a long group costs no reading. */

import type { GroupRef } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import type { Datastore } from "./datastore.ts";
import { isBeingWritten, isFinished, isProtected, listSnapshotRefs } from "./snapshot-list.ts";

/** Times are Unix times in seconds, of finished snapshots. */
export interface GroupSummary {
  readonly snapshotCount: number;
  readonly unfinishedCount: number;
  readonly protectedCount: number;
  readonly newestBackupTime: number | undefined;
  readonly oldestBackupTime: number | undefined;
  /** A backup of it is being written. */
  readonly isRunning: boolean;
}

/** Looks at names only, reads no manifest. @throws GROUP_MISSING, DISK_READ_FAILED */
export function summarizeGroup(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): GroupSummary {
  const refs = listSnapshotRefs(needs, datastore, group);
  const { true: finished = [], false: unfinished = [] } = Object.groupBy(refs, (ref) =>
    isFinished(needs, datastore, ref) ? "true" : "false",
  );
  return {
    snapshotCount: finished.length,
    unfinishedCount: unfinished.length,
    protectedCount: refs.filter((ref) => isProtected(needs, datastore, ref)).length,
    newestBackupTime: finished.at(0)?.backupTime,
    oldestBackupTime: finished.at(-1)?.backupTime,
    isRunning: unfinished.some((ref) => isBeingWritten(needs, datastore, ref)),
  };
}
