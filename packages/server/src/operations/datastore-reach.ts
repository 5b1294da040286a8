/** How an operation reaches its datastore: opens it, and finds the snapshot that a person named. */

import { readFileSync } from "node:fs";
import {
  formatBackupTime,
  formatGroupRef,
  formatSnapshotRef,
  parseBackupId,
  parseBackupType,
  parseGroupRef,
  parseNamespace,
  parseSnapshotRef,
  parseUpid,
} from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import {
  assertStoreIdentity,
  createRealDisk,
  isFinished,
  listSnapshotRefs,
  openDatastore,
} from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import { decodeKeyFile } from "@ironcore-backup/format";
import type { EncryptionKey } from "@ironcore-backup/format";
import type { BackupRequest } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { DatastoreLocation, TaskRun } from "./operation.ts";

export interface ReachedDatastore {
  readonly needs: EngineNeeds;
  readonly datastore: Datastore;
}

const LATEST = "/latest";

/** @throws DATASTORE_MISSING and its like; DATASTORE_NOT_SAME when another store lies there */
export function reachDatastore(run: TaskRun, location: DatastoreLocation): ReachedDatastore {
  const needs = { disk: createRealDisk(), clock: run.clock, random: run.random };
  const datastore = openDatastore(needs, location.path);
  if (location.identity !== undefined) assertStoreIdentity(needs, datastore.path, location.identity);
  return { needs, datastore };
}

/** The group a backup goes to; without an id it is named after the node that runs the task. @throws NAME_INVALID */
export function groupOfRequest(upid: string, request: BackupRequest): GroupRef {
  return {
    namespace: parseNamespace(request.namespace ?? ""),
    type: parseBackupType(request.type ?? "host"),
    id: parseBackupId(request.id ?? parseUpid(upid).node),
  };
}

/**
 * Reads `[NS/]type/id/time` or `[NS/]type/id/latest`, the newest finished one.
 * @throws NAME_INVALID, GROUP_MISSING, SNAPSHOT_NONE_FINISHED
 */
export function resolveSnapshot(reached: ReachedDatastore, text: string): SnapshotRef {
  if (!text.endsWith(LATEST)) return parseSnapshotRef(text);
  const group = parseGroupRef(text.slice(0, -LATEST.length));
  const { needs, datastore } = reached;
  const newest = listSnapshotRefs(needs, datastore, group).find((ref) => isFinished(needs, datastore, ref));
  if (newest === undefined) throw serverErrors.SNAPSHOT_NONE_FINISHED({ group: formatGroupRef(group) });
  return newest;
}

/** `main:host/web-1/2024-05-01T12:00:00Z`. */
export function targetText(location: DatastoreLocation, snapshot: SnapshotRef): string {
  return `${location.name}:${formatSnapshotRef(snapshot)}`;
}

/** For log lines about one snapshot of a known group. */
export function timeText(snapshot: SnapshotRef): string {
  return formatBackupTime(snapshot.backupTime);
}

/**
 * The key file of the machine that is backed up or restored. It is read here, in the worker that does the agent's part, and
 * the key never leaves this process.
 * @throws KEY_FILE_UNREADABLE, KEY_FILE_INVALID, KEY_PASSPHRASE_REQUIRED
 */
export function readKey(path: string | undefined): EncryptionKey | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw serverErrors.KEY_FILE_UNREADABLE(
      { path, detail: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
  return decodeKeyFile(text).key;
}
