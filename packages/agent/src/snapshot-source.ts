/** Where a restore (and the comparison with the previous backup) reads from. */

import type { ArchiveName, SnapshotRef } from "@ironcore-backup/base";
import type { DynamicIndexReader, FixedIndexReader, Manifest, ThreadModule } from "@ironcore-backup/format";

export interface SnapshotSource {
  readonly snapshot: SnapshotRef;
  readonly manifest: Manifest;
  /** Whole index in memory, its checksum compared with the manifest's. @throws INDEX_CORRUPT, ARCHIVE_MISSING */
  openDynamicIndex(name: ArchiveName): DynamicIndexReader;
  openFixedIndex(name: ArchiveName): FixedIndexReader;
  /** The stored DataBlob, its checksum compared with the manifest's. @throws BLOB_CORRUPT, ARCHIVE_MISSING */
  readBlob(name: ArchiveName): Uint8Array;
  /** The stored DataBlob of one chunk, synchronously. @throws CHUNK_MISSING, DISK_READ_FAILED */
  readChunk(digest: Uint8Array): Uint8Array;
  /** Opened by every decode thread; its module exports `open(data): ThreadChunkReader`. */
  readonly chunkReader: ThreadModule;
  /** Releases the lock that keeps the snapshot from being removed. */
  close(): void;
}
