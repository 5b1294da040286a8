/** Whole small files, replaced as one: whoever reads sees the old one or the new one, even after a power cut. */

import { randomHex } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { parentPath } from "../disk/disk.ts";
import type { Disk } from "../disk/disk.ts";

/** Part of the name of every temporary file of the datastore rooms. */
const TEMPORARY_MARK = ".tmp_";

/**
 * Writes beside the target, renames, and makes it durable unless `isDurable` is false (then a later sync of the file
 * system must do it, before anybody is told that the file exists).
 * Interrupted, it leaves the old file and perhaps a temporary one.
 */
export function writeFileAtomically(
  needs: { disk: Disk; random: Random },
  path: string,
  bytes: Uint8Array,
  options: { isDurable: boolean } = { isDurable: true },
): void {
  const { disk } = needs;
  const temporary = `${path}${TEMPORARY_MARK}${randomHex(needs.random, 8)}`;
  const file = disk.open(temporary, "create");
  try {
    try {
      file.pwrite(bytes, 0);
      if (options.isDurable) file.sync();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
  } catch (thrown) {
    removeTemporary(disk, temporary);
    throw thrown;
  }
  if (options.isDurable) disk.syncDirectory(parentPath(path));
}

/** Removes what interrupted writers of this file left. Only for a file whose writers exclude each other by a lock. */
export function removeTemporaries(disk: Disk, path: string): void {
  const directory = parentPath(path);
  const start = `${path.slice(directory.length + 1)}${TEMPORARY_MARK}`;
  for (const name of disk.readdir(directory)) {
    if (name.startsWith(start)) disk.unlink(`${directory}/${name}`);
  }
}

/** The failure that is on its way says more; a temporary that stays is removed by the next writer. */
function removeTemporary(disk: Disk, path: string): void {
  try {
    disk.unlink(path);
  } catch {
    // Nothing to add: see above.
  }
}
