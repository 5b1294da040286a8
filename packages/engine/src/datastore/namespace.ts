/** Namespaces on disk: each component lies in an `ns` directory of its own, `ns/a/ns/b`. */

import { parseNamespace, ROOT_NAMESPACE } from "@ironcore-backup/base";
import type { Namespace } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import { parentPath } from "../disk/disk.ts";
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
