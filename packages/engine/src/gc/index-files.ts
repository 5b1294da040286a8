/**
 * Every index below a datastore, wherever it lies: what an index names is in use, also when its snapshot is unfinished or
 * stands where no list would look for it.
 */

import type { Disk } from "../disk/disk.ts";
import { toCodedError } from "@ironcore-backup/base";

const INDEX_NAME = /\.[fd]idx$/;
/** A file system's own, readable by root only. */
const LOST_AND_FOUND = "lost+found";

/**
 * Paths of `*.fidx` and `*.didx`. Yields nothing for directories without one, so that a long walk can be given a rest.
 * What vanishes meanwhile is left out: it was removed.
 * @throws PERMISSION_DENIED, DISK_READ_FAILED: a walk that has not seen everything is worth nothing
 */
export function* findIndexFiles(disk: Disk, directory: string): Generator<string | undefined> {
  const names = readNames(disk, directory);
  yield undefined;
  for (const name of names) {
    // Our own and other programs' records; no snapshot is there.
    if (name.startsWith(".")) continue;
    const path = `${directory}/${name}`;
    if (INDEX_NAME.test(name)) yield path;
    else if (disk.lstat(path)?.kind === "directory") yield* findIndexFilesBelow(disk, directory, name);
  }
}

function* findIndexFilesBelow(disk: Disk, directory: string, name: string): Generator<string | undefined> {
  try {
    yield* findIndexFiles(disk, `${directory}/${name}`);
  } catch (thrown) {
    if (name === LOST_AND_FOUND && toCodedError(thrown).code === "PERMISSION_DENIED") return;
    throw thrown;
  }
}

function readNames(disk: Disk, directory: string): readonly string[] {
  try {
    return disk.readdir(directory);
  } catch (thrown) {
    if (toCodedError(thrown).code === "FILE_MISSING") return [];
    throw thrown;
  }
}

/** Of one snapshot, whatever its state. None when it was removed. */
export function indexesIn(disk: Disk, directory: string): string[] {
  return readNames(disk, directory)
    .filter((name) => INDEX_NAME.test(name))
    .map((name) => `${directory}/${name}`);
}
