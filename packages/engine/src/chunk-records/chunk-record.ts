/**
 * What is known about a stored chunk beyond the format, in 80 bytes: what its bytes were when they were stored, and when they
 * were last read and found sound.
 *
 * Without a key the digest of an encrypted chunk cannot be worked out from its bytes, and its checksum (a CRC) is found
 * again by anybody who changes them. The SHA-256 of the bytes as stored is what a server without keys can check.
 *
 *   0  digest            32 bytes
 *  32  stored digest     32 bytes, SHA-256 of the chunk's file; zeros: not known
 *  64  inode             4 bytes, the lower half, of the file that the record speaks of
 *  68  checked at        4 bytes, seconds since 1970; 0: written when the chunk was stored
 *  72  stored size       4 bytes
 *  76  checksum          4 bytes, CRC-32 of the 76 before
 *
 * Integers are little-endian.
 */

import { crc32 } from "node:zlib";
import { assertInvariant } from "@ironcore-backup/base";

export const RECORD_SIZE_BYTES = 80;
export const DIGEST_SIZE_BYTES = 32;
const INODE_AT = 64;
const CHECKED_AT = 68;
const STORED_SIZE_AT = 72;
const CHECKSUM_AT = 76;

export interface ChunkRecord {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** 32 bytes. */
  readonly storedDigest: Uint8Array | undefined;
  readonly inode: number;
  /** Seconds since 1970 of the check that found it sound; 0: stored then, not checked yet. */
  readonly checkedAtSeconds: number;
  readonly storedSizeBytes: number;
}

export function encodeRecord(record: ChunkRecord, target: Uint8Array): void {
  const { digest, storedDigest, inode, checkedAtSeconds, storedSizeBytes } = record;
  assertInvariant(
    digest.length === DIGEST_SIZE_BYTES && (storedDigest?.length ?? DIGEST_SIZE_BYTES) === DIGEST_SIZE_BYTES,
    "digests have 32 bytes",
  );
  const view = viewOf(target);
  target.set(digest, 0);
  if (storedDigest === undefined) target.fill(0, DIGEST_SIZE_BYTES, INODE_AT);
  else target.set(storedDigest, DIGEST_SIZE_BYTES);
  view.setUint32(INODE_AT, inodeWord(inode), true);
  view.setUint32(CHECKED_AT, checkedAtSeconds, true);
  view.setUint32(STORED_SIZE_AT, storedSizeBytes, true);
  view.setUint32(CHECKSUM_AT, crc32(target.subarray(0, CHECKSUM_AT)), true);
}

/** Undefined when the bytes are not what was written: half a record of a power cut, or a damaged one. It is as good as none. */
export function decodeRecord(bytes: Uint8Array): ChunkRecord | undefined {
  const view = viewOf(bytes);
  if (view.getUint32(CHECKSUM_AT, true) !== crc32(bytes.subarray(0, CHECKSUM_AT))) return undefined;
  const storedDigest = bytes.slice(DIGEST_SIZE_BYTES, INODE_AT);
  return {
    digest: bytes.slice(0, DIGEST_SIZE_BYTES),
    storedDigest: storedDigest.every((byte) => byte === 0) ? undefined : storedDigest,
    inode: view.getUint32(INODE_AT, true),
    checkedAtSeconds: view.getUint32(CHECKED_AT, true),
    storedSizeBytes: view.getUint32(STORED_SIZE_AT, true),
  };
}

/** Of an inode's number what a record keeps. */
export function inodeWord(inode: number): number {
  return (inode % 0x1_0000_0000) >>> 0;
}

function viewOf(bytes: Uint8Array): DataView {
  assertInvariant(bytes.length === RECORD_SIZE_BYTES, "a record has 80 bytes");
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
