/**
 * How the zero bytes of holes get into a stream.
 *
 * In a content-cut stream a huge hole is written as one chunk of zeros and then repeats of it, unread and unhashed: a file
 * with a terabyte of hole (sparse logs have such) costs a second and not minutes. The first chunk goes through the
 * pipeline like any data. Nothing may be repeated that was not stored, so the writer watches the pipeline's reports
 * and `assertStored` ends the backup if that chunk never was among them.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import type { ChunkStream, EncryptionKey, PipelineChunk } from "@ironcore-backup/format";

export interface ZeroWriter {
  write(stream: ChunkStream, count: number): void;
}

/** For streams of fixed chunks, whose zero chunks are hashed once anyway. */
export const plainZeros: ZeroWriter = { write: (stream, count) => stream.writeZeros(count) };

const ZERO_CHUNK_SIZE_BYTES = 4 * 1024 * 1024;
/** From here on repeating one chunk beats cutting, hashing and looking up every one. */
export const REPEATED_ZEROS_SIZE_BYTES_MIN = 4 * ZERO_CHUNK_SIZE_BYTES;

export class RepeatingZeroWriter implements ZeroWriter {
  readonly #key: EncryptionKey | undefined;
  #digest: Uint8Array | undefined;
  #isStored = false;

  constructor(key: EncryptionKey | undefined) {
    this.#key = key;
  }

  write(stream: ChunkStream, count: number): void {
    let left = count;
    if (left >= REPEATED_ZEROS_SIZE_BYTES_MIN) {
      stream.cut();
      if (this.#digest === undefined) {
        this.#digest = chunkDigest(new Uint8Array(ZERO_CHUNK_SIZE_BYTES), this.#key);
        stream.writeZeros(ZERO_CHUNK_SIZE_BYTES);
        stream.cut();
        left -= ZERO_CHUNK_SIZE_BYTES;
      }
      for (; left >= ZERO_CHUNK_SIZE_BYTES; left -= ZERO_CHUNK_SIZE_BYTES) {
        stream.inject(this.#digest, ZERO_CHUNK_SIZE_BYTES);
      }
    }
    if (left > 0) stream.writeZeros(left);
  }

  /** To be told of every chunk of the stream. */
  observe(chunk: PipelineChunk): void {
    if (this.#digest === undefined || this.#isStored || chunk.outcome === "reused") return;
    this.#isStored = Buffer.compare(chunk.digest, this.#digest) === 0;
  }

  /** To be called when the stream has ended. */
  assertStored(): void {
    assertInvariant(
      this.#digest === undefined || this.#isStored,
      "a chunk of zeros was repeated without having been stored",
    );
  }
}
