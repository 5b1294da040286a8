export { engineErrors } from "./errors.ts";

// disk
export { parentPath, pathFromText, textFromPath } from "./disk/disk.ts";
export type {
  Disk,
  DiskLock,
  FileKind,
  FileStat,
  FileSystemHandle,
  FileSystemSpace,
  LockMode,
  OpenFile,
  OpenMode,
} from "./disk/disk.ts";
export { createRealDisk } from "./disk/real-disk.ts";
export { createMemoryDisk } from "./disk/memory-disk.ts";
export type { MemoryDisk } from "./disk/memory-disk.ts";
export { createFaultyDisk } from "./disk/faulty-disk.ts";
export type { DiskFault, DiskOperation, FaultyDisk, OperationEffect } from "./disk/faulty-disk.ts";

// locks
export { tryLockPath } from "./locks/path-lock.ts";
export type { LockAttempt } from "./locks/path-lock.ts";
export { lockGroup, lockManifest, lockSnapshot } from "./locks/backup-lock.ts";
export type { LockTarget } from "./locks/backup-lock.ts";
export { findOldestWriter, registerWriter } from "./locks/store-writer.ts";
export type { StoreWriter } from "./locks/store-writer.ts";

// chunk-store
export { CHUNK_DIRECTORY_COUNT, CHUNKS_DIRECTORY_NAME, chunkPath } from "./chunk-store/chunk-path.ts";
export { createChunkStore } from "./chunk-store/chunk-store.ts";
export type { ChunkStore, ChunkStoreOptions } from "./chunk-store/chunk-store.ts";
export { chunkReaderModule, chunkWriterModule } from "./chunk-store/chunk-store-module.ts";
export type { ChunkReaderData, ChunkWriterData } from "./chunk-store/chunk-store-module.ts";
export { createDigestSet, openDigestSet } from "./digests/digest-set.ts";
export type { DigestSet } from "./digests/digest-set.ts";

// datastore
export { createDatastore, openDatastore } from "./datastore/datastore.ts";
export { assertPinned, isPinned, pinStore } from "./chunk-store/store-pin.ts";
export type { StorePin } from "./chunk-store/store-pin.ts";
export { assertStoreIdentity, ensureStoreIdentity, readStoreIdentity } from "./datastore/store-identity.ts";
export type { Datastore, EngineNeeds } from "./datastore/datastore.ts";
export {
  assertNamespace,
  createNamespace,
  hasNamespace,
  listNamespaces,
  removeNamespace,
} from "./datastore/namespace.ts";
export {
  changeGroupOwner,
  findGroupOwner,
  hasGroup,
  listGroups,
  mayWriteGroup,
  readGroupNotes,
  setGroupNotes,
} from "./datastore/group.ts";
export {
  findSnapshot,
  isFinished,
  isProtected,
  listSnapshotRefs,
  listSnapshots,
  setProtected,
} from "./datastore/snapshot-list.ts";
export type { SnapshotEntry } from "./datastore/snapshot-list.ts";
export {
  JOB_KEY,
  jobOf,
  readManifest,
  readManifestBlob,
  setSnapshotNotes,
  updateUnprotected,
  verifyStateOf,
} from "./datastore/manifest-file.ts";
export type { VerifyState } from "./datastore/manifest-file.ts";
export { summarizeGroup } from "./datastore/group-summary.ts";
export type { GroupSummary } from "./datastore/group-summary.ts";
export { forgetGroup, forgetSnapshot, removeLeftovers } from "./datastore/forget.ts";
export type { ForgottenGroup } from "./datastore/forget.ts";
export { chunkDirectoriesSample, countChunks, countDatastore } from "./datastore/datastore-statistics.ts";
export type { ChunkCounts, DatastoreCounts } from "./datastore/datastore-statistics.ts";
export { archivePath, groupPath, namespacePath, snapshotPath } from "./datastore/snapshot-path.ts";

// sessions
export { openBackupSession } from "./sessions/backup-session.ts";
export type { BackupRequest, BackupSession } from "./sessions/backup-session.ts";
export type { BaseAbsence } from "./sessions/base-snapshot.ts";
export { openSnapshot } from "./sessions/open-snapshot.ts";
export type { OpenSnapshot } from "./sessions/open-snapshot.ts";
export type { DynamicIndexFile, FixedIndexFile, WrittenFile } from "./sessions/snapshot-file.ts";

// prune
export { openCalendar } from "./prune/calendar-period.ts";
export type { RetentionSet } from "./prune/group-decision.ts";
export { inventBackupTimes } from "./prune/invented-schedule.ts";
export type { InventedSchedule } from "./prune/invented-schedule.ts";
export { executePrune } from "./prune/prune-execute.ts";
export type { PruneOutcome } from "./prune/prune-execute.ts";
export { createGroupPlanner, groupsOf, planPrune } from "./prune/prune-plan.ts";
export type { ChooseRetention, PlannedGroup, PlannedSnapshot, PruneScope } from "./prune/prune-plan.ts";
export { decideByWindows } from "./prune/prune-rule.ts";
export type { PruneDecision } from "./prune/prune-rule.ts";
export { KEEP_RULES } from "./prune/retention.ts";
export type { KeepRule, Retention } from "./prune/retention.ts";

// gc
export { collectGarbage, GC_CUTOFF_MINUTES_DEFAULT, GC_CUTOFF_MINUTES_MAX } from "./gc/collect-garbage.ts";
export type { GcOptions, GcPhase, GcProgress, GcResult } from "./gc/collect-garbage.ts";
export { measureOwnSpace } from "./gc/own-space.ts";
export type { OwnChunks, OwnSpace } from "./gc/own-space.ts";

// verify
export {
  createVerifyPass,
  formatVerifyReport,
  verifySnapshot,
  verifySnapshots,
} from "./verify/verify-pass.ts";
export type { VerifyOptions, VerifyOutcome, VerifyPass, VerifyProgress } from "./verify/verify-pass.ts";
export { coverSnapshots } from "./verify/cover.ts";
export type { CoverOptions, CoverResult } from "./verify/cover.ts";
export { daysToCover } from "./verify/coverage.ts";
export type { Coverage } from "./verify/coverage.ts";
export { enterPass } from "./verify/pass-mark.ts";
export type { VerifyPassMark } from "./verify/pass-mark.ts";
export { createSeenChunks } from "./verify/seen-chunks.ts";
export type { SeenChunks } from "./verify/seen-chunks.ts";
export { chunkPieces, findChunkUses } from "./verify/chunk-uses.ts";
export type { ChunkUse, ChunkUses, StreamPiece } from "./verify/chunk-uses.ts";
export { createInlineDecoder } from "./verify/inline-decoder.ts";
export type { VerifyFinding, VerifyReport, VerifyResult } from "./verify/verify-report.ts";
