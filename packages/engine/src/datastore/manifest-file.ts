/** A snapshot's `index.json.blob`: its presence makes the snapshot finished; its `unprotected` part may be rewritten. */

import { CodedError, formatSnapshotRef, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { decodeManifest, encodeManifest, MANIFEST_BLOB_SIZE_BYTES_MAX } from "@ironcore-backup/format";
import type { Manifest } from "@ironcore-backup/format";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockManifest } from "../locks/backup-lock.ts";
import { removeTemporaries, writeFileAtomically } from "./atomic-file.ts";
import type { Datastore, EngineNeeds } from "./datastore.ts";
import { manifestPath, snapshotPath } from "./snapshot-path.ts";

/** @throws SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, MANIFEST_UNREADABLE, DISK_READ_FAILED */
export function readManifest(needs: { disk: Disk }, datastore: Datastore, snapshot: SnapshotRef): Manifest {
  return decodeManifestOf(snapshot, readManifestBlob(needs, datastore, snapshot));
}

/** The stored DataBlob. @throws SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, MANIFEST_UNREADABLE, DISK_READ_FAILED */
export function readManifestBlob(
  needs: { disk: Disk },
  datastore: Datastore,
  snapshot: SnapshotRef,
): Uint8Array {
  try {
    return needs.disk.readFile(manifestPath(datastore, snapshot), MANIFEST_BLOB_SIZE_BYTES_MAX);
  } catch (thrown) {
    throw translateReadError(needs.disk, datastore, snapshot, thrown);
  }
}

function translateReadError(disk: Disk, datastore: Datastore, ref: SnapshotRef, thrown: unknown): CodedError {
  const error = toCodedError(thrown);
  const snapshot = formatSnapshotRef(ref);
  if (error.code === "FILE_TOO_LARGE") {
    return engineErrors.MANIFEST_UNREADABLE({ snapshot, detail: error.message }, error);
  }
  if (error.code !== "FILE_MISSING") return error;
  return disk.stat(snapshotPath(datastore, ref)) === undefined
    ? engineErrors.SNAPSHOT_MISSING({ snapshot }, error)
    : engineErrors.SNAPSHOT_UNFINISHED({ snapshot }, error);
}

/** Decodes, and checks that the manifest is the one of this snapshot. @throws MANIFEST_UNREADABLE */
export function decodeManifestOf(ref: SnapshotRef, blob: Uint8Array): Manifest {
  const snapshot = formatSnapshotRef(ref);
  let manifest: Manifest;
  try {
    manifest = decodeManifest(blob);
  } catch (thrown) {
    const detail = toCodedError(thrown).message;
    throw engineErrors.MANIFEST_UNREADABLE({ snapshot, detail }, thrown);
  }
  const { backupType, backupId, backupTime } = manifest;
  if (backupType !== ref.type || backupId !== ref.id || backupTime !== ref.backupTime) {
    const detail = `it belongs to ${backupType}/${backupId} at ${backupTime}`;
    throw engineErrors.MANIFEST_UNREADABLE({ snapshot, detail });
  }
  return manifest;
}

/**
 * Changes only the part that no signature covers, under the manifest's lock, durably.
 * @param change  from the present values to the new ones; unknown keys should be carried over
 * @throws MANIFEST_LOCKED after 5 s, SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, MANIFEST_UNREADABLE, DISK_FULL, CANCELLED
 */
export async function updateUnprotected(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  change: (unprotected: Manifest["unprotected"]) => Manifest["unprotected"],
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const target = { path: manifestPath(datastore, snapshot), name: formatSnapshotRef(snapshot) };
  const lock = await lockManifest(needs, target, options);
  try {
    const manifest = readManifest(needs, datastore, snapshot);
    // Only who holds this lock writes such files: one that is there is a dead one's.
    removeTemporaries(needs.disk, target.path);
    const changed: Manifest = { ...manifest, unprotected: change(manifest.unprotected) };
    writeFileAtomically(needs, target.path, encodeManifest(needs, changed));
  } finally {
    lock.release();
  }
}

/** Notes of a snapshot live in the manifest; lists show their first line. "" removes them. */
export async function setSnapshotNotes(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  notes: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  await updateUnprotected(
    needs,
    datastore,
    snapshot,
    ({ notes: _before, ...others }) => (notes === "" ? others : { ...others, notes }),
    options,
  );
}

/** Which job took the snapshot: beside the notes, in the part that no signature covers. Programs that do not know it carry it over. */
export const JOB_KEY = "ironcore-job";

/** Undefined for a snapshot that was taken by hand. */
export function jobOf(manifest: Manifest): string | undefined {
  const job = manifest.unprotected[JOB_KEY];
  return typeof job === "string" && job !== "" ? job : undefined;
}

/** What the last verification wrote into the manifest. */
export interface VerifyState {
  readonly upid: string;
  readonly state: "ok" | "failed";
}

/** Undefined when the snapshot was never verified or the entry is not understood. */
export function verifyStateOf(manifest: Manifest): VerifyState | undefined {
  const value = manifest.unprotected["verify_state"];
  if (typeof value !== "object" || value === null) return undefined;
  const { upid, state } = value as Partial<Record<keyof VerifyState, unknown>>;
  if (typeof upid !== "string" || (state !== "ok" && state !== "failed")) return undefined;
  return { upid, state };
}
