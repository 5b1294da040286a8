/** What starts a task, and what is asked about tasks. */

import { Type } from "typebox";
import type { Static } from "typebox";
import {
  AbsolutePathSchema,
  countsOf,
  CountSchema,
  InstantSchema,
  NameSchema,
  pageQuery,
  PatternSchema,
  strictObject,
  words,
} from "./shapes.ts";
import { CommandSourceSchema, HookCommandSchema } from "./command.ts";
import { drillFields } from "./drill.ts";
import { pruneScopeFields } from "./retention.ts";
import { BandwidthLimitSchema } from "./measure.ts";
import {
  LogLevelSchema,
  RetryPolicySchema,
  TaskLogLineSchema,
  TaskPrioritySchema,
  TaskSchema,
} from "./task.ts";
import { LOG_LEVELS, TASK_SORT_KEYS, TASK_STATES, TASK_TYPES } from "./task-words.ts";

/** Of tasks that move data; may be changed while one runs. */
const pacedFields = { bandwidthLimitBytesPerSecond: Type.Optional(BandwidthLimitSchema) };

const PATTERN_COUNT_MAX = 1000;

/** What every request that starts a task may say about its place in the queue. */
const schedulingFields = {
  /** Whose task it is. A caller with one project need not name it. */
  project: Type.Optional(NameSchema),
  priority: Type.Optional(TaskPrioritySchema),
  retryPolicy: Type.Optional(RetryPolicySchema),
};

export const BackupRequestSchema = strictObject(
  {
    ...schedulingFields,
    ...pacedFields,
    datastore: NameSchema,
    namespace: Type.Optional(Type.String({ maxLength: 256 })),
    /** Defaults to `host`. */
    type: Type.Optional(Type.String({ maxLength: 8 })),
    /** Defaults to the server's host name. */
    id: Type.Optional(NameSchema),
    /** Directories, one file archive each; regular files and block devices become disk images. */
    paths: Type.Array(AbsolutePathSchema, { maxItems: 100 }),
    /** Programs whose output is backed up. At least one path or one command is needed. */
    commands: Type.Optional(Type.Array(CommandSourceSchema, { maxItems: 100 })),
    /** Runs before anything is read; its failure fails the backup. */
    preCommand: Type.Optional(HookCommandSchema),
    /** Runs after everything, also after a failure or a cancel; its failure is a warning. */
    postCommand: Type.Optional(HookCommandSchema),
    /** gitignore syntax, relative to each path. */
    excludes: Type.Optional(Type.Array(PatternSchema, { maxItems: PATTERN_COUNT_MAX })),
    /** Members of `paths` whose absence is a warning and not a failure. */
    optionalPaths: Type.Optional(Type.Array(AbsolutePathSchema, { maxItems: 100 })),
    oneFileSystem: Type.Optional(Type.Boolean()),
    /** Reads everything again and re-uses nothing of the previous snapshot. */
    full: Type.Optional(Type.Boolean()),
    /** A key file on the machine that is backed up; turns on encryption. */
    keyFile: Type.Optional(AbsolutePathSchema),
    compressionLevel: Type.Optional(Type.Integer({ minimum: 1, maximum: 19 })),
    notes: Type.Optional(Type.String({ maxLength: 65_536 })),
  },
  "BackupRequest",
);
export type BackupRequest = Static<typeof BackupRequestSchema>;

/** Of a workload: what is read, and as which group, its record says. The task belongs to its project. */
export const WorkloadBackupRequestSchema = strictObject(
  {
    ...pacedFields,
    priority: Type.Optional(TaskPrioritySchema),
    retryPolicy: Type.Optional(RetryPolicySchema),
    datastore: NameSchema,
    namespace: Type.Optional(Type.String({ maxLength: 256 })),
    /** Reads everything again and re-uses nothing of the previous snapshot. */
    full: Type.Optional(Type.Boolean()),
    compressionLevel: Type.Optional(Type.Integer({ minimum: 1, maximum: 19 })),
    notes: Type.Optional(Type.String({ maxLength: 65_536 })),
  },
  "WorkloadBackupRequest",
);
export type WorkloadBackupRequest = Static<typeof WorkloadBackupRequestSchema>;

export const RestoreRequestSchema = strictObject(
  {
    ...schedulingFields,
    ...pacedFields,
    datastore: NameSchema,
    /** `[NS/]type/id/time` or `[NS/]type/id/latest`. */
    snapshot: Type.String({ minLength: 1, maxLength: 1024 }),
    /** Name as shown by `snapshot files`, with or without `.didx`/`.fidx`/`.mpxar.didx`; absent: all archives. */
    archive: Type.Optional(NameSchema),
    target: AbsolutePathSchema,
    /** gitignore-syntax patterns; only what matches is restored. */
    includes: Type.Optional(Type.Array(PatternSchema, { maxItems: PATTERN_COUNT_MAX })),
    overwrite: Type.Optional(
      Type.Union([Type.Literal("never"), Type.Literal("if-changed"), Type.Literal("always")]),
    ),
    keyFile: Type.Optional(AbsolutePathSchema),
    /** Restores what can be had of a snapshot whose last verification failed. */
    allowCorrupt: Type.Optional(Type.Boolean()),
  },
  "RestoreRequest",
);
export type RestoreRequest = Static<typeof RestoreRequestSchema>;

export const VerifyRequestSchema = strictObject(
  {
    ...schedulingFields,
    ...pacedFields,
    datastore: NameSchema,
    /** `[NS/]type/id/time`, or `…/latest`: this one. */
    snapshot: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    /** `[NS/]type/id`: this group. */
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    /** This one and those below it; without snapshot, group and namespace every snapshot of the datastore. */
    namespace: Type.Optional(Type.String({ maxLength: 256 })),
    /** How far below `namespace`; 0 is itself alone. */
    depthMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    /** Leaves out what was found sound in the last so many days. Absent: nothing is left out. */
    verifyWindowDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
    /**
     * Reads a share instead of everything, so that runs like this one read all bytes once within so many days, the least
     * recently checked first.
     */
    coverDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
    /** With `coverDays`: nothing more is begun after so long; the next run goes on. */
    durationSecondsMax: Type.Optional(Type.Integer({ minimum: 60, maximum: 31 * 86_400 })),
    /** What an earlier one over the same snapshots had read before it was cut short is read again, too. */
    isFromStart: Type.Optional(Type.Boolean()),
  },
  "VerifyRequest",
);
export type VerifyRequest = Static<typeof VerifyRequestSchema>;

/** Removes what the retention does not keep; without one that is set anywhere, nothing. */
export const PruneRequestSchema = strictObject({ ...schedulingFields, ...pruneScopeFields }, "PruneRequest");
export type PruneRequest = Static<typeof PruneRequestSchema>;

/** Removes the chunks that no snapshot needs any more. */
export const GcRequestSchema = strictObject(
  {
    ...schedulingFields,
    datastore: NameSchema,
    /** Everything is looked at and counted, nothing is removed. */
    isDryRun: Type.Optional(Type.Boolean()),
    /** A chunk stays so long after its last use; a day and five minutes by default. */
    cutoffMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 2880 })),
  },
  "GcRequest",
);
export type GcRequest = Static<typeof GcRequestSchema>;

export const DrillRequestSchema = strictObject(
  { ...schedulingFields, ...pacedFields, datastore: NameSchema, ...drillFields },
  "DrillRequest",
);
export type DrillRequest = Static<typeof DrillRequestSchema>;

/** What may be changed of a task that is queued or running; `null` takes a limit away. */
export const TaskUpdateSchema = strictObject(
  { bandwidthLimitBytesPerSecond: Type.Optional(Type.Union([BandwidthLimitSchema, Type.Null()])) },
  "TaskUpdate",
);
export type TaskUpdate = Static<typeof TaskUpdateSchema>;

export const StartedTaskSchema = strictObject({ upid: Type.String() }, "StartedTask");
export type StartedTask = Static<typeof StartedTaskSchema>;

/** One or more words of a list, joined by commas: `failed,warning`. */
function someOf(list: readonly string[], description: string) {
  const word = `(?:${list.join("|")})`;
  return Type.String({ pattern: `^${word}(?:,${word})*$`, maxLength: 256, description });
}

/** Filters of the Task Browser; all that are given must hold. Text filters ignore case. */
export const taskFilterFields = {
  type: Type.Optional(someOf(TASK_TYPES, "Task types, joined by commas")),
  state: Type.Optional(someOf(TASK_STATES, "Task states, joined by commas")),
  datastore: Type.Optional(NameSchema),
  project: Type.Optional(NameSchema),
  job: Type.Optional(NameSchema),
  workload: Type.Optional(NameSchema),
  /** Exact auth-id; a user's name also finds what their tokens started. */
  user: Type.Optional(NameSchema),
  /** Bounds on the queued instant, milliseconds, both inclusive. */
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  /** Anywhere in UPID, source, target or exit status. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** Only the parts of this task, or its tries. */
  parent: Type.Optional(Type.String({ maxLength: 2048 })),
};

export const TaskListQuerySchema = strictObject({
  ...taskFilterFields,
  sort: Type.Optional(words(TASK_SORT_KEYS)),
  order: Type.Optional(words(["ascending", "descending"])),
  ...pageQuery,
});
export type TaskListQuery = Static<typeof TaskListQuerySchema>;

export const TaskListSchema = strictObject(
  {
    tasks: Type.Array(TaskSchema),
    nextCursor: Type.Optional(Type.String()),
  },
  "TaskList",
);
export type TaskList = Static<typeof TaskListSchema>;

/** How many tasks there are in each state under a filter, whose own `state` is left out. Counting stops at the cap. */
export const TaskCountQuerySchema = strictObject(taskFilterFields);
export type TaskCountQuery = Static<typeof TaskCountQuerySchema>;
export const TaskCountsSchema = strictObject(
  {
    counts: countsOf(TASK_STATES),
    /** True when there are more than were counted: the numbers are lower bounds. */
    capped: Type.Boolean(),
  },
  "TaskCounts",
);
export type TaskCounts = Static<typeof TaskCountsSchema>;

/** `start` counts from 1; a negative one from the end: -1 is the last line. */
export const TaskLogQuerySchema = strictObject({
  start: Type.Optional(Type.Integer({ default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 500 })),
  /** This level and worse. */
  level: Type.Optional(LogLevelSchema),
  stage: Type.Optional(NameSchema),
  /** Only lines with this text in message, code or a field. Case does not matter. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
});
export type TaskLogQuery = Static<typeof TaskLogQuerySchema>;

/**
 * One page of a log under its filter. With a filter, `start` still is a line number: the page begins at the first match
 * at or after it (from the end: at or before it, walking backwards), and lines come in their order either way.
 */
export const TaskLogSchema = strictObject(
  {
    lines: Type.Array(TaskLogLineSchema),
    /** Lines of the whole log. */
    lineCount: CountSchema,
    levelCounts: countsOf(LOG_LEVELS),
    /** Lines that match the filter; absent while that is not known without reading on. */
    matchCount: Type.Optional(CountSchema),
    /** Line numbers to go on from, in either direction; absent at an end. */
    nextStart: Type.Optional(CountSchema),
    previousStart: Type.Optional(CountSchema),
    /** The log will not grow any more. */
    finished: Type.Boolean(),
  },
  "TaskLog",
);
export type TaskLog = Static<typeof TaskLogSchema>;
