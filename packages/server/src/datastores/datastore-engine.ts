/**
 * What the service needs of datastores on disk. A port, so that the register can be tested without a disk, and so that
 * the engine and its system calls are loaded when the first datastore is used and not at start.
 */

import type { SnapshotRef } from "@ironcore-backup/base";
import type { Snapshot, SnapshotEntry } from "@ironcore-backup/protocol";

export interface SnapshotFilter {
  readonly namespace: string | undefined;
  readonly type: string | undefined;
  readonly id: string | undefined;
}

/** Every call names the datastore by its path and may throw the engine's coded errors. */
export interface DatastoreEngine {
  /** Makes a datastore in an absent or empty directory, or takes over the one that is there. */
  create(path: string): Promise<void>;
  /** Resolves when the datastore can be used. */
  check(path: string): Promise<void>;
  /** Newest first. */
  listSnapshots(path: string, filter: SnapshotFilter): Promise<Snapshot[]>;
  /** Reads `[NS/]type/id/time` or `[NS/]type/id/latest`. */
  findSnapshot(path: string, text: string): Promise<SnapshotRef>;
  getSnapshot(path: string, snapshot: SnapshotRef): Promise<Snapshot>;
  forgetSnapshot(path: string, snapshot: SnapshotRef): Promise<void>;
  /** One directory of a file archive, by name. */
  listEntries(
    path: string,
    subject: { snapshot: SnapshotRef; archive: string; directory: string },
  ): Promise<SnapshotEntry[]>;
}
