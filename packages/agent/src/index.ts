export type { ClosedIndex, DynamicIndexSink, FixedIndexSink, SnapshotSink } from "./snapshot-sink.ts";
export type { SnapshotSource } from "./snapshot-source.ts";
export type { AgentProgress, Notice, NoticeCode, NoticeListener } from "./notice.ts";
export type { BackupOptions, BackupPlan, BackupResult } from "./backup/backup-plan.ts";
export type { OverwritePolicy, RestoreOptions, RestorePlan, RestoreResult } from "./restore/restore-plan.ts";
export { agentErrors } from "./errors.ts";
export { textOf } from "./byte-string.ts";
export { takeBackup } from "./backup/take-backup.ts";
export { restoreSnapshot } from "./restore/restore-snapshot.ts";
