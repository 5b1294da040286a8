/** Whether the server's own directory can go on being written. For the readiness check. */

import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { formatSize } from "@ironcore-backup/base";

/**
 * Below, a state store and logs that grow may fail at any moment. Backups live elsewhere: this is about the server's own
 * records.
 */
const FREE_SIZE_BYTES_MIN = 128 * 1024 * 1024;

/** @returns for people, how much is free. @throws when it is too little */
export async function checkFreeSpace(path: string): Promise<string> {
  const { bavail, bsize } = await statfs(path);
  const freeSizeBytes = bavail * bsize;
  if (freeSizeBytes < FREE_SIZE_BYTES_MIN)
    throw new Error(
      `only ${formatSize(freeSizeBytes)} free, ${formatSize(FREE_SIZE_BYTES_MIN)} needed: ${path}`,
    );
  return `${formatSize(freeSizeBytes)} free`;
}

/** Writes a small file into the directory and takes it away again. @throws when that fails */
export async function checkDirectoryWritable(path: string): Promise<string> {
  const probePath = join(path, ".writable");
  const file = await open(probePath, "w", 0o600);
  try {
    await file.write("ok\n");
  } finally {
    await file.close();
  }
  await rm(probePath);
  return "can be written";
}
