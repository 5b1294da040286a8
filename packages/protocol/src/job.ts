/** Plans that recur, the runs that come of them, and schedules. docs/jobs.md tells what holds between them. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { DrillPlanSchema } from "./drill.ts";
import {
  BACKUP_MODES,
  ENDED_RUN_STATES,
  JOB_TYPES,
  MISSED_RUN_POLICIES,
  RUN_CAUSES,
  RUN_ORIGINS,
  RUN_STATES,
} from "./job-words.ts";
import { BandwidthLimitSchema } from "./measure.ts";
import { NotificationNameSchema } from "./notification-message.ts";
import { RetentionSchema, TimeZoneSchema } from "./retention.ts";
import {
  CommentSchema,
  countsOf,
  CountSchema,
  InstantSchema,
  NameSchema,
  pageQuery,
  strictObject,
  words,
} from "./shapes.ts";
import { RetryPolicySchema, TaskPrioritySchema } from "./task.ts";
import { TagSchema, WorkloadNameSchema } from "./workload.ts";

export const JobNameSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
});
export const ScheduleSchema = Type.String({ minLength: 1, maxLength: 256 });

const FILTER_COUNT_MAX = 200;
/** All that fit any one line of it. */
const WorkloadFilterSchema = strictObject({
  /** `*` stands for any letters. */
  names: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: FILTER_COUNT_MAX }),
  ),
  tags: Type.Optional(Type.Array(TagSchema, { maxItems: FILTER_COUNT_MAX })),
  projects: Type.Optional(Type.Array(NameSchema, { maxItems: FILTER_COUNT_MAX })),
});

/** Named workloads, and those that fit `include`, without those that fit `exclude`. Asked anew at each run. */
export const JobSourcesSchema = strictObject(
  {
    workloads: Type.Optional(Type.Array(WorkloadNameSchema, { maxItems: 1000 })),
    include: Type.Optional(WorkloadFilterSchema),
    exclude: Type.Optional(WorkloadFilterSchema),
  },
  "JobSources",
);
export type JobSources = Static<typeof JobSourcesSchema>;

/** What all jobs have. */
const commonFields = {
  comment: Type.Optional(CommentSchema),
  datastore: NameSchema,
  /** What a verify or a prune looks at with all below it; where a backup goes. `""` is the root. */
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  /** systemd's or cron's spelling; without one it runs by hand only. */
  schedule: Type.Optional(ScheduleSchema),
  /** Whose wall clock the schedule means when it names none itself. The server's own when the job was made. */
  timeZone: Type.Optional(TimeZoneSchema),
  enabled: Type.Optional(Type.Boolean()),
  /** Instants that passed while no server ran: the newest of them runs at once, or none. */
  missedRuns: Type.Optional(words(MISSED_RUN_POLICIES)),
  /** Each run starts up to so many seconds later, by a fixed amount for each instant. */
  randomDelaySeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  /** A run that has not succeeded so long after its instant is late. A day when it is left out. */
  allowedSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 31 * 86_400 })),
  priority: Type.Optional(TaskPrioritySchema),
  retryPolicy: Type.Optional(RetryPolicySchema),
  /** Who hears of its runs; without one it is the datastore's group. */
  notificationGroup: Type.Optional(NotificationNameSchema),
};

/** What only some types have; a field that is not of the job's type is refused. */
const typedFields = {
  /** backup */
  sources: Type.Optional(JobSourcesSchema),
  mode: Type.Optional(words(BACKUP_MODES)),
  /** backup: of the snapshots that this job takes; applied by whatever prunes there. */
  retention: Type.Optional(RetentionSchema),
  /** backup, verify, drill */
  bandwidthLimitBytesPerSecond: Type.Optional(BandwidthLimitSchema),
  /** verify: leaves out what was found sound in the last so many days; 30 when it is left out, 0 for nothing. */
  verifyWindowDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3650 })),
  /** verify: instead of a list, all bytes once within so many days, the least recently checked first. */
  coverDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  /** verify, with `coverDays`: nothing more is begun after so long; the next run goes on. */
  durationSecondsMax: Type.Optional(Type.Integer({ minimum: 60, maximum: 31 * 86_400 })),
  /** drill */
  drill: Type.Optional(DrillPlanSchema),
  /** gc: a chunk stays so long after its last use. */
  cutoffMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 2880 })),
};

export const JobCreateSchema = strictObject(
  {
    name: JobNameSchema,
    project: Type.Optional(NameSchema),
    type: words(JOB_TYPES),
    ...commonFields,
    ...typedFields,
  },
  "JobCreate",
);
export type JobCreate = Static<typeof JobCreateSchema>;

type Member = Parameters<typeof Type.Union>[0][number];
const clearable = <Schema extends Member>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]));

/** What is given replaces what was; `null` takes it away. Name, project, type and datastore stay. */
export const JobUpdateSchema = strictObject(
  {
    comment: clearable(CommentSchema),
    namespace: commonFields.namespace,
    schedule: clearable(ScheduleSchema),
    timeZone: clearable(TimeZoneSchema),
    enabled: commonFields.enabled,
    missedRuns: commonFields.missedRuns,
    randomDelaySeconds: commonFields.randomDelaySeconds,
    allowedSeconds: clearable(Type.Integer({ minimum: 60, maximum: 31 * 86_400 })),
    priority: commonFields.priority,
    retryPolicy: clearable(RetryPolicySchema),
    notificationGroup: clearable(NotificationNameSchema),
    sources: typedFields.sources,
    mode: typedFields.mode,
    retention: clearable(RetentionSchema),
    bandwidthLimitBytesPerSecond: clearable(BandwidthLimitSchema),
    verifyWindowDays: clearable(Type.Integer({ minimum: 0, maximum: 3650 })),
    coverDays: clearable(Type.Integer({ minimum: 1, maximum: 3650 })),
    durationSecondsMax: clearable(Type.Integer({ minimum: 60, maximum: 31 * 86_400 })),
    drill: typedFields.drill,
    cutoffMinutes: clearable(Type.Integer({ minimum: 1, maximum: 2880 })),
  },
  "JobUpdate",
);
export type JobUpdate = Static<typeof JobUpdateSchema>;

/** One instant of a job's schedule, or one run by hand, and what came of it. */
export const RunSchema = strictObject(
  {
    run: CountSchema,
    job: Type.String(),
    origin: words(RUN_ORIGINS),
    dueAt: InstantSchema,
    state: words(RUN_STATES),
    cause: Type.Optional(words(RUN_CAUSES)),
    /** The cause as a sentence. */
    message: Type.Optional(Type.String()),
    /** Who asked for it; of runs by hand. */
    askedBy: Type.Optional(Type.String()),
    /** How many instants this row stands for: more than 1 only for old missed ones. */
    instantCount: Type.Integer({ minimum: 1 }),
    startedAt: Type.Optional(InstantSchema),
    endedAt: Type.Optional(InstantSchema),
    /** Its tasks, the newest try of each; at most 50. */
    tasks: Type.Array(
      strictObject({
        upid: Type.String(),
        state: Type.String(),
        workload: Type.Optional(Type.String()),
      }),
    ),
    taskCount: CountSchema,
  },
  "Run",
);
export type Run = Static<typeof RunSchema>;

export const JobSchema = strictObject(
  {
    name: JobNameSchema,
    project: Type.Optional(Type.String()),
    type: words(JOB_TYPES),
    ...commonFields,
    ...typedFields,
    enabled: Type.Boolean(),
    /** Whose tasks its runs are, and whose snapshots. */
    owner: Type.String(),
    createdAt: InstantSchema,
    changedAt: InstantSchema,
    /** The schedule as a sentence, with its zone. */
    scheduleText: Type.Optional(Type.String()),
    /** The next instants, at most 5; none while it is disabled. */
    nextRuns: Type.Array(InstantSchema),
    /** The run that goes on now. */
    currentRun: Type.Optional(RunSchema),
    /** The last run that ended. */
    lastRun: Type.Optional(RunSchema),
    /** Workloads that its sources mean now. */
    workloads: Type.Optional(Type.Array(Type.String())),
  },
  "Job",
);
export type Job = Static<typeof JobSchema>;

export const StartedRunSchema = strictObject(
  { run: CountSchema, upids: Type.Array(Type.String()) },
  "StartedRun",
);
export type StartedRun = Static<typeof StartedRunSchema>;

export const RunListQuerySchema = strictObject({
  job: Type.Optional(JobNameSchema),
  state: Type.Optional(words(RUN_STATES)),
  /** Bounds on the due instant, both inclusive. */
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  ...pageQuery,
});
export type RunListQuery = Static<typeof RunListQuerySchema>;

export const RunListSchema = strictObject(
  { runs: Type.Array(RunSchema), nextCursor: Type.Optional(Type.String()) },
  "RunList",
);
export type RunList = Static<typeof RunListSchema>;

/** A stretch of the calendar: what was, from the ledger, and what comes, from the schedules. */
export const CalendarQuerySchema = strictObject({
  since: InstantSchema,
  until: InstantSchema,
  job: Type.Optional(JobNameSchema),
});
export type CalendarQuery = Static<typeof CalendarQuerySchema>;

export const CalendarSchema = strictObject(
  {
    /** By due instant. */
    entries: Type.Array(
      strictObject({
        job: Type.String(),
        dueAt: InstantSchema,
        state: words(RUN_STATES),
        /** Absent for what only the schedule knows yet. */
        run: Type.Optional(CountSchema),
        cause: Type.Optional(words(RUN_CAUSES)),
        /** The first task of the run, for its log. */
        upid: Type.Optional(Type.String()),
        instantCount: Type.Integer({ minimum: 1 }),
      }),
    ),
    /** Instants of the stretch that have come, and how they ended: expected = open + met + late + missed + skipped. */
    counts: strictObject({
      expected: CountSchema,
      /** Begun and not ended, or held back. */
      open: CountSchema,
      ended: countsOf(ENDED_RUN_STATES),
    }),
    /** There was more than one answer holds; ask for less. */
    capped: Type.Boolean(),
  },
  "Calendar",
);
export type Calendar = Static<typeof CalendarSchema>;

export const SchedulePreviewRequestSchema = strictObject(
  {
    schedule: ScheduleSchema,
    timeZone: Type.Optional(TimeZoneSchema),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  "SchedulePreviewRequest",
);
export type SchedulePreviewRequest = Static<typeof SchedulePreviewRequestSchema>;

export const SchedulePreviewSchema = strictObject(
  {
    canonical: Type.String(),
    text: Type.String(),
    timeZone: Type.String(),
    runs: Type.Array(InstantSchema),
  },
  "SchedulePreview",
);
export type SchedulePreview = Static<typeof SchedulePreviewSchema>;
