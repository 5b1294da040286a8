/**
 * What the service needs of datastores on disk. A port: the engine behind it blocks the thread that calls it for as long
 * as the disk does, so the server talks to it on threads (`threaded-engine.ts`), and tests to one in memory.
 */

import type { GroupRef, Namespace, SnapshotRef } from "@ironcore-backup/base";
import type { ForgottenGroup } from "@ironcore-backup/engine";
import type {
  ChunkFiles,
  Group,
  GroupSpace,
  PrunePlan,
  PruneSimulation,
  Snapshot,
  SnapshotComparison,
  SnapshotEntryPage,
  SnapshotUpdate,
} from "@ironcore-backup/protocol";
import type { FoundChunkUses } from "./chunk-needs.ts";
import type { ChunkSample, StoreSummary } from "./local-measure.ts";
import type { ProbeCheck, ProbeQuestion } from "./probe-checks.ts";
import type { CountedNamespace, GroupChange } from "./local-places.ts";
import type { ComparisonQuestion } from "./snapshot-comparison.ts";
import type { PruneQuestion, SimulationQuestion } from "./local-prune.ts";

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
  readonly limit: number;
  /** Absent: from the first entry on. */
  readonly cursor?: string | undefined;
}

/** Every call names the datastore by its path and may throw the engine's coded errors. */
export interface DatastoreEngine {
  /** Makes a datastore in an absent or empty directory, or takes over the one that is there. */
  create(path: string): Promise<void>;
  /** The store's name; gives it one when it has none. */
  identify(path: string): Promise<string>;
  /** @throws DATASTORE_NOT_SAME when the store carries another name or none */
  assertStore(path: string, identity: string): Promise<void>;
  /** Every check of `datastore probe`; what fails is told and not thrown. */
  check(path: string, question: ProbeQuestion): Promise<ProbeCheck[]>;
  /** Cheap: only what is new since the last time is read. */
  summarize(path: string): Promise<StoreSummary>;
  /** Reckoned from a part of the store. */
  sampleChunks(path: string): Promise<ChunkSample>;
  /** Resolves when the datastore can be used. */
  probe(path: string, options: { readonly count: boolean }): Promise<DatastoreUsage>;
  /** Newest first. */
  listSnapshots(path: string, filter: SnapshotFilter): Promise<Snapshot[]>;
  /** Reads `[NS/]type/id/time` or `[NS/]type/id/latest`. */
  findSnapshot(path: string, text: string): Promise<SnapshotRef>;
  getSnapshot(path: string, snapshot: SnapshotRef): Promise<Snapshot>;
  forgetSnapshot(path: string, snapshot: SnapshotRef): Promise<void>;
  /** Parents before children. */
  countNamespaces(path: string): Promise<CountedNamespace[]>;
  createNamespace(path: string, namespace: Namespace): Promise<void>;
  removeNamespace(path: string, namespace: Namespace): Promise<void>;
  /** Of all namespaces when none is named. */
  listGroups(path: string, namespace: Namespace | undefined): Promise<Group[]>;
  changeGroup(path: string, group: GroupRef, change: GroupChange): Promise<Group>;
  /** Reads every index of the store. */
  measureGroupSpace(path: string, group: GroupRef): Promise<GroupSpace>;
  forgetGroup(path: string, group: GroupRef): Promise<ForgottenGroup>;
  changeSnapshot(path: string, snapshot: SnapshotRef, update: SnapshotUpdate): Promise<void>;
  planPrune(path: string, question: PruneQuestion): Promise<PrunePlan>;
  /** @param path  only tells which thread works it out */
  simulatePrune(path: string, question: SimulationQuestion): Promise<PruneSimulation>;
  /** Reads every index of the store. @throws QUESTIONS_TOO_MANY */
  listChunkUses(path: string, digest: string): Promise<FoundChunkUses>;
  /** Goes through the archives of a snapshot that need the chunk. @throws QUESTIONS_TOO_MANY */
  listChunkFiles(
    path: string,
    subject: { readonly snapshot: SnapshotRef; readonly digest: string },
  ): Promise<ChunkFiles>;
  /** One directory of a file archive, by name. */
  /** A page of what differs. */
  compareSnapshots(path: string, question: ComparisonQuestion): Promise<SnapshotComparison>;
  listEntries(path: string, query: EntryQuery): Promise<SnapshotEntryPage>;
}

export const ENGINE_CALLS = [
  "create",
  "identify",
  "assertStore",
  "check",
  "summarize",
  "sampleChunks",
  "probe",
  "listSnapshots",
  "findSnapshot",
  "getSnapshot",
  "forgetSnapshot",
  "countNamespaces",
  "createNamespace",
  "removeNamespace",
  "listGroups",
  "changeGroup",
  "measureGroupSpace",
  "forgetGroup",
  "changeSnapshot",
  "planPrune",
  "simulatePrune",
  "compareSnapshots",
  "listChunkUses",
  "listChunkFiles",
  "listEntries",
] as const satisfies readonly (keyof DatastoreEngine)[];
export type EngineCall = (typeof ENGINE_CALLS)[number];
