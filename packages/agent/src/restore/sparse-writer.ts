/**
 * Writes data so that stretches of zeros take no space: aligned blocks of zeros are left out, which the file system shows
 * as zeros. Every file is restored so, whether its source was sparse or not: the archive does not say, and the contents
 * are the same either way.
 */

import { setSize, writeFully } from "../syscalls/creation.ts";

/** Smaller holes save no space worth the extra calls. */
export const HOLE_SIZE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE_SIZE_BYTES);

/** Writes `bytes` at their place of a file that holds only zeros there so far. 0, or a negative error number. */
export function writeSparse(fd: number, bytes: Uint8Array, positionBytes: number): number {
  let pending = 0; // start of what is not written yet
  for (
    let at = nextAligned(positionBytes) - positionBytes;
    at + HOLE_SIZE_BYTES <= bytes.length;
    at += HOLE_SIZE_BYTES
  ) {
    if (!isZeroBlock(bytes, at)) continue;
    const result = at > pending ? writeFully(fd, bytes.subarray(pending, at), positionBytes + pending) : 0;
    if (result < 0) return result;
    pending = at + HOLE_SIZE_BYTES;
  }
  return pending < bytes.length ? writeFully(fd, bytes.subarray(pending), positionBytes + pending) : 0;
}

/** As `writeSparse` for a whole new file, whose size is then right even when it ends in a hole. */
export function writeWholeSparse(fd: number, bytes: Uint8Array): number {
  if (bytes.length < HOLE_SIZE_BYTES) return writeFully(fd, bytes, 0);
  const result = writeSparse(fd, bytes, 0);
  return result < 0 ? result : setSize(fd, bytes.length);
}

function nextAligned(positionBytes: number): number {
  return Math.ceil(positionBytes / HOLE_SIZE_BYTES) * HOLE_SIZE_BYTES;
}

/** The first bytes decide for nearly every block that holds data. */
function isZeroBlock(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0 || bytes[at + HOLE_SIZE_BYTES - 1] !== 0) return false;
  return Buffer.compare(bytes.subarray(at, at + HOLE_SIZE_BYTES), ZEROS) === 0;
}
