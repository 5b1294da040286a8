/** Backup groups on disk: which there are, whose they are, and their notes. */

import { BACKUP_TYPES, formatGroupRef, parseAuthId, parseBackupId } from "@ironcore-backup/base";
import type { AuthId, GroupRef, Namespace, Random } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockGroup } from "../locks/backup-lock.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import type { Datastore } from "./datastore.ts";
import { assertNamespace } from "./namespace.ts";
import { groupPath, namespacePath, NOTES_NAME, OWNER_NAME } from "./snapshot-path.ts";

const OWNER_SIZE_BYTES_MAX = 4096;
const NOTES_SIZE_BYTES_MAX = 1024 * 1024;

/** The groups of one namespace (not of those below it), in order. @throws NAMESPACE_MISSING */
export function listGroups(needs: { disk: Disk }, datastore: Datastore, namespace: Namespace): GroupRef[] {
  assertNamespace(needs, datastore, namespace);
  return BACKUP_TYPES.flatMap((type) => {
    const path = `${namespacePath(datastore, namespace)}/${type}`;
    if (needs.disk.stat(path)?.kind !== "directory") return [];
    return needs.disk
      .readdir(path)
      .toSorted()
      .filter((name) => isBackupId(name) && needs.disk.stat(`${path}/${name}`)?.kind === "directory")
      .map((name) => ({ namespace, type, id: parseBackupId(name) }));
  });
}

function isBackupId(name: string): boolean {
  try {
    parseBackupId(name);
    return true;
  } catch {
    // A stranger's directory; the parser is the one place that knows the rule.
    return false;
  }
}

export function hasGroup(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): boolean {
  return needs.disk.stat(groupPath(datastore, group))?.kind === "directory";
}

/** Undefined when the group has no owner file, or one that names nobody. @throws DISK_READ_FAILED, PERMISSION_DENIED */
export function findGroupOwner(
  needs: { disk: Disk },
  datastore: Datastore,
  group: GroupRef,
): AuthId | undefined {
  const text = readText(needs.disk, `${groupPath(datastore, group)}/${OWNER_NAME}`, OWNER_SIZE_BYTES_MAX);
  const line = text?.split("\n")[0]?.trim();
  if (line === undefined) return undefined;
  try {
    return parseAuthId(line);
  } catch {
    // Empty or torn by a power cut: the file names nobody.
    return undefined;
  }
}

/** Durable when it returns. Take the group's lock first. @throws DISK_FULL, DISK_WRITE_FAILED */
export function setGroupOwner(
  needs: { disk: Disk; random: Random },
  datastore: Datastore,
  group: GroupRef,
  owner: AuthId,
): void {
  const path = `${groupPath(datastore, group)}/${OWNER_NAME}`;
  writeFileAtomically(needs, path, new TextEncoder().encode(`${owner}\n`));
}

/** Gives a group to another owner, under the group's lock. @throws GROUP_LOCKED, GROUP_MISSING, DISK_FULL */
export function changeGroupOwner(
  needs: { disk: Disk; random: Random },
  datastore: Datastore,
  group: GroupRef,
  owner: AuthId,
): void {
  const lock = lockGroup(needs, { path: groupPath(datastore, group), name: formatGroupRef(group) });
  try {
    setGroupOwner(needs, datastore, group, owner);
  } finally {
    lock.release();
  }
}

/** The owner may write, and a user may write into the groups of the user's own tokens. */
export function mayWriteGroup(owner: AuthId, authId: AuthId): boolean {
  return owner === authId || (!authId.includes("!") && owner.startsWith(`${authId}!`));
}

/** "" when there are none. @throws GROUP_MISSING */
export function readGroupNotes(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): string {
  assertGroup(needs, datastore, group);
  return readText(needs.disk, `${groupPath(datastore, group)}/${NOTES_NAME}`, NOTES_SIZE_BYTES_MAX) ?? "";
}

/** @throws GROUP_MISSING, DISK_FULL, DISK_WRITE_FAILED */
export function setGroupNotes(
  needs: { disk: Disk; random: Random },
  datastore: Datastore,
  group: GroupRef,
  notes: string,
): void {
  assertGroup(needs, datastore, group);
  writeFileAtomically(needs, `${groupPath(datastore, group)}/${NOTES_NAME}`, new TextEncoder().encode(notes));
}

/** @throws GROUP_MISSING */
export function assertGroup(needs: { disk: Disk }, datastore: Datastore, group: GroupRef): void {
  if (!hasGroup(needs, datastore, group)) throw engineErrors.GROUP_MISSING({ group: formatGroupRef(group) });
}

function readText(disk: Disk, path: string, sizeBytesMax: number): string | undefined {
  if (disk.stat(path) === undefined) return undefined;
  return new TextDecoder().decode(disk.readFile(path, sizeBytesMax));
}
