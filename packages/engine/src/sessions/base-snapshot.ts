/**
 * The snapshot a new backup stands on: the newest finished one of the group. Its chunks need not be sent again, so it must
 * be whole as far as anybody knows, and it must not go away: it is locked shared until the session ends.
 */

import { formatSnapshotRef, parseArchiveName, toCodedError } from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import { createDigestSet } from "../digests/digest-set.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { verifyStateOf } from "../datastore/manifest-file.ts";
import { isFinished, listSnapshotRefs } from "../datastore/snapshot-list.ts";
import { engineErrors } from "../errors.ts";
import { openSnapshot } from "./open-snapshot.ts";
import type { OpenSnapshot } from "./open-snapshot.ts";

export type BaseAbsence = "first-backup" | "base-corrupt" | "full-requested" | "base-unreadable";

export type BaseChoice =
  | { readonly outcome: "found"; readonly base: OpenSnapshot }
  | { readonly outcome: "absent"; readonly reason: "first-backup" | "base-corrupt" | "base-unreadable" };

/** Errors of a base that mean "do without it". Anything else (a failing disk) ends the session. */
const UNREADABLE = new Set([
  "MANIFEST_UNREADABLE",
  "SNAPSHOT_LOCKED",
  "SNAPSHOT_MISSING",
  "SNAPSHOT_UNFINISHED",
]);

/** @throws BACKUP_TIME_TOO_OLD unless `backupTime` is newer than every finished snapshot; DISK_READ_FAILED */
export function chooseBase(
  needs: EngineNeeds,
  datastore: Datastore,
  group: GroupRef,
  backupTime: number,
): BaseChoice {
  const newest = listSnapshotRefs(needs, datastore, group).find((ref) => isFinished(needs, datastore, ref));
  if (newest === undefined) return { outcome: "absent", reason: "first-backup" };
  if (backupTime <= newest.backupTime) {
    const snapshot = formatSnapshotRef({ ...group, backupTime });
    throw engineErrors.BACKUP_TIME_TOO_OLD({ snapshot, newest: formatSnapshotRef(newest) });
  }
  let base: OpenSnapshot;
  try {
    base = openSnapshot(needs, datastore, newest);
  } catch (thrown) {
    if (UNREADABLE.has(toCodedError(thrown).code)) return { outcome: "absent", reason: "base-unreadable" };
    throw thrown;
  }
  if (verifyStateOf(base.manifest)?.state !== "failed") return { outcome: "found", base };
  base.close();
  return { outcome: "absent", reason: "base-corrupt" };
}

/**
 * Every chunk the base uses: it was synced as a whole when it was finished, so a chunk of it that is present was written
 * to the end. An index that cannot be read vouches for nothing.
 */
export function collectVouched(base: OpenSnapshot): DigestSet {
  const vouched = createDigestSet();
  for (const file of base.manifest.files) {
    if (!/\.[fd]idx$/.test(file.name)) continue;
    const index = readIndexIfSound(base, file.name);
    if (index === undefined) continue;
    for (let chunk = 0; chunk < index.chunkCount; chunk++) {
      vouched.add(index.digestAt(chunk));
    }
  }
  return vouched;
}

function readIndexIfSound(
  base: OpenSnapshot,
  fileName: string,
): { readonly chunkCount: number; digestAt(chunk: number): Uint8Array } | undefined {
  try {
    const name = parseArchiveName(fileName);
    return name.endsWith(".fidx") ? base.openFixedIndex(name) : base.openDynamicIndex(name);
  } catch (thrown) {
    const { code } = toCodedError(thrown);
    if (code === "INDEX_CORRUPT" || code === "ARCHIVE_MISSING" || code === "NAME_INVALID") return undefined;
    throw thrown;
  }
}
