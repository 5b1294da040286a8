/** A real finished snapshot of one byte, for tests that look at names and times. */

import { createHash } from "node:crypto";
import { parseArchiveName, parseAuthId, parseSnapshotRef } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { openBackupSession } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import { encodeBlob, encodeManifest } from "@ironcore-backup/format";

/** @param name  `[NS/]type/id/time`, newer than the group's others */
export async function takeSmallSnapshot(
  needs: EngineNeeds,
  datastore: Datastore,
  name: string,
  owner = "alice@ibs",
): Promise<SnapshotRef> {
  const { backupTime, ...group } = parseSnapshotRef(name);
  const session = openBackupSession(needs, datastore, { group, backupTime, owner: parseAuthId(owner) });
  try {
    const fileName = parseArchiveName("config.blob");
    const blob = encodeBlob(needs, new Uint8Array([1]));
    session.putBlob(fileName, blob);
    const checksum = createHash("sha256").update(blob).digest("hex");
    const file = { name: fileName, sizeBytes: blob.length, checksum, cryptMode: "none" as const };
    const { type: backupType, id: backupId } = group;
    await session.finish(
      encodeManifest(needs, { backupType, backupId, backupTime, files: [file], unprotected: {} }),
    );
    return session.snapshot;
  } finally {
    session.abort();
  }
}
