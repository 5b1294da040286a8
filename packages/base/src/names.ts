/**
 * The names that cross borders: datastore, namespace, group, snapshot, archive, auth-id.
 * Each is made only by its `parse`. Rules: format page 1.2.
 */

import { baseErrors } from "./errors.ts";

export type DatastoreName = string & { readonly __brand: "DatastoreName" };
/** Components joined by "/", "" for the root. */
export type Namespace = string & { readonly __brand: "Namespace" };
export type BackupId = string & { readonly __brand: "BackupId" };
/** File name of one archive or blob of a snapshot, with its extension: `root.ppxar.didx`. */
export type ArchiveName = string & { readonly __brand: "ArchiveName" };
export type AuthId = string & { readonly __brand: "AuthId" };

export type BackupType = "vm" | "ct" | "host";
export const BACKUP_TYPES: readonly BackupType[] = ["vm", "ct", "host"];

/** All snapshots of one source in one namespace. */
export interface GroupRef {
  readonly namespace: Namespace;
  readonly type: BackupType;
  readonly id: BackupId;
}

/** One point in time of a group. `backupTime` is Unix time in whole seconds, at least 1. */
export interface SnapshotRef extends GroupRef {
  readonly backupTime: number;
}

const SAFE_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const SAFE_ID_RULE = "letters, digits, '_', '.' and '-', not starting with '.' or '-'";
const NAMESPACE_DEPTH_MAX = 7;
const NAMESPACE_LENGTH_MAX = 256;
const NAMESPACE_COMPONENT_LENGTH_MAX = 32;
const FILE_NAME_LENGTH_MAX = 255;
/** Last second of the year 9999, the last one that RFC 3339 can write. */
const BACKUP_TIME_MAX = 253_402_300_799;

export const ROOT_NAMESPACE = "" as Namespace;

function invalid(kind: string, text: string, rule: string): Error {
  return baseErrors.NAME_INVALID({ kind, text: text.slice(0, 80), rule });
}

function assertSafeId(kind: string, text: string, lengthMin: number, lengthMax: number): void {
  if (!SAFE_ID.test(text)) throw invalid(kind, text, SAFE_ID_RULE);
  if (text.length < lengthMin || text.length > lengthMax) {
    throw invalid(kind, text, `${lengthMin} to ${lengthMax} characters`);
  }
}

/** @throws NAME_INVALID */
export function parseDatastoreName(text: string): DatastoreName {
  assertSafeId("datastore name", text, 3, 32);
  return text as DatastoreName;
}

/** @throws NAME_INVALID */
export function parseNamespace(text: string): Namespace {
  if (text === "") return ROOT_NAMESPACE;
  if (text.length > NAMESPACE_LENGTH_MAX)
    throw invalid("namespace", text, `at most ${NAMESPACE_LENGTH_MAX} characters`);
  const components = text.split("/");
  if (components.length > NAMESPACE_DEPTH_MAX)
    throw invalid("namespace", text, `at most ${NAMESPACE_DEPTH_MAX} deep`);
  for (const component of components) assertSafeId("namespace", component, 1, NAMESPACE_COMPONENT_LENGTH_MAX);
  return text as Namespace;
}

/** @throws NAME_INVALID */
export function parseBackupType(text: string): BackupType {
  const type = BACKUP_TYPES.find((known) => known === text);
  if (type === undefined) throw invalid("backup type", text, `one of ${BACKUP_TYPES.join(", ")}`);
  return type;
}

/** @throws NAME_INVALID */
export function parseBackupId(text: string): BackupId {
  assertSafeId("backup id", text, 1, FILE_NAME_LENGTH_MAX);
  return text as BackupId;
}

/** @throws NAME_INVALID unless a safe id ending in .fidx, .didx or .blob */
export function parseArchiveName(text: string): ArchiveName {
  assertSafeId("archive name", text, 1, FILE_NAME_LENGTH_MAX - ".tmp_".length);
  if (!/\.(fidx|didx|blob)$/.test(text)) throw invalid("archive name", text, "ends in .fidx, .didx or .blob");
  return text as ArchiveName;
}

/** `user@realm` or `user@realm!token`. @throws NAME_INVALID */
export function parseAuthId(text: string): AuthId {
  if (
    text.length > 128 ||
    !/^[^\s/:@!\p{Cc}]+@[A-Za-z0-9][A-Za-z0-9._-]*(![A-Za-z0-9_][A-Za-z0-9._-]*)?$/u.test(text)
  ) {
    throw invalid("auth-id", text, "user@realm or user@realm!token");
  }
  return text as AuthId;
}

/** @throws NAME_INVALID unless whole seconds that RFC 3339 can write, from 1 on */
export function parseBackupTime(value: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > BACKUP_TIME_MAX) {
    throw invalid("backup time", String(value), "whole seconds since 1970, from 1 on");
  }
  return value;
}

/** `2024-05-01T12:00:00Z`, the name of a snapshot's directory. */
export function formatBackupTime(backupTime: number): string {
  return new Date(backupTime * 1000).toISOString().replace(".000Z", "Z");
}

/** Reads `2024-05-01T12:00:00Z`. @throws NAME_INVALID for anything that does not format back to the same text */
export function parseBackupTimeText(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || formatBackupTime(ms / 1000) !== text) {
    throw invalid("backup time", text, "like 2024-05-01T12:00:00Z");
  }
  return parseBackupTime(ms / 1000);
}

/** `type/id`, with the namespace in front where there is one. */
export function formatGroupRef(group: GroupRef): string {
  return `${group.namespace === "" ? "" : `${group.namespace}/`}${group.type}/${group.id}`;
}

/** `[NS/]type/id/time`. */
export function formatSnapshotRef(snapshot: SnapshotRef): string {
  return `${formatGroupRef(snapshot)}/${formatBackupTime(snapshot.backupTime)}`;
}

/** Reads `[NS/]type/id`. @throws NAME_INVALID */
export function parseGroupRef(text: string): GroupRef {
  const parts = text.split("/");
  if (parts.length < 2) throw invalid("backup group", text, "[NAMESPACE/]type/id");
  return {
    namespace: parseNamespace(parts.slice(0, -2).join("/")),
    type: parseBackupType(parts.at(-2) ?? ""),
    id: parseBackupId(parts.at(-1) ?? ""),
  };
}

/** Reads `[NS/]type/id/time`. @throws NAME_INVALID */
export function parseSnapshotRef(text: string): SnapshotRef {
  const slash = text.lastIndexOf("/");
  if (slash < 0) throw invalid("snapshot", text, "[NAMESPACE/]type/id/time");
  return { ...parseGroupRef(text.slice(0, slash)), backupTime: parseBackupTimeText(text.slice(slash + 1)) };
}
