/**
 * How a compute thread gets a part that the room `format` must not know (a chunk store, a network connection):
 * the maker names a module and plain data, the thread imports the module and calls its `open`.
 */

import type { ErrorShape } from "@ironcore-backup/base";

/** Names a module that exports `open(data)`, and the structured-cloneable data to open it with. */
export interface ThreadModule {
  /** `file:` URL of the module, made with `import.meta.url`. */
  readonly moduleUrl: string;
  readonly data: unknown;
}

/** What a chunk writer's module exports. */
export interface ThreadChunkWriterModule {
  open(data: unknown): ThreadChunkWriter;
}

/** What a chunk reader's module exports. */
export interface ThreadChunkReaderModule {
  open(data: unknown): ThreadChunkReader;
}

/** One thread's way to put chunks away. All calls are synchronous and belong to the thread that opened it. */
export interface ThreadChunkWriter {
  /**
   * True when the store holds a sound chunk of this digest, which then is touched so that garbage collection keeps
   * it. A present but damaged chunk answers false, so that the caller encodes and inserts it anew.
   */
  touch(digest: Uint8Array, rawSizeBytes: number): boolean;
  /**
   * Stores one encoded chunk (`parts` laid end to end are the DataBlob). The parts belong to the caller again when
   * the call returns; some may be views on shared memory. @throws a coded error when the store refuses; then nothing half-written is trusted by anyone.
   */
  insert(digest: Uint8Array, parts: readonly Uint8Array[]): { readonly outcome: "stored" | "known" };
  close(): void;
}

/** One thread's way to get chunks back. */
export interface ThreadChunkReader {
  /** The whole DataBlob. The bytes stay valid until the next call. @throws CHUNK_MISSING, DISK_READ_FAILED */
  read(digest: Uint8Array): Uint8Array;
  close(): void;
}

/** How a thread reports a failure to its maker. */
export interface ThreadFailure {
  readonly error: ErrorShape;
}
