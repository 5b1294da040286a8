/**
 * The bytes of an archive behind its index, read anywhere, synchronously: metadata archives are walked this way, both the
 * previous snapshot's beside a backup and the restored one's. Every chunk is checked against its digest when it is
 * decoded. Payload is never read through here.
 */

import { digestFromBytes } from "@ironcore-backup/base";
import { CHUNK_RAW_SIZE_BYTES_MAX, chunkDigest, decodeBlob, formatErrors } from "@ironcore-backup/format";
import type { DynamicIndexReader, EncryptionKey } from "@ironcore-backup/format";
import type { SnapshotSource } from "./snapshot-source.ts";

/** Walking in order needs one; a few more serve look-ups that jump between the end and the middle. */
const CACHED_CHUNK_COUNT_MAX = 8;

export class ArchiveSource {
  readonly sizeBytes: number;
  readonly #index: DynamicIndexReader;
  readonly #source: Pick<SnapshotSource, "readChunk">;
  readonly #key: EncryptionKey | undefined;
  /** By chunk index, the least recently used first. */
  readonly #cache = new Map<number, Uint8Array>();
  #current: Uint8Array = new Uint8Array();
  #currentStartBytes = 0;
  #currentEndBytes = 0;
  storedReadBytes = 0;

  constructor(
    source: Pick<SnapshotSource, "readChunk">,
    index: DynamicIndexReader,
    key: EncryptionKey | undefined,
  ) {
    this.#source = source;
    this.#index = index;
    this.#key = key;
    this.sizeBytes = index.sizeBytes;
  }

  /**
   * A view, valid until the next call; shorter than asked only at the end of the archive.
   * @throws CHUNK_MISSING, CHUNK_CORRUPT, KEY_REQUIRED, KEY_WRONG, DISK_READ_FAILED
   */
  read(offsetBytes: number, length: number): Uint8Array {
    const endBytes = Math.min(offsetBytes + length, this.sizeBytes);
    if (endBytes <= offsetBytes) return new Uint8Array();
    this.#select(offsetBytes);
    if (endBytes <= this.#currentEndBytes) {
      return this.#current.subarray(
        offsetBytes - this.#currentStartBytes,
        endBytes - this.#currentStartBytes,
      );
    }
    return this.#join(offsetBytes, endBytes);
  }

  #join(offsetBytes: number, endBytes: number): Uint8Array {
    const joined = new Uint8Array(endBytes - offsetBytes);
    for (let at = offsetBytes; at < endBytes;) {
      this.#select(at);
      const end = Math.min(endBytes, this.#currentEndBytes);
      joined.set(
        this.#current.subarray(at - this.#currentStartBytes, end - this.#currentStartBytes),
        at - offsetBytes,
      );
      at = end;
    }
    return joined;
  }

  /** Makes the chunk that holds the byte the current one. */
  #select(offsetBytes: number): void {
    if (offsetBytes >= this.#currentStartBytes && offsetBytes < this.#currentEndBytes) return;
    const chunkIndex = this.#index.findChunk(offsetBytes);
    this.#current = this.#cached(chunkIndex);
    this.#currentStartBytes = this.#index.startBytes(chunkIndex);
    this.#currentEndBytes = this.#index.endBytes(chunkIndex);
  }

  #cached(chunkIndex: number): Uint8Array {
    const known = this.#cache.get(chunkIndex);
    const raw = known ?? this.#decode(chunkIndex);
    if (known !== undefined) this.#cache.delete(chunkIndex);
    this.#cache.set(chunkIndex, raw);
    if (this.#cache.size > CACHED_CHUNK_COUNT_MAX) {
      const oldest = this.#cache.keys().next();
      if (oldest.done === false) this.#cache.delete(oldest.value);
    }
    return raw;
  }

  #decode(chunkIndex: number): Uint8Array {
    const digest = this.#index.digestAt(chunkIndex);
    const blob = this.#source.readChunk(digest);
    this.storedReadBytes += blob.length;
    const raw = decodeBlob(blob, {
      rawSizeBytesMax: CHUNK_RAW_SIZE_BYTES_MAX,
      ...(this.#key === undefined ? {} : { key: this.#key }),
    });
    const sizeBytes = this.#index.endBytes(chunkIndex) - this.#index.startBytes(chunkIndex);
    if (raw.length !== sizeBytes) throw corrupt(digest, `it holds ${raw.length} bytes and not ${sizeBytes}`);
    if (Buffer.compare(chunkDigest(raw, this.#key), digest) !== 0)
      throw corrupt(digest, "its digest differs");
    return raw;
  }
}

function corrupt(digest: Uint8Array, reason: string): Error {
  return formatErrors.CHUNK_CORRUPT({ digest: digestFromBytes(digest), reason });
}
