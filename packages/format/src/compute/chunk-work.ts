/**
 * What is done with one chunk on the way into the store: hash, look whether it is known, compress, encrypt, insert.
 * Runs on compute threads, and on the caller's thread while the work is too small for threads.
 *
 * A digest that another call of the same session has claimed is `known` at once, even if that call is still storing it.
 * That is safe because a failed insert fails the whole pipeline: nobody publishes an index that names the chunk.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { encodeBlobParts } from "../blob/blob.ts";
import { createWorkMemory } from "../blob/work-memory.ts";
import { chunkDigest } from "../crypto/encryption-key.ts";
import type { EncryptionKey } from "../crypto/encryption-key.ts";
import type { DigestTable } from "./digest-table.ts";
import type { ChunkJobResult } from "./job-board.ts";
import type { ThreadChunkWriter } from "./thread-module.ts";

export interface ChunkWorkOptions {
  readonly writer: ThreadChunkWriter;
  readonly digests: DigestTable;
  readonly key: EncryptionKey | undefined;
  readonly compressionLevel: number;
}

export interface ChunkWork {
  /**
   * @param raw  the chunk; not changed, not kept
   * @param detectZeros  look for an all-zero chunk first, whose digest is then computed once per size
   * @throws what the writer throws
   */
  process(raw: Uint8Array, detectZeros: boolean): ChunkJobResult;
}

const ZERO_BLOCK = Buffer.alloc(65_536);

/** True when every byte is 0. Reads a mebibyte in some 30 µs, and a chunk of other data at its first block only. */
export function isAllZero(raw: Uint8Array): boolean {
  if (raw[0] !== 0 || raw[raw.length >>> 1] !== 0) return false;
  for (let at = 0; at < raw.length; at += ZERO_BLOCK.length) {
    const block = raw.subarray(at, at + ZERO_BLOCK.length);
    if (Buffer.compare(block, ZERO_BLOCK.subarray(0, block.length)) !== 0) return false;
  }
  return true;
}

/** @param needs  elapsed time for the statistics, randomness for the IVs */
export function createChunkWork(
  needs: { clock: Clock; random: Random },
  options: ChunkWorkOptions,
): ChunkWork {
  const { writer, digests, key, compressionLevel } = options;
  const { clock, random } = needs;
  // The blob encoder asks for the IV between compressing and encrypting: the only moment that tells the two apart.
  let encryptedFrom = 0;
  const timedRandom: Random = {
    ...random,
    bytes(count) {
      encryptedFrom = clock.elapsedMs();
      return random.bytes(count);
    },
  };
  const zeroDigests = new Map<number, Uint8Array>();
  // The encoded chunk is over when it is inserted.
  const memory = createWorkMemory();

  const digestOf = (raw: Uint8Array, detectZeros: boolean): Uint8Array => {
    if (!detectZeros || !isAllZero(raw)) return chunkDigest(raw, key);
    const held = zeroDigests.get(raw.length);
    if (held !== undefined) return held;
    const digest = chunkDigest(raw, key);
    zeroDigests.set(raw.length, digest);
    return digest;
  };

  /** Claimed by an earlier chunk of this session, or there already. A full table knows nothing: the store is asked. */
  const isKnown = (digest: Uint8Array, sizeBytes: number): boolean =>
    digests.claim(digest) === "seen" || writer.touch(digest, sizeBytes);

  return {
    process(raw, detectZeros) {
      const startedAt = clock.elapsedMs();
      const digest = digestOf(raw, detectZeros);
      const hashedAt = clock.elapsedMs();
      if (isKnown(digest, raw.length)) {
        return knownResult(digest, hashedAt - startedAt, clock.elapsedMs() - hashedAt);
      }
      const lookedAt = clock.elapsedMs();
      const encoded = encodeBlobParts({ random: timedRandom }, raw, {
        compressionLevel,
        memory,
        ...(key === undefined ? {} : { key }),
      });
      const encodedAt = clock.elapsedMs();
      const compressedAt = key === undefined ? encodedAt : encryptedFrom;
      const { outcome } = writer.insert(digest, encoded.parts);
      const insertMs = clock.elapsedMs() - encodedAt + lookedAt - hashedAt;
      return {
        digest,
        outcome,
        compressedSizeBytes: outcome === "stored" ? encoded.compressedSizeBytes : 0,
        storedSizeBytes: outcome === "stored" ? totalSize(encoded.parts) : 0,
        hashMs: hashedAt - startedAt,
        compressMs: compressedAt - lookedAt,
        encryptMs: encodedAt - compressedAt,
        insertMs,
      };
    },
  };
}

function knownResult(digest: Uint8Array, hashMs: number, insertMs: number): ChunkJobResult {
  const nothing = { compressedSizeBytes: 0, storedSizeBytes: 0, compressMs: 0, encryptMs: 0 };
  return { digest, outcome: "known", hashMs, insertMs, ...nothing };
}

function totalSize(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
