/** What a restore is asked to do: plain data. */

import type { RestoreStatistics } from "@ironcore-backup/protocol";
import type { EncryptionKey } from "@ironcore-backup/format";
import type { AgentProgress, NoticeListener } from "../notice.ts";
import type { SnapshotSource } from "../snapshot-source.ts";

/**
 * What happens where a path is already there.
 *
 * - `never`       the whole restore is refused before anything is written; directories may exist, their contents not clash
 * - `if-changed`  a file of the same kind, size and modification time stays, anything else is replaced
 * - `always`      everything is replaced; a directory stands in for a directory, never for a file
 */
export type OverwritePolicy = "never" | "if-changed" | "always";

export interface RestorePlan {
  /** Archive names with or without their extensions; absent: every file archive and image of the snapshot. */
  readonly archives?: readonly string[];
  /**
   * Absolute path of a directory, made when absent. One chosen archive is restored right into it; of several, each
   * goes into a directory of its own name.
   */
  readonly target: string;
  /** gitignore syntax relative to the archive's root; only what matches is restored, with the directories above it. */
  readonly includes?: readonly string[];
  readonly overwrite: OverwritePolicy;
  readonly key?: EncryptionKey;
  /** Leaves out files whose chunks are missing or corrupt, with a warning each, instead of failing at the first. */
  readonly skipDamaged?: boolean;
}

export interface RestoreOptions {
  readonly source: SnapshotSource;
  readonly signal: AbortSignal;
  readonly threadCount: number;
  readonly onProgress?: (progress: AgentProgress) => void;
  readonly onNotice?: NoticeListener;
  /** Told of bytes that were read from the datastore; what it returns is awaited before more is read. */
  readonly pace?: (bytes: number) => Promise<void> | undefined;
}

export interface RestoreResult {
  readonly statistics: RestoreStatistics;
}
