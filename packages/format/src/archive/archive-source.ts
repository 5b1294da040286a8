/**
 * The bytes of an archive behind its index, read anywhere, synchronously: metadata archives are walked this way beside a
 * backup and by a restore, directories are listed and single files fetched. Every chunk is checked against its digest
 * when it is decoded.
 */

import { digestFromBytes, toCodedError } from "@ironcore-backup/base";
import { CHUNK_RAW_SIZE_BYTES_MAX, decodeBlob } from "../blob/blob.ts";
import { chunkDigest } from "../crypto/encryption-key.ts";
import type { EncryptionKey } from "../crypto/encryption-key.ts";
import { formatErrors } from "../errors.ts";
import type { DynamicIndexReader } from "../index/dynamic-index.ts";
import type { ByteSource } from "./archive-window.ts";
import { ChunkCache } from "./chunk-cache.ts";

/** Walking in order needs one chunk; a few more serve look-ups that jump between the end and the middle. */
const CACHE_SIZE_BYTES_MAX = 8 * 1024 * 1024;

export interface ArchiveSourceOptions {
  readonly key?: EncryptionKey | undefined;
  /** Shared with others; absent: one of its own. */
  readonly cache?: ChunkCache;
}

export class ArchiveSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #index: DynamicIndexReader;
  /** Its blobs are valid until the next call. */
  readonly #source: { readChunk(digest: Uint8Array): Uint8Array };
  readonly #key: EncryptionKey | undefined;
  readonly #cache: ChunkCache;
  #current: Uint8Array = new Uint8Array();
  #currentStartBytes = 0;
  #currentEndBytes = 0;
  storedReadBytes = 0;

  constructor(
    source: { readChunk(digest: Uint8Array): Uint8Array },
    index: DynamicIndexReader,
    { key, cache }: ArchiveSourceOptions = {},
  ) {
    this.#source = source;
    this.#index = index;
    this.#key = key;
    this.#cache = cache ?? new ChunkCache({ sizeBytesMax: CACHE_SIZE_BYTES_MAX });
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
    const digest = this.#index.digestAt(chunkIndex);
    const raw = this.#cache.get(digest, () => this.#decode(digest));
    this.#currentStartBytes = this.#index.startBytes(chunkIndex);
    this.#currentEndBytes = this.#index.endBytes(chunkIndex);
    this.#current = raw;
    const sizeBytes = this.#currentEndBytes - this.#currentStartBytes;
    if (raw.length === sizeBytes) return;
    this.#currentEndBytes = this.#currentStartBytes;
    throw corrupt(digest, `it holds ${raw.length} bytes and not ${sizeBytes}`);
  }

  #decode(digest: Uint8Array): Uint8Array {
    const blob = this.#source.readChunk(digest);
    this.storedReadBytes += blob.length;
    const raw = this.#decodeBlob(digest, blob);
    if (Buffer.compare(chunkDigest(raw, this.#key), digest) !== 0)
      throw corrupt(digest, "its digest differs");
    // What was stored uncompressed is a view of the blob, and the reader uses the blob's memory for the next one.
    return raw.buffer === blob.buffer ? Uint8Array.from(raw) : raw;
  }

  /** What is wrong with the bytes is told with the chunk's name; a key that is missing or another one is no damage. */
  #decodeBlob(digest: Uint8Array, blob: Uint8Array): Uint8Array {
    try {
      return decodeBlob(blob, {
        rawSizeBytesMax: CHUNK_RAW_SIZE_BYTES_MAX,
        ...(this.#key === undefined ? {} : { key: this.#key }),
      });
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (!DAMAGE.has(error.code)) throw error;
      throw formatErrors.CHUNK_CORRUPT({ digest: digestFromBytes(digest), reason: error.message }, error);
    }
  }
}

const DAMAGE = new Set([
  "BLOB_TRUNCATED",
  "BLOB_MAGIC_UNKNOWN",
  "BLOB_CHECKSUM_WRONG",
  "BLOB_TOO_LARGE",
  "BLOB_NOT_DECODABLE",
]);

function corrupt(digest: Uint8Array, reason: string): Error {
  return formatErrors.CHUNK_CORRUPT({ digest: digestFromBytes(digest), reason });
}
