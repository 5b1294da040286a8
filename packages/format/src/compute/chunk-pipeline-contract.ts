/**
 * The shape of the write side of the data path (the code is `chunk-pipeline.ts`).
 *
 * The caller's thread fills slots of shared memory and scans them for cut points; compute threads hash, look up,
 * compress, encrypt and insert. Chunks of one stream are reported in stream order. Calls are synchronous: `reserve`
 * blocks while every slot is taken, which is the backpressure. Threads start only when there is work worth a thread.
 */

import type { ThreadModule } from "./thread-module.ts";

export interface ChunkPipelineOptions {
  /** Compute threads; as many as cores is right. */
  readonly threadCount: number;
  /** Opened once per compute thread (and once in the caller's thread for small work). */
  readonly writer: ThreadModule;
  /** 32 bytes; chunks are then digested with the derived id key and encrypted. */
  readonly encryptionKey?: Uint8Array;
  /** zstd level, 1 to 19; never -1. */
  readonly compressionLevel: number;
  /**
   * Digests of this session that are remembered, so that a chunk seen twice costs no second look into the store.
   * Past it chunks are still stored correctly, only with that look. Default 262,144 (1 TiB of 4 MiB chunks, 9 MiB).
   */
  readonly rememberedDigestCountMax?: number;
  /** Chunks handed over and not yet finished. Each holds memory of one chunk. Default `threadCount + 2`. */
  readonly pendingChunkCountMax?: number;
  /**
   * Work that is done on the caller's thread before the first thread starts, in bytes of known chunks (only hashed); a
   * byte of a new chunk counts four. Default 48 MiB: what a thread costs to start. 0: the first chunk starts a thread.
   */
  readonly inlineWorkSizeBytesMax?: number;
}

/** How one stream is cut. `average` is a power of two; gear: min = avg/4, max = 2*avg; buzhash: min avg/4, max 4*avg. */
export type Cutting =
  | { readonly kind: "gear"; readonly averageSizeBytes: number }
  | { readonly kind: "buzhash"; readonly averageSizeBytes: number }
  | { readonly kind: "fixed"; readonly chunkSizeBytes: number };

/** One chunk of a stream, in stream order. `digest` (32 bytes) is the receiver's to keep. */
export interface PipelineChunk {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly digest: Uint8Array;
  /** `reused`: came by `inject`, never read. `known`: read and found present. `stored`: new. */
  readonly outcome: "stored" | "known" | "reused";
}

export interface ChunkStream {
  /** Bytes given to the stream so far, injected chunks included. */
  readonly offsetBytes: number;
  /** A writable view (at least 1 byte, usually hundreds of KiB) in shared memory; valid until `commit`. May block. */
  reserve(): Uint8Array;
  /** The first `count` bytes of the reserved view are data now. Cuts and hands over whole chunks. */
  commit(count: number): void;
  /** Copies bytes in: reserve and commit in a loop. */
  write(bytes: Uint8Array): void;
  /** Ends the current chunk here, if it has any byte. */
  cut(): void;
  /** Puts an already stored chunk at this place, unread. Cuts first. */
  inject(digest: Uint8Array, rawSizeBytes: number): void;
  /** `count` zero bytes, without writing them where the cutting allows it (fixed: whole zero chunks are hashed once). */
  writeZeros(count: number): void;
  /** Cuts the last chunk, waits until every chunk of this stream was reported, returns the totals. May block. */
  end(): { readonly sizeBytes: number; readonly chunkCount: number };
}

/** Counts over all streams; product.md section 6 is computed from them. */
export interface PipelineStatistics {
  readonly chunkCount: number;
  readonly knownChunkCount: number;
  readonly reusedChunkCount: number;
  /** Raw bytes of all chunks, and of those that were newly stored. */
  readonly rawSizeBytes: number;
  readonly reusedRawSizeBytes: number;
  readonly storedRawSizeBytes: number;
  /** Bytes after zstd of the newly stored chunks (before encryption adds its header), and as written to the store. */
  readonly compressedSizeBytes: number;
  readonly storedSizeBytes: number;
  /** Time the threads spent on hashing, compressing, encrypting and inserting, and the caller blocked on slots. */
  readonly busyMs: {
    readonly hash: number;
    readonly compress: number;
    readonly encrypt: number;
    readonly insert: number;
    readonly blocked: number;
  };
}

export interface ChunkPipeline {
  /**
   * At most 4 at once. `onChunk` runs on the caller's thread, inside calls of the pipeline or of any of its streams; it
   * must not call them itself. What it throws fails the pipeline.
   */
  openStream(cutting: Cutting, onChunk: (chunk: PipelineChunk) => void): ChunkStream;
  /** Reports finished chunks and throws the first failure of a thread. Cheap; call now and then. */
  poll(): void;
  statistics(): PipelineStatistics;
  /**
   * Stops the threads, whatever they do, and settles when none is left; after a failure or a cancellation too. What
   * was handed over and not yet taken by a thread is dropped, so end the streams first. Twice is once.
   * @throws a failure that no other call has thrown, like one of a writer that could not close
   */
  close(): Promise<void>;
}
