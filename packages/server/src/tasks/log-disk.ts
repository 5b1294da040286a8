/** The few steps on files that logs need beyond Node's own. */

import { open, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

export function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

/** Undefined when there is none. */
export async function unlessAbsent<Result>(step: Promise<Result>): Promise<Result | undefined> {
  try {
    return await step;
  } catch (cause) {
    if (isNotFound(cause)) return undefined;
    throw cause;
  }
}

export async function removeIfThere(path: string): Promise<void> {
  await unlessAbsent(unlink(path));
}

/** All bytes of the range, or undefined when the file ends before. */
export async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return bytes;
}

export async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
}

/** Makes new names, and names that are gone, survive a power cut. */
export async function syncDirectoryOf(path: string): Promise<void> {
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
