/** Datastores and what lies in them. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { DOWNLOAD_FORMATS } from "./download-words.ts";
import {
  BandwidthLimitSchema,
  DatastoreModeSchema,
  DatastoreStatusSchema,
  FillForecastSchema,
  FreePercentMinSchema,
  ProbeCheckSchema,
} from "./measure.ts";
import { NotificationNameSchema } from "./notification-message.ts";
import { RetentionSchema } from "./retention.ts";
import {
  AbsolutePathSchema,
  CommentSchema,
  CountSchema,
  InstantSchema,
  NameSchema,
  SizeSchema,
  strictObject,
  words,
} from "./shapes.ts";
import { SnapshotVerificationSchema, VerifyResultSchema } from "./task.ts";

export const RunningTaskCountMaxSchema = Type.Integer({ minimum: 1, maximum: 1000 });

export const DatastoreCreateSchema = strictObject(
  {
    name: NameSchema,
    path: AbsolutePathSchema,
    comment: Type.Optional(CommentSchema),
    runningTaskCountMax: Type.Optional(RunningTaskCountMaxSchema),
    bandwidthLimitBytesPerSecond: Type.Optional(BandwidthLimitSchema),
    freePercentMin: Type.Optional(FreePercentMinSchema),
    notificationGroup: Type.Optional(NotificationNameSchema),
  },
  "DatastoreCreate",
);
export type DatastoreCreate = Static<typeof DatastoreCreateSchema>;

export const DatastoreSchema = strictObject(
  {
    name: Type.String(),
    /** `""` for whom only namespaces in it were granted to. */
    path: Type.String(),
    comment: Type.Optional(Type.String()),
    status: DatastoreStatusSchema,
    /** Why it is offline, or who set the mode and why. */
    statusReason: Type.Optional(Type.String()),
    /**
     * As it was set: in `read-only` nothing is written into it, in `maintenance` the server does not touch its path at all. Absent: `normal`.
     */
    mode: Type.Optional(DatastoreModeSchema),
    createdAt: InstantSchema,
    /** Shared by all tasks that run on it. */
    bandwidthLimitBytesPerSecond: Type.Optional(BandwidthLimitSchema),
    /** Less free space than this is told as low. Absent: the default, 10. */
    freePercentMin: Type.Optional(FreePercentMinSchema),
    /** Who hears of it, and of tasks in it whose job names no group. */
    notificationGroup: Type.Optional(Type.String()),
    /** Less is free than `freePercentMin` allows; absent while that is not known. */
    isSpaceLow: Type.Optional(Type.Boolean()),
    /** More tasks than these do not run on it at the same time. */
    runningTaskCountMax: Type.Optional(RunningTaskCountMaxSchema),
    /** For every namespace that has none of its own. */
    retention: Type.Optional(RetentionSchema),
    /** Of the file system that holds it; absent while offline. */
    totalBytes: Type.Optional(SizeSchema),
    usedBytes: Type.Optional(SizeSchema),
    freeBytes: Type.Optional(SizeSchema),
    groupCount: Type.Optional(CountSchema),
    snapshotCount: Type.Optional(CountSchema),
    /** As last measured. */
    logicalBytes: Type.Optional(SizeSchema),
    chunkCount: Type.Optional(CountSchema),
    storedBytes: Type.Optional(SizeSchema),
    chunksAreEstimate: Type.Optional(Type.Boolean()),
    deduplicationRatio: Type.Optional(Type.Number({ minimum: 0 })),
    fill: Type.Optional(FillForecastSchema),
  },
  "Datastore",
);
export type Datastore = Static<typeof DatastoreSchema>;

/** Absent fields stay as they are; `null` takes a setting away. */
export const DatastoreUpdateSchema = strictObject(
  {
    comment: Type.Optional(Type.Union([CommentSchema, Type.Null()])),
    runningTaskCountMax: Type.Optional(Type.Union([RunningTaskCountMaxSchema, Type.Null()])),
    retention: Type.Optional(Type.Union([RetentionSchema, Type.Null()])),
    bandwidthLimitBytesPerSecond: Type.Optional(Type.Union([BandwidthLimitSchema, Type.Null()])),
    /** `null`: the default. */
    freePercentMin: Type.Optional(Type.Union([FreePercentMinSchema, Type.Null()])),
    notificationGroup: Type.Optional(Type.Union([NotificationNameSchema, Type.Null()])),
    mode: Type.Optional(DatastoreModeSchema),
    /** Why the mode is set; kept with it. */
    modeReason: Type.Optional(CommentSchema),
    /** Takes the store that lies at the path now for this datastore, though it is not the one that was there. */
    acceptStore: Type.Optional(Type.Boolean()),
  },
  "DatastoreUpdate",
);
export type DatastoreUpdate = Static<typeof DatastoreUpdateSchema>;

/** What `probe` found, check by check, and how the datastore stands after it. */
export const DatastoreProbeSchema = strictObject(
  { datastore: DatastoreSchema, checks: Type.Array(ProbeCheckSchema), durationMs: CountSchema },
  "DatastoreProbe",
);
export type DatastoreProbe = Static<typeof DatastoreProbeSchema>;

export const SnapshotFileSchema = strictObject({
  name: Type.String(),
  sizeBytes: SizeSchema,
  cryptMode: Type.Union([Type.Literal("none"), Type.Literal("encrypt"), Type.Literal("sign-only")]),
  /** Pieces that it is stored as, each time it needs one. Only where one snapshot is asked for, and not of blobs. */
  chunkCount: Type.Optional(CountSchema),
});

/** How the last verification of a snapshot ended. */
export const SnapshotVerdictSchema = strictObject(
  {
    result: VerifyResultSchema,
    /** When that task was made. */
    at: InstantSchema,
    upid: Type.String(),
    /** Who started it. */
    verifier: Type.String(),
    /** It is longer ago than the keep-verified window, 30 days. */
    isStale: Type.Boolean(),
  },
  "SnapshotVerdict",
);
export type SnapshotVerdict = Static<typeof SnapshotVerdictSchema>;

export const SnapshotSchema = strictObject(
  {
    /** `[NS/]type/id/time`, the name that other calls take. */
    snapshot: Type.String(),
    namespace: Type.String(),
    type: Type.String(),
    id: Type.String(),
    backupTime: Type.Integer(),
    /** Without a manifest: a backup is writing it, or one was killed while it did. */
    finished: Type.Boolean(),
    /** Sum of the archives' logical sizes. */
    sizeBytes: Type.Optional(SizeSchema),
    /** While unfinished: its writer lives. */
    running: Type.Optional(Type.Boolean()),
    /** Why its manifest cannot be read. */
    manifestError: Type.Optional(Type.String()),
    owner: Type.Optional(Type.String()),
    protected: Type.Boolean(),
    /** The job that took it; absent: taken by hand. */
    job: Type.Optional(Type.String()),
    notes: Type.Optional(Type.String()),
    keyFingerprint: Type.Optional(Type.String()),
    files: Type.Array(SnapshotFileSchema),
    /** How its last verification ended; absent: never verified. */
    verification: Type.Optional(SnapshotVerdictSchema),
  },
  "Snapshot",
);
export type Snapshot = Static<typeof SnapshotSchema>;

/** One entry of a directory inside a file archive. */
export const SnapshotEntrySchema = strictObject(
  {
    name: Type.String(),
    kind: Type.Union([
      Type.Literal("directory"),
      Type.Literal("file"),
      Type.Literal("symlink"),
      Type.Literal("hardlink"),
      Type.Literal("block-device"),
      Type.Literal("character-device"),
      Type.Literal("fifo"),
      Type.Literal("socket"),
    ]),
    mode: CountSchema,
    uid: CountSchema,
    gid: CountSchema,
    modifiedAt: Type.Number(),
    sizeBytes: Type.Optional(SizeSchema),
    linkTarget: Type.Optional(Type.String()),
  },
  "SnapshotEntry",
);
export type SnapshotEntry = Static<typeof SnapshotEntrySchema>;

export const SnapshotEntryPageSchema = strictObject(
  {
    /** By the bytes of their names. */
    entries: Type.Array(SnapshotEntrySchema),
    /** Of the whole directory. */
    entryCount: CountSchema,
    /** Absent on the last page. */
    nextCursor: Type.Optional(Type.String()),
  },
  "SnapshotEntryPage",
);
export type SnapshotEntryPage = Static<typeof SnapshotEntryPageSchema>;

export const SnapshotParamsSchema = strictObject({
  datastore: Type.String({ maxLength: 64 }),
  snapshot: Type.String({ maxLength: 1024 }),
});
export type SnapshotParams = Static<typeof SnapshotParamsSchema>;

/** What is downloaded of a snapshot. */
export const SnapshotDownloadQuerySchema = strictObject({
  archive: Type.String({ minLength: 1, maxLength: 256 }),
  /** File or directory inside the archive, "/" for all of it; as lists show it. */
  path: Type.Optional(Type.String({ maxLength: 4096 })),
  /** Absent: a file as it is, a directory as zip. */
  format: Type.Optional(words(DOWNLOAD_FORMATS)),
});
export type SnapshotDownloadQuery = Static<typeof SnapshotDownloadQuerySchema>;

export const SnapshotShowSchema = strictObject(
  {
    snapshot: SnapshotSchema,
    verifications: Type.Array(SnapshotVerificationSchema),
  },
  "SnapshotShow",
);
export type SnapshotShow = Static<typeof SnapshotShowSchema>;
