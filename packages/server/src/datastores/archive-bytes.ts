/** An unencrypted archive's bytes behind its index, read anywhere; every chunk is checked against its digest. */

import { digestFromBytes } from "@ironcore-backup/base";
import type { OpenSnapshot } from "@ironcore-backup/engine";
import { CHUNK_RAW_SIZE_BYTES_MAX, chunkDigest, decodeBlob, formatErrors } from "@ironcore-backup/format";
import type { ByteSource, DynamicIndexReader } from "@ironcore-backup/format";

/** A look-up jumps between the end, where the root's table is, and the way down. */
const CACHED_CHUNK_COUNT_MAX = 8;

export function createArchiveBytes(
  snapshot: Pick<OpenSnapshot, "readChunk">,
  index: DynamicIndexReader,
): ByteSource {
  const cache = new Map<number, Uint8Array>();
  const getChunk = (chunkIndex: number): Uint8Array => {
    const raw = cache.get(chunkIndex) ?? decodeChunk(snapshot, index, chunkIndex);
    cache.delete(chunkIndex); // To the end: the one that was not used longest goes first.
    cache.set(chunkIndex, raw);
    if (cache.size > CACHED_CHUNK_COUNT_MAX) cache.delete(cache.keys().next().value ?? chunkIndex);
    return raw;
  };
  return {
    sizeBytes: index.sizeBytes,
    read: (offsetBytes, length) => {
      const endBytes = Math.min(offsetBytes + length, index.sizeBytes);
      const joined = new Uint8Array(Math.max(0, endBytes - offsetBytes));
      for (let at = offsetBytes; at < endBytes;) {
        const chunkIndex = index.findChunk(at);
        const end = Math.min(endBytes, index.endBytes(chunkIndex));
        const startBytes = index.startBytes(chunkIndex);
        joined.set(getChunk(chunkIndex).subarray(at - startBytes, end - startBytes), at - offsetBytes);
        at = end;
      }
      return joined;
    },
  };
}

function decodeChunk(
  snapshot: Pick<OpenSnapshot, "readChunk">,
  index: DynamicIndexReader,
  chunkIndex: number,
): Uint8Array {
  const digest = index.digestAt(chunkIndex);
  const raw = decodeBlob(snapshot.readChunk(digest), { rawSizeBytesMax: CHUNK_RAW_SIZE_BYTES_MAX });
  const sizeBytes = index.endBytes(chunkIndex) - index.startBytes(chunkIndex);
  const corrupt = (reason: string): Error =>
    formatErrors.CHUNK_CORRUPT({ digest: digestFromBytes(digest), reason });
  if (raw.length !== sizeBytes) throw corrupt(`it holds ${raw.length} bytes and not ${sizeBytes}`);
  if (Buffer.compare(chunkDigest(raw), digest) !== 0) throw corrupt("its digest differs");
  return raw;
}
