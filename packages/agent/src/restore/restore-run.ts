/** What the parts of one restore share while it runs. */

import type { ChunkDecoder, EncryptionKey } from "@ironcore-backup/format";
import type { Breather } from "../breather.ts";
import type { PatternSet } from "../excludes/pattern-set.ts";
import type { NoticeCode } from "../notice.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import type { OverwritePolicy } from "./restore-plan.ts";
import type { TargetTree } from "./target-tree.ts";

export interface RestoreCounts {
  fileCount: number;
  directoryCount: number;
  skippedCount: number;
  restoredBytes: number;
  chunkCount: number;
  storedReadBytes: number;
}

export interface RestorePosition {
  archive: string;
  doneBytes: number;
  doneItems: number;
  totalBytes: number | undefined;
  current: string;
}

export interface RestoreRun {
  readonly source: SnapshotSource;
  readonly decoder: ChunkDecoder;
  readonly breather: Breather;
  readonly key: EncryptionKey | undefined;
  readonly overwrite: OverwritePolicy;
  /** Files with damaged data are left out instead of ending the restore. */
  readonly skipDamaged: boolean;
  /** Undefined: everything. */
  readonly includes: PatternSet | undefined;
  /** Everything below the target; paths begin with the archive's own directory when there are several. */
  readonly tree: TargetTree;
  /** Nothing was in the target when the restore began, so nothing has to be looked for. */
  readonly isTargetEmpty: boolean;
  /** Root: owners are restored, devices are made. */
  readonly isPrivileged: boolean;
  readonly counts: RestoreCounts;
  readonly position: RestorePosition;
  /** @param path  relative to the target, a byte string */
  warn(code: NoticeCode, path: string, message: string): void;
  info(code: NoticeCode, path: string, message: string): void;
}
