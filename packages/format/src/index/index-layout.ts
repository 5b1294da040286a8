/**
 * What both kinds of index share: 4096 bytes of header, then the entries. Facts: docs/format.md, indexes.
 *
 *   0 magic[8]   8 uuid[16]   24 created i64 (seconds)   32 checksum[32]   64 size u64   72 chunk size u64 (fixed only)
 */

import { createHash } from "node:crypto";
import { assertInvariant } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";

export const INDEX_HEADER_SIZE_BYTES = 4096;
/** Some 26 million dynamic entries, or 128 TiB of image: a larger file is not an index of ours or of anybody's. */
export const INDEX_FILE_SIZE_BYTES_MAX = 1024 * 1024 * 1024;

const UUID_OFFSET = 8;
const CREATED_OFFSET = 24;
const CHECKSUM_OFFSET = 32;
const SIZE_OFFSET = 64;
const CHUNK_SIZE_OFFSET = 72;
const DIGEST_SIZE_BYTES = 32;
const BUFFER_SIZE_BYTES = 65_536;

/** Takes bytes at a place of a file being made. */
export interface IndexTarget {
  writeAt(positionBytes: number, bytes: Uint8Array): void;
}

export interface IndexIdentity {
  /** 16 random bytes. */
  readonly uuid: Uint8Array;
  /** Whole seconds since 1970. */
  readonly createdAtSeconds: number;
}

/** What goes into the manifest. */
export interface IndexTotals {
  readonly checksum: Uint8Array;
  readonly sizeBytes: number;
  readonly chunkCount: number;
}

export interface IndexHeader extends IndexIdentity {
  readonly checksum: Uint8Array;
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
}

export function encodeIndexHeader(magic: string, header: IndexHeader): Uint8Array {
  const bytes = Buffer.alloc(INDEX_HEADER_SIZE_BYTES);
  assertInvariant(header.uuid.length === 16, "an index's uuid has 16 bytes");
  bytes.write(magic, 0, "hex");
  bytes.set(header.uuid, UUID_OFFSET);
  bytes.writeBigInt64LE(BigInt(header.createdAtSeconds), CREATED_OFFSET);
  bytes.set(header.checksum, CHECKSUM_OFFSET);
  bytes.writeBigUInt64LE(BigInt(header.sizeBytes), SIZE_OFFSET);
  bytes.writeBigUInt64LE(BigInt(header.chunkSizeBytes), CHUNK_SIZE_OFFSET);
  return bytes;
}

/** Reads the header and checks the checksum over the entries. @throws INDEX_CORRUPT */
export function decodeIndexHeader(magic: string, file: Uint8Array): IndexHeader {
  if (file.length < INDEX_HEADER_SIZE_BYTES)
    throw indexCorrupt(`it has ${file.length} bytes, a header has 4096`);
  if (file.length > INDEX_FILE_SIZE_BYTES_MAX)
    throw indexCorrupt(`it has ${file.length} bytes, more than the ${INDEX_FILE_SIZE_BYTES_MAX} allowed`);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.toString("hex", 0, 8) !== magic)
    throw indexCorrupt(`it begins with ${bytes.toString("hex", 0, 8)}`);
  const checksum = createHash("sha256").update(bytes.subarray(INDEX_HEADER_SIZE_BYTES)).digest();
  if (!checksum.equals(bytes.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + 32))) {
    throw indexCorrupt("its checksum does not fit its entries");
  }
  return {
    uuid: bytes.subarray(UUID_OFFSET, UUID_OFFSET + 16),
    createdAtSeconds: Number(bytes.readBigInt64LE(CREATED_OFFSET)),
    checksum,
    sizeBytes: readSize(bytes, SIZE_OFFSET),
    chunkSizeBytes: readSize(bytes, CHUNK_SIZE_OFFSET),
  };
}

/** A u64 that JavaScript can count with. @throws INDEX_CORRUPT */
export function readSize(bytes: Buffer, offset: number): number {
  const size = bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
  if (!Number.isSafeInteger(size)) throw indexCorrupt(`a size at byte ${offset} is beyond 2^53`);
  return size;
}

export function indexCorrupt(detail: string): Error {
  return formatErrors.INDEX_CORRUPT({ detail });
}

export function digestView(file: Uint8Array, offset: number): Uint8Array {
  return file.subarray(offset, offset + DIGEST_SIZE_BYTES);
}

/** Collects entries behind the header and hashes them on the way. */
export function createEntryWriter(target: IndexTarget, entrySizeBytes: number) {
  const buffer = Buffer.alloc(Math.floor(BUFFER_SIZE_BYTES / entrySizeBytes) * entrySizeBytes);
  const hash = createHash("sha256");
  let filledBytes = 0;
  let positionBytes = INDEX_HEADER_SIZE_BYTES;
  const flush = (): void => {
    if (filledBytes === 0) return;
    const part = buffer.subarray(0, filledBytes);
    hash.update(part);
    target.writeAt(positionBytes, part);
    positionBytes += filledBytes;
    filledBytes = 0;
  };
  return {
    /** The place of the next entry; the caller fills it completely before the next call. */
    next(): { readonly buffer: Buffer; readonly at: number } {
      if (filledBytes === buffer.length) flush();
      filledBytes += entrySizeBytes;
      return { buffer, at: filledBytes - entrySizeBytes };
    },
    close(): Uint8Array {
      flush();
      return hash.digest();
    },
  };
}
