/** What a backup is asked to do, and what it reports: plain data. */

import type { BackupStatistics } from "@ironcore-backup/protocol";
import type { EncryptionKey, Manifest } from "@ironcore-backup/format";
import type { AgentProgress, NoticeListener } from "../notice.ts";
import type { Command, CommandSource } from "../commands/command.ts";
import type { SnapshotSink } from "../snapshot-sink.ts";

export interface BackupPlan {
  /** Absolute paths: directories become file archives, regular files and block devices disk images. */
  readonly sources: readonly string[];
  /** Programs whose output becomes an archive each. A backup has at least one source of either kind. */
  readonly commands?: readonly CommandSource[];
  /** Runs before anything is read; its failure fails the backup. */
  readonly preCommand?: Command;
  /** Runs after everything, also after a failure or a cancel; its own failure is a warning. */
  readonly postCommand?: Command;
  /** gitignore syntax, relative to each source. */
  readonly excludes?: readonly string[];
  /** Members of `sources` whose absence is a warning. */
  readonly optionalPaths?: readonly string[];
  /** Leaves out what is mounted below a source. */
  readonly oneFileSystem?: boolean;
  /** Re-uses nothing of the previous snapshot. */
  readonly full?: boolean;
  /** Encrypts every chunk and blob and signs the manifest. */
  readonly key?: EncryptionKey;
  /** zstd, 1 to 19. */
  readonly compressionLevel: number;
  /** Text for people, kept in the manifest. */
  readonly notes?: string;
  /** More for the part of the manifest that no signature covers, by key. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface BackupOptions {
  readonly sink: SnapshotSink;
  readonly signal: AbortSignal;
  /** Compute threads; as many as cores is right. */
  readonly threadCount: number;
  readonly onProgress?: (progress: AgentProgress) => void;
  readonly onNotice?: NoticeListener;
  /** Told of bytes that were stored; what it returns is awaited before more is read. */
  readonly pace?: (bytes: number) => Promise<void> | undefined;
}

export interface BackupResult {
  readonly statistics: BackupStatistics;
  readonly manifest: Manifest;
}
