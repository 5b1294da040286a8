/**
 * A task as it travels.
 *
 * States: `queued` → `running` → `ok` | `warning` | `failed` | `cancelled`. A queued task can go straight to `cancelled` or
 * `failed`. A finished state never changes again; a retry is a new task that names the old one.
 */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, ErrorShapeSchema, InstantSchema, SizeSchema, strictObject } from "./shapes.ts";

export const TaskTypeSchema = Type.Union([
  Type.Literal("backup"),
  Type.Literal("restore"),
  Type.Literal("verify"),
]);

export const TaskStateSchema = Type.Union([
  Type.Literal("queued"),
  Type.Literal("running"),
  Type.Literal("ok"),
  Type.Literal("warning"),
  Type.Literal("failed"),
  Type.Literal("cancelled"),
]);

/** Why a queued task does not run yet. True at the instant of the answer, never empty. */
export const WaitReasonSchema = strictObject({
  code: Type.Union([
    Type.Literal("no-free-slot"),
    Type.Literal("no-worker-online"),
    Type.Literal("waiting-for-lock"),
    Type.Literal("starting"),
  ]),
  message: Type.String(),
  /** The task that holds what this one waits for. */
  heldBy: Type.Optional(Type.String()),
});
export type WaitReason = Static<typeof WaitReasonSchema>;

/**
 * Progress of one stage. `total*` are absent while they are not known ("counting"); `totalIsEstimate` says that they come
 * from the previous snapshot and may be off. A percentage may be shown only from a total.
 */
export const TaskStageSchema = strictObject({
  name: Type.String(),
  state: Type.Union([
    Type.Literal("running"),
    Type.Literal("done"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
  ]),
  startedAt: InstantSchema,
  endedAt: Type.Optional(InstantSchema),
  doneBytes: SizeSchema,
  totalBytes: Type.Optional(SizeSchema),
  doneItems: CountSchema,
  totalItems: Type.Optional(CountSchema),
  totalIsEstimate: Type.Boolean(),
  /** Over a sliding window; absent before there is one. */
  rateBytesPerSecond: Type.Optional(Type.Number({ minimum: 0 })),
  etaSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  /** What is being worked on, for people. */
  current: Type.Optional(Type.String()),
});
export type TaskStage = Static<typeof TaskStageSchema>;

/** Product.md section 6, plus the counts they come from. Rates and shares are absent where nothing was there to divide. */
export const BackupStatisticsSchema = strictObject({
  durationMs: CountSchema,
  fileCount: CountSchema,
  directoryCount: CountSchema,
  reusedFileCount: CountSchema,
  /** Logical size of the source: file contents and image sizes. */
  sourceSizeBytes: SizeSchema,
  /** Bytes really read from the source. */
  sourceReadBytes: SizeSchema,
  chunkCount: CountSchema,
  knownChunkCount: CountSchema,
  /** Raw bytes of newly stored chunks, the same after zstd, and what was written to the datastore. */
  newRawBytes: SizeSchema,
  newCompressedBytes: SizeSchema,
  newStoredBytes: SizeSchema,
  effectiveTransferRateBytesPerSecond: Type.Optional(Type.Number()),
  sourceReadRateBytesPerSecond: Type.Optional(Type.Number()),
  /** 0 to 1. */
  deduplicationHitRate: Type.Optional(Type.Number()),
  /** Raw size over post-zstd size, of newly stored chunks. */
  compressionRatio: Type.Optional(Type.Number()),
  /** Pre-encrypt size over on-disk size. */
  preEncryptBytes: SizeSchema,
  onDiskBytes: SizeSchema,
});
export type BackupStatistics = Static<typeof BackupStatisticsSchema>;

export const RestoreStatisticsSchema = strictObject({
  durationMs: CountSchema,
  fileCount: CountSchema,
  directoryCount: CountSchema,
  skippedCount: CountSchema,
  restoredBytes: SizeSchema,
  chunkCount: CountSchema,
  storedReadBytes: SizeSchema,
});
export type RestoreStatistics = Static<typeof RestoreStatisticsSchema>;

export const VerifyResultSchema = Type.Union([
  Type.Literal("OK"),
  Type.Literal("CORRUPT"),
  Type.Literal("MISSING"),
]);

export const VerifyFindingSchema = strictObject({
  kind: Type.Union([Type.Literal("corrupt"), Type.Literal("missing")]),
  archive: Type.String(),
  digest: Type.Optional(Type.String()),
  reason: Type.String(),
});
export type VerifyFinding = Static<typeof VerifyFindingSchema>;

export const SnapshotVerificationSchema = strictObject({
  snapshot: Type.String({ description: "[NS/]type/id/time" }),
  result: VerifyResultSchema,
  startedAt: InstantSchema,
  durationMs: CountSchema,
  chunkCount: CountSchema,
  readBytes: SizeSchema,
  /** Chunks whose digest could not be recomputed because they are encrypted and no key was at hand. */
  checksumOnlyChunkCount: CountSchema,
  /** The first 1,000 failures; `findingCount` counts them all. */
  findings: Type.Array(VerifyFindingSchema),
  findingCount: CountSchema,
});
export type SnapshotVerification = Static<typeof SnapshotVerificationSchema>;

export const VerifyStatisticsSchema = strictObject({
  durationMs: CountSchema,
  snapshotCount: CountSchema,
  chunkCount: CountSchema,
  readBytes: SizeSchema,
  snapshots: Type.Array(SnapshotVerificationSchema),
});
export type VerifyStatistics = Static<typeof VerifyStatisticsSchema>;

/** Inline and not as a reference: the union is discriminated by the task's type. */
export const TaskStatisticsSchema = Type.Union([
  strictObject({ kind: Type.Literal("backup"), snapshot: Type.String(), backup: BackupStatisticsSchema }),
  strictObject({ kind: Type.Literal("restore"), restore: RestoreStatisticsSchema }),
  strictObject({ kind: Type.Literal("verify"), verify: VerifyStatisticsSchema }),
]);
export type TaskStatistics = Static<typeof TaskStatisticsSchema>;

export const TaskSchema = strictObject(
  {
    upid: Type.String(),
    type: TaskTypeSchema,
    state: TaskStateSchema,
    authId: Type.String(),
    datastore: Type.String(),
    /** For people: `/usr/share` → `main:host/web-1`. */
    source: Type.String(),
    target: Type.String(),
    queuedAt: InstantSchema,
    startedAt: Type.Optional(InstantSchema),
    endedAt: Type.Optional(InstantSchema),
    waitReason: Type.Optional(WaitReasonSchema),
    stages: Type.Array(TaskStageSchema),
    /** Transferred (backup, restore) or processed (verify). */
    bytes: SizeSchema,
    warningCount: CountSchema,
    errorCount: CountSchema,
    logLineCount: CountSchema,
    /** One line: `OK`, `WARNINGS: 3`, `Cancelled by an operator`, or the error's message. */
    exitStatus: Type.Optional(Type.String()),
    error: Type.Optional(ErrorShapeSchema),
    statistics: Type.Optional(TaskStatisticsSchema),
    cancelRequested: Type.Boolean(),
    retryOf: Type.Optional(Type.String()),
  },
  "Task",
);
export type Task = Static<typeof TaskSchema>;

export const LogLevelSchema = Type.Union([
  Type.Literal("debug"),
  Type.Literal("info"),
  Type.Literal("warning"),
  Type.Literal("error"),
]);

export const TaskLogLineSchema = strictObject(
  {
    /** 1-based, without gaps. */
    number: Type.Integer({ minimum: 1 }),
    at: InstantSchema,
    level: LogLevelSchema,
    stage: Type.Optional(Type.String()),
    /** Stable name of what the line says: `FILE_UNREADABLE`. */
    code: Type.String(),
    message: Type.String(),
    fields: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  },
  "TaskLogLine",
);
export type TaskLogLine = Static<typeof TaskLogLineSchema>;
