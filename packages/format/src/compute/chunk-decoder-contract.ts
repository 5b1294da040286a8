/**
 * The shape of the read side of the data path (the code is `chunk-decoder.ts`): threads that fetch, check, decrypt,
 * decompress and re-hash chunks, and then do something with the raw bytes inside the thread.
 */

import type { ThreadModule } from "./thread-module.ts";

/** What is done with a decoded chunk inside the thread. Its module exports `open(data): ChunkConsumer`. */
export interface ChunkConsumer {
  /**
   * @param raw   the decoded, verified bytes; valid during the call only
   * @param task  the plain data that came with the request
   * @returns     plain data for the answer
   */
  consume(raw: Uint8Array, task: unknown): unknown;
  close(): void;
}

export interface ChunkConsumerModule {
  open(data: unknown): ChunkConsumer;
}

export interface ChunkDecoderOptions {
  readonly threadCount: number;
  readonly reader: ThreadModule;
  /** Absent: the chunks are only checked (verify). */
  readonly consumer?: ThreadModule;
  /** 32 bytes. Without it encrypted chunks can only be checked by checksum. */
  readonly encryptionKey?: Uint8Array;
  /** Requests under way at once; `decode` waits for a place. */
  readonly pendingRequestCountMax: number;
}

export interface DecodeRequest {
  readonly digest: Uint8Array;
  /** What the index says the chunk's raw size is; another size is a corrupt chunk. */
  readonly rawSizeBytes: number;
  /** Whether the manifest says this chunk is encrypted; a chunk of the other kind is a corrupt chunk. */
  readonly encrypted: boolean;
  readonly task?: unknown;
}

/** Which checks were really made: with no key at hand an encrypted chunk's digest cannot be recomputed. */
export type DecodeChecks = "digest" | "checksum-only";

export interface DecodeResult {
  readonly storedSizeBytes: number;
  readonly checks: DecodeChecks;
  /** SHA-256 of an encrypted chunk as stored, where chunks are only checked: without a key the one thing that tells it from another. */
  readonly storedDigest?: Uint8Array;
  readonly answer: unknown;
}

export interface ChunkDecoder {
  /**
   * Resolves when the request has a place, which is the backpressure; `result` when the chunk was decoded and consumed.
   * @throws COMPUTE_THREAD_LOST, CANCELLED when closed meanwhile; through `result` CHUNK_MISSING, CHUNK_CORRUPT with a reason, KEY_REQUIRED, KEY_WRONG,
   * DISK_READ_FAILED, and whatever the consumer throws
   */
  decode(request: DecodeRequest): Promise<{ readonly result: Promise<DecodeResult> }>;
  /**
   * Finishes what is in a thread's hands, rejects what waits with CANCELLED, and settles when no thread is left.
   * @throws what reader or consumer threw when they closed
   */
  close(): Promise<void>;
}
