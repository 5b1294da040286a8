/** What may be asked under `/api/v1`: parameters and answers of every route. `routes.ts` joins them with their URLs. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, SizeSchema, strictObject } from "./shapes.ts";
import {
  LogLevelSchema,
  SnapshotVerificationSchema,
  TaskLogLineSchema,
  TaskSchema,
  TaskStateSchema,
  TaskTypeSchema,
} from "./task.ts";

const PATH_LENGTH_MAX = 4096;
const LIST_LENGTH_MAX = 1000;

export const NameSchema = Type.String({ minLength: 1, maxLength: 256 });
const AbsolutePathSchema = Type.String({
  minLength: 1,
  maxLength: PATH_LENGTH_MAX,
  pattern: "^/[^\\u0000]*$",
});
const PatternSchema = Type.String({ minLength: 1, maxLength: PATH_LENGTH_MAX });

export const DatastoreCreateSchema = strictObject({
  name: NameSchema,
  path: AbsolutePathSchema,
  comment: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type DatastoreCreate = Static<typeof DatastoreCreateSchema>;

export const DatastoreSchema = strictObject(
  {
    name: Type.String(),
    path: Type.String(),
    comment: Type.Optional(Type.String()),
    status: Type.Union([Type.Literal("online"), Type.Literal("offline")]),
    /** Why it is offline. */
    statusReason: Type.Optional(Type.String()),
    createdAt: InstantSchema,
    /** Of the file system that holds it; absent while offline. */
    totalBytes: Type.Optional(SizeSchema),
    usedBytes: Type.Optional(SizeSchema),
    freeBytes: Type.Optional(SizeSchema),
    groupCount: Type.Optional(CountSchema),
    snapshotCount: Type.Optional(CountSchema),
  },
  "Datastore",
);
export type Datastore = Static<typeof DatastoreSchema>;

export const SnapshotFileSchema = strictObject({
  name: Type.String(),
  sizeBytes: SizeSchema,
  cryptMode: Type.Union([Type.Literal("none"), Type.Literal("encrypt"), Type.Literal("sign-only")]),
});

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
    owner: Type.Optional(Type.String()),
    protected: Type.Boolean(),
    notes: Type.Optional(Type.String()),
    keyFingerprint: Type.Optional(Type.String()),
    files: Type.Array(SnapshotFileSchema),
    verification: Type.Optional(
      strictObject({ upid: Type.String(), state: Type.Union([Type.Literal("ok"), Type.Literal("failed")]) }),
    ),
  },
  "Snapshot",
);
export type Snapshot = Static<typeof SnapshotSchema>;

/** One entry of a directory inside a file archive. */
export const SnapshotEntrySchema = strictObject({
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
});
export type SnapshotEntry = Static<typeof SnapshotEntrySchema>;

export const BackupRequestSchema = strictObject({
  datastore: NameSchema,
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  /** Defaults to `host`. */
  type: Type.Optional(Type.String({ maxLength: 8 })),
  /** Defaults to the server's host name. */
  id: Type.Optional(NameSchema),
  /** Directories, one file archive each; regular files and block devices become disk images. */
  paths: Type.Array(AbsolutePathSchema, { minItems: 1, maxItems: 100 }),
  /** gitignore syntax, relative to each path. */
  excludes: Type.Optional(Type.Array(PatternSchema, { maxItems: LIST_LENGTH_MAX })),
  /** Members of `paths` whose absence is a warning and not a failure. */
  optionalPaths: Type.Optional(Type.Array(AbsolutePathSchema, { maxItems: 100 })),
  oneFileSystem: Type.Optional(Type.Boolean()),
  /** Reads everything again and re-uses nothing of the previous snapshot. */
  full: Type.Optional(Type.Boolean()),
  /** A key file on the machine that is backed up; turns on encryption. */
  keyFile: Type.Optional(AbsolutePathSchema),
  compressionLevel: Type.Optional(Type.Integer({ minimum: 1, maximum: 19 })),
  notes: Type.Optional(Type.String({ maxLength: 65_536 })),
});
export type BackupRequest = Static<typeof BackupRequestSchema>;

export const RestoreRequestSchema = strictObject({
  datastore: NameSchema,
  /** `[NS/]type/id/time` or `[NS/]type/id/latest`. */
  snapshot: Type.String({ minLength: 1, maxLength: 1024 }),
  /** Name as shown by `snapshot files`, with or without `.didx`/`.fidx`/`.mpxar.didx`; absent: all archives. */
  archive: Type.Optional(NameSchema),
  target: AbsolutePathSchema,
  /** gitignore-syntax patterns; only what matches is restored. */
  includes: Type.Optional(Type.Array(PatternSchema, { maxItems: LIST_LENGTH_MAX })),
  overwrite: Type.Optional(
    Type.Union([Type.Literal("never"), Type.Literal("if-changed"), Type.Literal("always")]),
  ),
  keyFile: Type.Optional(AbsolutePathSchema),
  /** Restores what can be had of a snapshot whose last verification failed. */
  allowCorrupt: Type.Optional(Type.Boolean()),
});
export type RestoreRequest = Static<typeof RestoreRequestSchema>;

export const VerifyRequestSchema = strictObject({
  datastore: NameSchema,
  /** `[NS/]type/id/time`, `…/latest`, or absent for every snapshot of the datastore. */
  snapshot: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
});
export type VerifyRequest = Static<typeof VerifyRequestSchema>;

export const StartedTaskSchema = strictObject({ upid: Type.String() }, "StartedTask");
export type StartedTask = Static<typeof StartedTaskSchema>;

export const TaskListQuerySchema = strictObject({
  type: Type.Optional(TaskTypeSchema),
  state: Type.Optional(TaskStateSchema),
  datastore: Type.Optional(NameSchema),
  user: Type.Optional(NameSchema),
  /** Bounds on the queued instant, milliseconds. */
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 256 })),
});
export type TaskListQuery = Static<typeof TaskListQuerySchema>;

export const TaskListSchema = strictObject({
  tasks: Type.Array(TaskSchema),
  nextCursor: Type.Optional(Type.String()),
});
export type TaskList = Static<typeof TaskListSchema>;

export const TaskLogQuerySchema = strictObject({
  /** First line number wanted, from 1. */
  start: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 500 })),
  /** This level and worse. */
  level: Type.Optional(LogLevelSchema),
});
export type TaskLogQuery = Static<typeof TaskLogQuerySchema>;

export const TaskLogSchema = strictObject({
  lines: Type.Array(TaskLogLineSchema),
  lineCount: CountSchema,
  finished: Type.Boolean(),
});
export type TaskLog = Static<typeof TaskLogSchema>;

export const SnapshotShowSchema = strictObject({
  snapshot: SnapshotSchema,
  verifications: Type.Array(SnapshotVerificationSchema),
});
export type SnapshotShow = Static<typeof SnapshotShowSchema>;

export const ServiceSchema = strictObject({
  name: Type.String(),
  state: Type.Union([Type.Literal("running"), Type.Literal("stopped"), Type.Literal("failed")]),
  detail: Type.String(),
});
export const StatusSchema = strictObject(
  {
    version: Type.String(),
    node: Type.String(),
    startedAt: InstantSchema,
    fingerprint: Type.String(),
    queuedTaskCount: CountSchema,
    runningTaskCount: CountSchema,
    slotCount: CountSchema,
    freeSlotCount: CountSchema,
    datastoreCount: CountSchema,
    services: Type.Array(ServiceSchema),
  },
  "Status",
);
export type Status = Static<typeof StatusSchema>;

export const LoginRequestSchema = strictObject({
  /** `admin@ibs` */
  user: NameSchema,
  password: Type.String({ minLength: 1, maxLength: 1024 }),
});
export type LoginRequest = Static<typeof LoginRequestSchema>;

export const LoginSchema = strictObject({
  /** Shown once; the server keeps its hash. */
  token: Type.String(),
  authId: Type.String(),
  expiresAt: InstantSchema,
});
export type Login = Static<typeof LoginSchema>;

export const WhoamiSchema = strictObject({
  authId: Type.String(),
  role: Type.Union([Type.Literal("administrator")]),
  /** How the caller proved it. */
  via: Type.Union([Type.Literal("local-token"), Type.Literal("session")]),
});
export type Whoami = Static<typeof WhoamiSchema>;
