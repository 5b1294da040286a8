/**
 * Tells a qcow2 image by its first bytes, and whether it leads to other files.
 *
 * That a disk image claims to be qcow2 is not its owner's word alone: the guest of a raw disk can write such a header into its
 * first sector, naming any file of the host as its backing file, which a reader would then hand out. So an image that
 * refers to others counts as qcow2 only when its file is named so, by somebody on the host, and one named raw never does.
 */

import { libc, orErrno } from "../syscalls/libc.ts";

const HEADER_SIZE_BYTES = 104;
const MAGIC = 0x514649fb; // "QFI\xfb"
const VERSION_WITH_FEATURES = 3;
const EXTERNAL_DATA_FILE = 1n << 2n;
const BACKING_NAME_SIZE_BYTES_MAX = 1023;

export interface Qcow2Header {
  /** Of the virtual disk. */
  readonly sizeBytes: number;
  /** As the image names it; relative to the image's own directory unless it is absolute. A byte string. */
  readonly backingFile: string | undefined;
  readonly hasExternalData: boolean;
}

/** Undefined: it is something else. */
export function readQcow2Header(fd: number): Qcow2Header | undefined {
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  const count = readAt(fd, header, 0);
  if (count < 72 || header.readUInt32BE(0) !== MAGIC) return undefined;
  const version = header.readUInt32BE(4);
  if (version < 2 || version > VERSION_WITH_FEATURES) return undefined;
  const features = version === VERSION_WITH_FEATURES ? header.readBigUInt64BE(72) : 0n;
  const nameSizeBytes = Math.min(header.readUInt32BE(16), BACKING_NAME_SIZE_BYTES_MAX);
  const nameOffsetBytes = Number(header.readBigUInt64BE(8));
  const name = Buffer.alloc(nameOffsetBytes === 0 ? 0 : nameSizeBytes);
  const nameCount = name.length === 0 ? 0 : Math.max(0, readAt(fd, name, nameOffsetBytes));
  return {
    sizeBytes: Number(header.readBigUInt64BE(24)),
    backingFile: nameOffsetBytes === 0 ? undefined : name.toString("latin1", 0, nameCount),
    hasExternalData: (features & EXTERNAL_DATA_FILE) !== 0n,
  };
}

function readAt(fd: number, target: Buffer, offsetBytes: number): number {
  return orErrno(libc().pread(fd, target, target.length, offsetBytes));
}

/** @param path  of the image, a byte string */
export function isNamedQcow2(path: string): boolean {
  return /\.(qcow2|qcow|qc2)$/i.test(path);
}

/** @param path  of the image, a byte string */
export function isNamedRaw(path: string): boolean {
  return /\.raw$/i.test(path);
}
