/**
 * Where names lie below a datastore: `[ns/COMPONENT/…]TYPE/ID/TIME`. The names were parsed when they came in; they are
 * asserted again here, because this is the one place that turns them into paths, and no name may lead out of the root.
 */

import { assertInvariant, formatBackupTime, parseBackupTimeText } from "@ironcore-backup/base";
import type { ArchiveName, GroupRef, Namespace, SnapshotRef } from "@ironcore-backup/base";
import { MANIFEST_NAME } from "@ironcore-backup/format";
import type { Datastore } from "./datastore.ts";

export const NAMESPACE_DIRECTORY_NAME = "ns";
export const CLIENT_LOG_NAME = "client.log.blob";
export const OWNER_NAME = "owner";
export const NOTES_NAME = "notes";
export const PROTECTED_NAME = ".protected";

const SAFE_COMPONENT = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

function assertComponent(name: string): string {
  assertInvariant(SAFE_COMPONENT.test(name), `"${name}" is a name that may become a path`);
  return name;
}

export function namespacePath(datastore: Datastore, namespace: Namespace): string {
  if (namespace === "") return datastore.path;
  const components = namespace
    .split("/")
    .map((name) => `${NAMESPACE_DIRECTORY_NAME}/${assertComponent(name)}`);
  return `${datastore.path}/${components.join("/")}`;
}

export function groupTypePath(datastore: Datastore, group: GroupRef): string {
  return `${namespacePath(datastore, group.namespace)}/${assertComponent(group.type)}`;
}

export function groupPath(datastore: Datastore, group: GroupRef): string {
  return `${groupTypePath(datastore, group)}/${assertComponent(group.id)}`;
}

export function snapshotPath(datastore: Datastore, snapshot: SnapshotRef): string {
  return `${groupPath(datastore, snapshot)}/${formatBackupTime(snapshot.backupTime)}`;
}

export function archivePath(datastore: Datastore, snapshot: SnapshotRef, name: ArchiveName): string {
  return `${snapshotPath(datastore, snapshot)}/${assertComponent(name)}`;
}

export function manifestPath(datastore: Datastore, snapshot: SnapshotRef): string {
  return `${snapshotPath(datastore, snapshot)}/${MANIFEST_NAME}`;
}

/** The time a directory is named by, or undefined for any other name. */
export function backupTimeOfName(name: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(name)) return undefined;
  try {
    return parseBackupTimeText(name);
  } catch {
    // Shaped like a time but none (a 31st of February): a stranger's directory.
    return undefined;
  }
}
