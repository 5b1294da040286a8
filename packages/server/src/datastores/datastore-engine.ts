/**
 * What the service needs of datastores on disk. A port: the engine behind it blocks the thread that calls it for as long
 * as the disk does, so the server talks to it on threads (`threaded-engine.ts`), and tests to one in memory.
 */

import type { SnapshotRef } from "@ironcore-backup/base";
import type { Snapshot, SnapshotEntry } from "@ironcore-backup/protocol";

export interface SnapshotFilter {
  readonly namespace: string | undefined;
  readonly type: string | undefined;
  readonly id: string | undefined;
}

/** Sizes in bytes, of the file system. */
export interface DatastoreUsage {
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** Only when they were asked for: counting reads every group's directory. */
  readonly groupCount?: number;
  readonly snapshotCount?: number;
}

export interface EntryQuery {
  readonly snapshot: SnapshotRef;
  readonly archive: string;
  /** Inside the archive, "/" for its root. */
  readonly directory: string;
}

/** Every call names the datastore by its path and may throw the engine's coded errors. */
export interface DatastoreEngine {
  /** Makes a datastore in an absent or empty directory, or takes over the one that is there. */
  create(path: string): Promise<void>;
  /** Resolves when the datastore can be used. */
  probe(path: string, options: { readonly count: boolean }): Promise<DatastoreUsage>;
  /** Newest first. */
  listSnapshots(path: string, filter: SnapshotFilter): Promise<Snapshot[]>;
  /** Reads `[NS/]type/id/time` or `[NS/]type/id/latest`. */
  findSnapshot(path: string, text: string): Promise<SnapshotRef>;
  getSnapshot(path: string, snapshot: SnapshotRef): Promise<Snapshot>;
  forgetSnapshot(path: string, snapshot: SnapshotRef): Promise<void>;
  /** One directory of a file archive, by name. */
  listEntries(path: string, query: EntryQuery): Promise<SnapshotEntry[]>;
}

export const ENGINE_CALLS = [
  "create",
  "probe",
  "listSnapshots",
  "findSnapshot",
  "getSnapshot",
  "forgetSnapshot",
  "listEntries",
] as const satisfies readonly (keyof DatastoreEngine)[];
export type EngineCall = (typeof ENGINE_CALLS)[number];
