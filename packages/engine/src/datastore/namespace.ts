/** Namespaces on disk: each component lies in an `ns` directory of its own, `ns/a/ns/b`. */

import { assertInvariant, BACKUP_TYPES, parseNamespace, ROOT_NAMESPACE } from "@ironcore-backup/base";
import type { Namespace } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import { parentPath, textFromPath } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import type { Datastore } from "./datastore.ts";
import { namespacePath, NAMESPACE_DIRECTORY_NAME } from "./snapshot-path.ts";

export function hasNamespace(needs: { disk: Disk }, datastore: Datastore, namespace: Namespace): boolean {
  return needs.disk.stat(namespacePath(datastore, namespace))?.kind === "directory";
}

/** @throws NAMESPACE_MISSING */
export function assertNamespace(needs: { disk: Disk }, datastore: Datastore, namespace: Namespace): void {
  if (!hasNamespace(needs, datastore, namespace)) throw engineErrors.NAMESPACE_MISSING({ namespace });
}

/** Makes it, and those above it; content when it exists. @throws DISK_FULL, DISK_WRITE_FAILED */
export function createNamespace(needs: { disk: Disk }, datastore: Datastore, namespace: Namespace): void {
  const { disk } = needs;
  const make = (path: string): void => {
    if (path.length <= datastore.path.length || disk.stat(path)?.kind === "directory") return;
    make(parentPath(path));
    disk.mkdir(path);
    disk.syncDirectory(parentPath(path));
  };
  make(namespacePath(datastore, namespace));
}

/**
 * Takes an empty namespace away: one without groups and without namespaces below it.
 * @throws NAMESPACE_MISSING, NAMESPACE_NOT_EMPTY, also when somebody puts something into it meanwhile; DISK_WRITE_FAILED
 */
export function removeNamespace(needs: { disk: Disk }, datastore: Datastore, namespace: Namespace): void {
  const { disk } = needs;
  assertInvariant(namespace !== ROOT_NAMESPACE, "the root namespace is the datastore itself");
  assertNamespace(needs, datastore, namespace);
  const path = namespacePath(datastore, namespace);
  const known = new Set<string>([...BACKUP_TYPES, NAMESPACE_DIRECTORY_NAME]);
  const notEmpty = (entry: string): Error =>
    engineErrors.NAMESPACE_NOT_EMPTY({ namespace, entry: textFromPath(entry) });
  for (const name of disk.readdir(path)) {
    if (!known.has(name)) throw notEmpty(name);
    const [entry] = disk.readdir(`${path}/${name}`);
    if (entry !== undefined) throw notEmpty(`${name}/${entry}`);
  }
  // Only what is empty goes; who puts a group into it right now keeps it.
  for (const name of known)
    if (disk.stat(`${path}/${name}`) !== undefined && !disk.rmdir(`${path}/${name}`)) throw notEmpty(name);
  if (!disk.rmdir(path)) throw notEmpty("something new");
  const parent = parentPath(path);
  if (disk.rmdir(parent)) disk.syncDirectory(parentPath(parent));
  else disk.syncDirectory(parent);
}

/** The namespace itself and all below it, parents before children, names in order. @throws NAMESPACE_MISSING */
export function listNamespaces(
  needs: { disk: Disk },
  datastore: Datastore,
  parent: Namespace = ROOT_NAMESPACE,
): Namespace[] {
  assertNamespace(needs, datastore, parent);
  const found: Namespace[] = [];
  const visit = (namespace: Namespace): void => {
    found.push(namespace);
    for (const child of childrenOf(needs.disk, datastore, namespace)) visit(child);
  };
  visit(parent);
  return found;
}

function childrenOf(disk: Disk, datastore: Datastore, namespace: Namespace): Namespace[] {
  const path = `${namespacePath(datastore, namespace)}/${NAMESPACE_DIRECTORY_NAME}`;
  if (disk.stat(path)?.kind !== "directory") return [];
  return disk
    .readdir(path)
    .toSorted()
    .flatMap((name) => childNamespace(disk, datastore, namespace, name));
}

/** Directories that are no namespaces (a stranger's, or nested too deep) are left alone. */
function childNamespace(disk: Disk, datastore: Datastore, parent: Namespace, name: string): Namespace[] {
  try {
    const namespace = parseNamespace(parent === "" ? name : `${parent}/${name}`);
    return hasNamespace({ disk }, datastore, namespace) ? [namespace] : [];
  } catch {
    // The name breaks the rules of namespaces, so nothing of ours can be in it.
    return [];
  }
}
