/** Small files that must be whole or absent after a power cut: certificate, token. */

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Writes beside, makes durable, renames into place. An interruption leaves the old file or none. */
export function writeFileDurably(path: string, text: string, mode: number): void {
  const temporaryPath = `${path}.tmp`;
  const file = openSync(temporaryPath, "w", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporaryPath, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
