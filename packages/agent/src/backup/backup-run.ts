/** What the parts of one backup share while it runs. */

import type { ChunkPipeline, EncryptionKey } from "@ironcore-backup/format";
import type { Instant } from "@ironcore-backup/base";
import type { Breather } from "../breather.ts";
import type { NoticeCode } from "../notice.ts";
import type { SnapshotSink } from "../snapshot-sink.ts";
import type { SnapshotSource } from "../snapshot-source.ts";

/** Counted while working; the statistics are made of them. */
export interface BackupCounts {
  fileCount: number;
  directoryCount: number;
  reusedFileCount: number;
  sourceSizeBytes: number;
  sourceReadBytes: number;
  /** Indexes and blobs, as stored. */
  overheadSizeBytes: number;
}

/** Where the work is, for the breather's chores to report. */
export interface BackupPosition {
  archive: string;
  doneBytes: number;
  doneItems: number;
  totalBytes: number | undefined;
  totalItems: number | undefined;
  totalIsEstimate: boolean;
  /** Absolute path, as a byte string. */
  current: string;
}

export interface BackupRun {
  /** When the walk began. */
  readonly startedAt: Instant;
  readonly sink: SnapshotSink;
  readonly pipeline: ChunkPipeline;
  readonly breather: Breather;
  readonly key: EncryptionKey | undefined;
  /** The previous snapshot, when it may be re-used: same key, signature checked. */
  readonly base: SnapshotSource | undefined;
  readonly counts: BackupCounts;
  readonly position: BackupPosition;
  /** @param path  absolute, as a byte string */
  warn(code: NoticeCode, path: string, message: string): void;
  info(code: NoticeCode, path: string, message: string): void;
}

/** One archive as the manifest lists it. */
export interface StoredArchive {
  readonly name: string;
  readonly sizeBytes: number;
  readonly checksum: Uint8Array;
}

export function noCounts(): BackupCounts {
  return {
    fileCount: 0,
    directoryCount: 0,
    reusedFileCount: 0,
    sourceSizeBytes: 0,
    sourceReadBytes: 0,
    overheadSizeBytes: 0,
  };
}
