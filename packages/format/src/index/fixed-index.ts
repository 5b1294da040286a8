/** The index of an image cut into equal chunks: one digest each; the last chunk may be shorter. */

import { createHash } from "node:crypto";
import { assertInvariant } from "@ironcore-backup/base";
import { CHUNK_RAW_SIZE_BYTES_MAX } from "../blob/blob.ts";
import {
  decodeIndexHeader,
  digestView,
  encodeIndexHeader,
  INDEX_FILE_SIZE_BYTES_MAX,
  INDEX_HEADER_SIZE_BYTES,
  indexCorrupt,
} from "./index-layout.ts";
import type { IndexIdentity, IndexTarget, IndexTotals } from "./index-layout.ts";

const MAGIC = "2f7f41ed91fd0fcd";
const ENTRY_SIZE_BYTES = 32;

/** How many chunks an index of this size names. */
export function fixedChunkCount(fileSizeBytes: number): number {
  return Math.max(0, Math.floor((fileSizeBytes - INDEX_HEADER_SIZE_BYTES) / ENTRY_SIZE_BYTES));
}
export const FIXED_CHUNK_SIZE_BYTES = 4 * 1024 * 1024;
const CHUNK_SIZE_BYTES_MIN = 4096;

export interface FixedIndexReader {
  readonly kind: "fixed";
  readonly chunkCount: number;
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly checksum: Uint8Array;
  readonly uuid: Uint8Array;
  readonly createdAtSeconds: number;
  startBytes(chunkIndex: number): number;
  endBytes(chunkIndex: number): number;
  /** 32 bytes, a view on the index. */
  digestAt(chunkIndex: number): Uint8Array;
  /** The chunk that holds the byte at `offsetBytes`, from 0 on; `chunkCount` when it lies behind the end. */
  findChunk(offsetBytes: number): number;
}

function isChunkSize(sizeBytes: number): boolean {
  return (
    sizeBytes >= CHUNK_SIZE_BYTES_MIN &&
    sizeBytes <= CHUNK_RAW_SIZE_BYTES_MAX &&
    Number.isInteger(Math.log2(sizeBytes))
  );
}

/** @param file  the whole file; kept, not copied. @throws INDEX_CORRUPT */
export function decodeFixedIndex(file: Uint8Array): FixedIndexReader {
  const { sizeBytes, chunkSizeBytes, ...header } = decodeIndexHeader(MAGIC, file);
  if (!isChunkSize(chunkSizeBytes))
    throw indexCorrupt(`its chunk size ${chunkSizeBytes} is no power of two from 4 KiB to 16 MiB`);
  if (sizeBytes === 0) throw indexCorrupt("its image has no byte");
  const chunkCount = Math.ceil(sizeBytes / chunkSizeBytes);
  if (file.length !== INDEX_HEADER_SIZE_BYTES + chunkCount * ENTRY_SIZE_BYTES) {
    throw indexCorrupt(`it has ${file.length} bytes, which do not fit an image of ${sizeBytes}`);
  }
  const checked = (chunkIndex: number): number => {
    assertInvariant(chunkIndex >= 0 && chunkIndex < chunkCount, "a chunk index lies within its index");
    return chunkIndex;
  };
  return {
    kind: "fixed",
    chunkCount,
    sizeBytes,
    chunkSizeBytes,
    checksum: header.checksum,
    uuid: header.uuid,
    createdAtSeconds: header.createdAtSeconds,
    startBytes: (chunkIndex) => checked(chunkIndex) * chunkSizeBytes,
    endBytes: (chunkIndex) => Math.min((checked(chunkIndex) + 1) * chunkSizeBytes, sizeBytes),
    digestAt: (chunkIndex) =>
      digestView(file, INDEX_HEADER_SIZE_BYTES + checked(chunkIndex) * ENTRY_SIZE_BYTES),
    findChunk: (offsetBytes) =>
      offsetBytes < sizeBytes ? Math.floor(offsetBytes / chunkSizeBytes) : chunkCount,
  };
}

export interface FixedIndexWriter {
  /** Any order; setting a slot twice overwrites it. */
  set(chunkIndex: number, digest: Uint8Array): void;
  /** @throws INVARIANT_BROKEN when a slot was never set: it would read as a missing chunk */
  close(): IndexTotals;
}

/** The digests (32 bytes for each 4 MiB of image) are kept in memory until the close, and written at once. */
export function createFixedIndexWriter(
  target: IndexTarget,
  identity: IndexIdentity & { readonly sizeBytes: number; readonly chunkSizeBytes: number },
): FixedIndexWriter {
  const { sizeBytes, chunkSizeBytes } = identity;
  assertInvariant(isChunkSize(chunkSizeBytes), "a chunk size is a power of two up to 16 MiB");
  assertInvariant(Number.isSafeInteger(sizeBytes) && sizeBytes > 0, "an image has at least one byte");
  const chunkCount = Math.ceil(sizeBytes / chunkSizeBytes);
  assertInvariant(
    chunkCount * ENTRY_SIZE_BYTES < INDEX_FILE_SIZE_BYTES_MAX,
    "an image index stays below 1 GiB",
  );
  const digests = Buffer.alloc(chunkCount * ENTRY_SIZE_BYTES);
  const isSet = new Uint8Array(chunkCount);
  return {
    set(chunkIndex, digest) {
      assertInvariant(chunkIndex >= 0 && chunkIndex < chunkCount, "a chunk index lies within its index");
      assertInvariant(digest.length === ENTRY_SIZE_BYTES, "a digest has 32 bytes");
      digests.set(digest, chunkIndex * ENTRY_SIZE_BYTES);
      isSet[chunkIndex] = 1;
    },
    close() {
      assertInvariant(!isSet.includes(0), "every chunk of an image is in its index");
      const checksum = createHash("sha256").update(digests).digest();
      target.writeAt(INDEX_HEADER_SIZE_BYTES, digests);
      target.writeAt(0, encodeIndexHeader(MAGIC, { ...identity, checksum }));
      return { checksum, sizeBytes, chunkCount };
    },
  };
}
