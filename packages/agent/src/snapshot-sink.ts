/**
 * Where a backup goes: on the server's own machine straight into the datastore, over the network later.
 * The agent calls in this order: read the base, create indexes and append, close them, put blobs, finish.
 */

import type { ArchiveName, GroupRef } from "@ironcore-backup/base";
import type { ThreadModule } from "@ironcore-backup/format";
import type { SnapshotSource } from "./snapshot-source.ts";

/** The totals of a closed index; they go into the manifest. */
export interface ClosedIndex {
  readonly checksum: Uint8Array;
  readonly sizeBytes: number;
  readonly chunkCount: number;
}

export interface DynamicIndexSink {
  /** Entries in order; `digest` is copied. @throws DISK_FULL, DISK_WRITE_FAILED */
  append(endOffsetBytes: number, digest: Uint8Array): void;
  close(): ClosedIndex;
}

export interface FixedIndexSink {
  set(chunkIndex: number, digest: Uint8Array): void;
  close(): ClosedIndex;
}

export interface SnapshotSink {
  readonly group: GroupRef;
  readonly backupTime: number;
  /**
   * The newest finished snapshot of the group that is not known to be damaged. It cannot vanish while this sink is open.
   * Undefined: nothing may be re-used. `baseAbsence` then says why.
   */
  readonly base: SnapshotSource | undefined;
  readonly baseAbsence: "first-backup" | "base-corrupt" | "full-requested" | "base-unreadable" | undefined;
  /** Opened by every compute thread; its module exports `open(data): ThreadChunkWriter`. */
  readonly chunkWriter: ThreadModule;
  /** True when the store still holds the base's chunk. A missing one must be read from the source again. */
  hasChunk(digest: Uint8Array): boolean;
  /** A compute thread has stored this chunk. */
  chunkStored(digest: Uint8Array): void;
  createDynamicIndex(name: ArchiveName): DynamicIndexSink;
  /** @param sizeBytes  of the whole image; slots of `chunkSizeBytes` */
  createFixedIndex(name: ArchiveName, sizeBytes: number, chunkSizeBytes: number): FixedIndexSink;
  /** Puts one encoded DataBlob as `NAME.blob`. */
  putBlob(name: ArchiveName, blob: Uint8Array): void;
  /**
   * Makes everything durable (syncfs, directories), then publishes the manifest. After it the snapshot is finished;
   * before it nothing of it is visible as a snapshot.
   * @param manifest  the JSON text's DataBlob (`index.json.blob`)
   */
  finish(manifest: Uint8Array): Promise<void>;
  /** Removes every trace. Safe to call twice, and after `finish`, when it only releases the locks. */
  abort(): void;
}
