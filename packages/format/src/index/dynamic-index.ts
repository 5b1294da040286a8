/** The index of a stream cut by content: for each chunk its exclusive end in the stream and its digest, 40 bytes. */

import { assertInvariant } from "@ironcore-backup/base";
import { CHUNK_RAW_SIZE_BYTES_MAX } from "../blob/blob.ts";
import {
  createEntryWriter,
  decodeIndexHeader,
  digestView,
  encodeIndexHeader,
  INDEX_HEADER_SIZE_BYTES,
  indexCorrupt,
  readSize,
} from "./index-layout.ts";
import type { IndexIdentity, IndexTarget, IndexTotals } from "./index-layout.ts";

const MAGIC = "1c914ea519bab3cd";
const ENTRY_SIZE_BYTES = 40;

/** How many chunks an index of this size names. */
export function dynamicChunkCount(fileSizeBytes: number): number {
  return Math.max(0, Math.floor((fileSizeBytes - INDEX_HEADER_SIZE_BYTES) / ENTRY_SIZE_BYTES));
}

export interface DynamicIndexReader {
  readonly kind: "dynamic";
  readonly chunkCount: number;
  /** Of the whole stream. */
  readonly sizeBytes: number;
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

/** @param file  the whole file; kept, not copied. @throws INDEX_CORRUPT */
export function decodeDynamicIndex(file: Uint8Array): DynamicIndexReader {
  const header = decodeIndexHeader(MAGIC, file);
  const bodySizeBytes = file.length - INDEX_HEADER_SIZE_BYTES;
  if (bodySizeBytes % ENTRY_SIZE_BYTES !== 0)
    throw indexCorrupt(`its length ${file.length} ends within an entry`);
  const chunkCount = bodySizeBytes / ENTRY_SIZE_BYTES;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const entryOffset = (chunkIndex: number): number => {
    assertInvariant(chunkIndex >= 0 && chunkIndex < chunkCount, "a chunk index lies within its index");
    return INDEX_HEADER_SIZE_BYTES + chunkIndex * ENTRY_SIZE_BYTES;
  };
  const endBytes = (chunkIndex: number): number => readSize(bytes, entryOffset(chunkIndex));
  const startBytes = (chunkIndex: number): number => (chunkIndex === 0 ? 0 : endBytes(chunkIndex - 1));
  for (let i = 0, start = 0; i < chunkCount; i++) {
    const end = endBytes(i);
    if (end <= start) throw indexCorrupt(`entry ${i} ends at ${end}, not behind ${start}`);
    if (end - start > CHUNK_RAW_SIZE_BYTES_MAX) {
      throw indexCorrupt(`entry ${i} has ${end - start} bytes, a chunk has at most 16 MiB`);
    }
    start = end;
  }
  return {
    kind: "dynamic",
    chunkCount,
    sizeBytes: chunkCount === 0 ? 0 : endBytes(chunkCount - 1),
    checksum: header.checksum,
    uuid: header.uuid,
    createdAtSeconds: header.createdAtSeconds,
    startBytes,
    endBytes,
    digestAt: (chunkIndex) => digestView(file, entryOffset(chunkIndex) + 8),
    findChunk(offsetBytes) {
      let low = 0;
      let high = chunkCount;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (endBytes(middle) > offsetBytes) high = middle;
        else low = middle + 1;
      }
      return low;
    },
  };
}

export interface DynamicIndexWriter {
  /** @param endBytes  exclusive end of the chunk in the stream, behind the one before */
  append(endBytes: number, digest: Uint8Array): void;
  /** Writes the header last: a file without it is no index. */
  close(): IndexTotals;
}

export function createDynamicIndexWriter(target: IndexTarget, identity: IndexIdentity): DynamicIndexWriter {
  const entries = createEntryWriter(target, ENTRY_SIZE_BYTES);
  let sizeBytes = 0;
  let chunkCount = 0;
  return {
    append(endBytes, digest) {
      assertInvariant(
        endBytes > sizeBytes && Number.isSafeInteger(endBytes),
        "chunks of an index follow each other",
      );
      assertInvariant(endBytes - sizeBytes <= CHUNK_RAW_SIZE_BYTES_MAX, "a chunk has at most 16 MiB");
      assertInvariant(digest.length === 32, "a digest has 32 bytes");
      const { buffer, at } = entries.next();
      buffer.writeBigUInt64LE(BigInt(endBytes), at);
      buffer.set(digest, at + 8);
      sizeBytes = endBytes;
      chunkCount++;
    },
    close() {
      const checksum = entries.close();
      target.writeAt(0, encodeIndexHeader(MAGIC, { ...identity, checksum, sizeBytes: 0, chunkSizeBytes: 0 }));
      return { checksum, sizeBytes, chunkCount };
    },
  };
}
