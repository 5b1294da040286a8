/**
 * A task as it travels.
 *
 * States: `queued` → `running` → `ok` | `warning` | `failed` | `cancelled`. A queued task can go straight to `cancelled` or
 * `failed`. A finished state never changes again; a retry is a new task that names the old one.
 */

import { Type } from "typebox";
import type { Static } from "typebox";
import { DrillStatisticsSchema } from "./drill.ts";
import { BandwidthLimitSchema } from "./measure.ts";
import { PruneStatisticsSchema } from "./retention.ts";
import { CountSchema, ErrorShapeSchema, InstantSchema, SizeSchema, strictObject, words } from "./shapes.ts";
import { LOG_LEVELS, TASK_CLASSES, TASK_PRIORITIES, TASK_STATES, TASK_TYPES } from "./task-words.ts";

export const TaskTypeSchema = words(TASK_TYPES);
export const TaskStateSchema = words(TASK_STATES);
export const TaskClassSchema = words(TASK_CLASSES);
export const TaskPrioritySchema = words(TASK_PRIORITIES);

/** One thing that keeps a queued task from running, true at the instant of the answer. */
export const WaitReasonSchema = strictObject(
  {
    code: words([
      "no-free-slot",
      "no-worker-online",
      "worker-draining",
      "waiting-for-lock",
      "waiting-for-parent",
      "scheduler-paused",
      "limit-reached",
      "datastore-maintenance",
      "retry-delay",
      "starting",
    ]),
    message: Type.String(),
    /** Tasks that hold what this one waits for, for the slot and the limit those that run. At most 20. */
    heldBy: Type.Array(Type.String()),
    /** What is waited for: a lock's name, a class of workers, a datastore, a project. */
    resource: Type.Optional(Type.String()),
  },
  "WaitReason",
);
export type WaitReason = Static<typeof WaitReasonSchema>;

/**
 * The wait graph of a queued task: every reason that holds now, the one to act on first. Never empty. The start is
 * predicted from how long tasks of this kind took; a prediction that stands on nothing is absent.
 */
export const TaskWaitSchema = strictObject(
  {
    reasons: Type.Array(WaitReasonSchema, { minItems: 1 }),
    /** Queued tasks of the same class that go first. */
    aheadCount: CountSchema,
    predictedStart: Type.Optional(strictObject({ earliestAt: InstantSchema, latestAt: InstantSchema })),
  },
  "TaskWait",
);
export type TaskWait = Static<typeof TaskWaitSchema>;

/** Set while a running task does not move or its worker is silent. `failed` comes only when the lease is over and fenced. */
export const TaskConcernSchema = strictObject(
  {
    code: words(["contact-lost", "stalled"]),
    message: Type.String(),
    since: InstantSchema,
  },
  "TaskConcern",
);
export type TaskConcern = Static<typeof TaskConcernSchema>;

/** What is done with a task that failed with an error that may pass by itself (`retry` is not `never`). */
export const RetryPolicySchema = strictObject(
  {
    countMax: Type.Integer({ minimum: 0, maximum: 10 }),
    /** Before the first retry; doubles with each further one. */
    delaySeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
  },
  "RetryPolicy",
);
export type RetryPolicy = Static<typeof RetryPolicySchema>;

/**
 * Progress of one stage. `total*` are absent while they are not known ("counting"); `totalIsEstimate` says that they come
 * from the previous snapshot and may be off. A percentage may be shown only from a total.
 */
export const TaskStageSchema = strictObject(
  {
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
    /** Warnings and errors logged while this stage ran. */
    warningCount: CountSchema,
    errorCount: CountSchema,
  },
  "TaskStage",
);
export type TaskStage = Static<typeof TaskStageSchema>;

/** Product.md section 6, plus the counts they come from. Rates and shares are absent where nothing was there to divide. */
export const BackupStatisticsSchema = strictObject(
  {
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
  },
  "BackupStatistics",
);
export type BackupStatistics = Static<typeof BackupStatisticsSchema>;

export const RestoreStatisticsSchema = strictObject(
  {
    durationMs: CountSchema,
    fileCount: CountSchema,
    directoryCount: CountSchema,
    skippedCount: CountSchema,
    restoredBytes: SizeSchema,
    chunkCount: CountSchema,
    storedReadBytes: SizeSchema,
  },
  "RestoreStatistics",
);
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

export const SnapshotVerificationSchema = strictObject(
  {
    snapshot: Type.String({ description: "[NS/]type/id/time" }),
    result: VerifyResultSchema,
    startedAt: InstantSchema,
    durationMs: CountSchema,
    chunkCount: CountSchema,
    readBytes: SizeSchema,
    /** Chunks whose digest could not be recomputed because they are encrypted and no key was at hand. */
    checksumOnlyChunkCount: CountSchema,
    /** Of `chunkCount`: encrypted ones that were compared with the SHA-256 of what was stored. */
    storedDigestChunkCount: Type.Optional(CountSchema),
    /** Found sound not long ago: by the pass that this one went on with, or within the window. Not of `chunkCount`. */
    freshChunkCount: Type.Optional(CountSchema),
    /** The first 1,000 failures; `findingCount` counts them all. */
    findings: Type.Array(VerifyFindingSchema),
    findingCount: CountSchema,
  },
  "SnapshotVerification",
);
export type SnapshotVerification = Static<typeof SnapshotVerificationSchema>;

/** What of a scope was checked how long ago, when the run ended. Bytes as stored. */
export const VerifyCoverageSchema = strictObject(
  {
    coverDays: CountSchema,
    chunkCount: CountSchema,
    totalBytes: SizeSchema,
    /** Checked within `coverDays`. */
    coveredBytes: SizeSchema,
    /** Never, as far as it is known. */
    neverBytes: SizeSchema,
    /** By the age of the last check: up to so many days, and more than the row before. */
    ages: Type.Array(strictObject({ days: CountSchema, bytes: SizeSchema })),
    olderBytes: SizeSchema,
    /** Due in this run, and not read in its time. */
    leftBytes: SizeSchema,
    /** How long all bytes take at the pace of this run; absent: it read too little to tell. */
    forecastDays: Type.Optional(Type.Number({ minimum: 0 })),
  },
  "VerifyCoverage",
);
export type VerifyCoverage = Static<typeof VerifyCoverageSchema>;

export const VerifyStatisticsSchema = strictObject(
  {
    durationMs: CountSchema,
    snapshotCount: CountSchema,
    /** Left out, because they were found sound not long ago. */
    recentlyVerifiedCount: Type.Optional(CountSchema),
    chunkCount: CountSchema,
    readBytes: SizeSchema,
    /** The task that was cut short, and that this one went on with. */
    continuedUpid: Type.Optional(Type.String()),
    /** Of a verification with `coverDays`. */
    coverage: Type.Optional(VerifyCoverageSchema),
    snapshots: Type.Array(SnapshotVerificationSchema),
  },
  "VerifyStatistics",
);
export type VerifyStatistics = Static<typeof VerifyStatisticsSchema>;

export const GcStatisticsSchema = strictObject(
  {
    durationMs: CountSchema,
    isDryRun: Type.Boolean(),
    indexFileCount: CountSchema,
    /** Sum of the streams that the indexes describe: what the datastore's content was before deduplication. */
    indexDataBytes: SizeSchema,
    /** Chunks that an index names, and their files' sizes. */
    usedChunkCount: CountSchema,
    usedBytes: SizeSchema,
    removedChunkCount: CountSchema,
    removedBytes: SizeSchema,
    /** Named by no index, but used too recently to go. */
    pendingChunkCount: CountSchema,
    pendingBytes: SizeSchema,
    /** When the first pending chunk may go; absent without pending ones. */
    nextFreeAt: Type.Optional(InstantSchema),
    /** Named by an index, and not there: a verification tells which. */
    missingChunkCount: CountSchema,
    removedBadChunkCount: CountSchema,
    keptBadChunkCount: CountSchema,
    removedTemporaryCount: CountSchema,
  },
  "GcStatistics",
);
export type GcStatistics = Static<typeof GcStatisticsSchema>;

/** Inline and not as a reference: the union is discriminated by the task's type. */
export const TaskStatisticsSchema = Type.Union([
  strictObject({ kind: Type.Literal("backup"), snapshot: Type.String(), backup: BackupStatisticsSchema }),
  strictObject({ kind: Type.Literal("restore"), restore: RestoreStatisticsSchema }),
  strictObject({ kind: Type.Literal("verify"), verify: VerifyStatisticsSchema }),
  strictObject({ kind: Type.Literal("prune"), prune: PruneStatisticsSchema }),
  strictObject({ kind: Type.Literal("gc"), gc: GcStatisticsSchema }),
  strictObject({ kind: Type.Literal("drill"), drill: DrillStatisticsSchema }),
]);
export type TaskStatistics = Static<typeof TaskStatisticsSchema>;

export const TaskSchema = strictObject(
  {
    upid: Type.String(),
    type: TaskTypeSchema,
    state: TaskStateSchema,
    /** The slots it runs in. */
    class: TaskClassSchema,
    priority: TaskPrioritySchema,
    authId: Type.String(),
    /** Absent for what belongs to the platform. */
    project: Type.Optional(Type.String()),
    datastore: Type.String(),
    namespace: Type.String(),
    /** For people: `/usr/share` → `main:host/web-1`. */
    source: Type.String(),
    target: Type.String(),
    queuedAt: InstantSchema,
    startedAt: Type.Optional(InstantSchema),
    endedAt: Type.Optional(InstantSchema),
    /** While queued. */
    wait: Type.Optional(TaskWaitSchema),
    /** While running, when something looks wrong. */
    concern: Type.Optional(TaskConcernSchema),
    /** The worker that runs it, `NODE/CLASS`. */
    worker: Type.Optional(Type.String()),
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
    /** The task that this one repeats, and the one that repeats this one. */
    retryOf: Type.Optional(Type.String()),
    retriedBy: Type.Optional(Type.String()),
    /** 1 for the first run of the work, counted through its retries. */
    tryNumber: Type.Integer({ minimum: 1 }),
    retryPolicy: Type.Optional(RetryPolicySchema),
    /** Of its own; its datastore may have one that it shares with others. */
    bandwidthLimitBytesPerSecond: Type.Optional(BandwidthLimitSchema),
    /** The job whose run it is, the run, and the workload that the run is about. Absent for what was started by hand. */
    job: Type.Optional(Type.String()),
    run: Type.Optional(CountSchema),
    workload: Type.Optional(Type.String()),
    /** The task that queued this one as a part of itself. */
    parent: Type.Optional(Type.String()),
    childCount: CountSchema,
  },
  "Task",
);
export type Task = Static<typeof TaskSchema>;

export const LogLevelSchema = words(LOG_LEVELS);

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
