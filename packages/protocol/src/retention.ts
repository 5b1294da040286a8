/** How long snapshots are kept, what a prune would do, and what one did. docs/prune.md tells the rule. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, NameSchema, SizeSchema, strictObject, words } from "./shapes.ts";
import { GO_REASONS, KEEP_RULES, RETENTION_LEVELS, STAY_REASONS, WEEKDAYS } from "./retention-words.ts";

const KEEP_COUNT_MAX = 100_000;
/** An IANA name: `Europe/Vienna`, `UTC`. */
export const TimeZoneSchema = Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_+/-]+$" });

/** The last instant of the year 9998, in milliseconds. */
const INVENTED_UNTIL_MAX = 253_370_764_799_999;

const keepCount = Type.Optional(Type.Integer({ minimum: 0, maximum: KEEP_COUNT_MAX }));

/** How many snapshots each window keeps. Absent and 0 are the same; with no window at all everything stays. */
export const RetentionSchema = strictObject(
  {
    keepLast: keepCount,
    keepHourly: keepCount,
    keepDaily: keepCount,
    keepWeekly: keepCount,
    keepMonthly: keepCount,
    keepYearly: keepCount,
    /** In which hours, days, weeks (ISO), months and years begin. Absent: the server's own. */
    timeZone: Type.Optional(TimeZoneSchema),
  },
  "Retention",
);
export type Retention = Static<typeof RetentionSchema>;

/** Which retention holds somewhere, and where it was set. */
export const EffectiveRetentionSchema = strictObject(
  {
    retention: RetentionSchema,
    level: words(RETENTION_LEVELS),
    /** The datastore, namespace or job it was set on. */
    setOn: Type.Optional(Type.String()),
    /** The zone that the windows are counted in. */
    timeZone: Type.String(),
  },
  "EffectiveRetention",
);
export type EffectiveRetention = Static<typeof EffectiveRetentionSchema>;

/** What a prune looks at: all groups, those of a namespace and of all below it, or one. */
export const pruneScopeFields = {
  datastore: NameSchema,
  /** This one and those below it; `""` is the root and so everything. */
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  /** How far below `namespace`; 0 is itself alone. */
  depthMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
  /** `[NS/]type/id`, instead of a namespace. */
  group: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  /** Instead of what is set on job, namespace and datastore. */
  retention: Type.Optional(RetentionSchema),
};

export const PrunePlanRequestSchema = strictObject(
  {
    ...pruneScopeFields,
    /** Also reads the indexes of what would go, to tell how many bytes only those use. Slow on large datastores. */
    withFreedBytes: Type.Optional(Type.Boolean()),
  },
  "PrunePlanRequest",
);
export type PrunePlanRequest = Static<typeof PrunePlanRequestSchema>;

/** A schedule that somebody thinks of: snapshots at these times of day, on these weekdays, on the last days until then. */
export const InventedScheduleSchema = strictObject(
  {
    /** Absent: every day. */
    weekdays: Type.Optional(Type.Array(words(WEEKDAYS), { minItems: 1, maxItems: 7 })),
    /** `HH:MM` in the retention's time zone. */
    times: Type.Array(Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" }), {
      minItems: 1,
      maxItems: 288,
    }),
    dayCount: Type.Integer({ minimum: 1, maximum: 7320 }),
    /** Absent: now. */
    untilAt: Type.Optional(Type.Integer({ minimum: 0, maximum: INVENTED_UNTIL_MAX })),
  },
  "InventedSchedule",
);
export type InventedSchedule = Static<typeof InventedScheduleSchema>;

export const PruneSimulationRequestSchema = strictObject(
  { schedule: InventedScheduleSchema, retention: RetentionSchema },
  "PruneSimulationRequest",
);
export type PruneSimulationRequest = Static<typeof PruneSimulationRequestSchema>;

/** What becomes of one snapshot, and why. */
const decisionFields = {
  /** Unix time, seconds. */
  backupTime: Type.Integer(),
  action: words(["keep", "remove"]),
  reason: words([...STAY_REASONS, ...GO_REASONS]),
  /** The reason as a sentence for people. */
  message: Type.String(),
  /** The window that decided: that keeps it, or in which a newer one stands for it. */
  rule: Type.Optional(words(KEEP_RULES)),
  /** Of that window: `2026-03-04 17`, `2026-03-04`, `2026-W10`, `2026-03`, `2026`. */
  period: Type.Optional(Type.String()),
  /** This is the nth that the window keeps, from 1. */
  position: Type.Optional(Type.Integer({ minimum: 1 })),
  /** The newer snapshot of the same period that stays. */
  keptInstead: Type.Optional(Type.Integer()),
};

export const PruneDecisionSchema = strictObject(decisionFields, "PruneDecision");
export type PruneDecision = Static<typeof PruneDecisionSchema>;

export const PlannedSnapshotSchema = strictObject(
  {
    /** `[NS/]type/id/time`. */
    snapshot: Type.String(),
    ...decisionFields,
    /** The job that took it; absent: taken by hand. */
    job: Type.Optional(Type.String()),
    sizeBytes: Type.Optional(SizeSchema),
    /** The retention that was applied, by its place in the plan's list. */
    retentionIndex: CountSchema,
  },
  "PlannedSnapshot",
);
export type PlannedSnapshot = Static<typeof PlannedSnapshotSchema>;

export const PrunePlanSchema = strictObject(
  {
    plannedAt: InstantSchema,
    /** Those that were applied; snapshots and groups name them by their place. */
    retentions: Type.Array(EffectiveRetentionSchema),
    groups: Type.Array(
      strictObject({
        /** `[NS/]type/id`. */
        group: Type.String(),
        namespace: Type.String(),
        type: Type.String(),
        id: Type.String(),
        /** Newest first. */
        snapshots: Type.Array(PlannedSnapshotSchema),
        keepCount: CountSchema,
        removeCount: CountSchema,
      }),
    ),
    keepCount: CountSchema,
    removeCount: CountSchema,
    /**
     * Chunk bytes, as stored, that nothing else uses; garbage collection frees them later. Only when it was asked for, and
     * absent when it is not known.
     */
    freedBytes: Type.Optional(SizeSchema),
    freedChunkCount: Type.Optional(CountSchema),
    /** Of these: unused for so long that a collection right after the prune would take them. */
    freeableNowBytes: Type.Optional(SizeSchema),
    /** When a collection may take the last of them, if no backup uses them again and none runs longer. */
    allFreeableAt: Type.Optional(InstantSchema),
    /** Why `freedBytes` is not known though it was asked for. */
    freedUnknownBecause: Type.Optional(Type.String()),
  },
  "PrunePlan",
);
export type PrunePlan = Static<typeof PrunePlanSchema>;

export const PruneSimulationSchema = strictObject(
  {
    /** The zone that the windows and the schedule's times are counted in. */
    timeZone: Type.String(),
    /** Newest first. */
    snapshots: Type.Array(PruneDecisionSchema),
    keepCount: CountSchema,
    removeCount: CountSchema,
  },
  "PruneSimulation",
);
export type PruneSimulation = Static<typeof PruneSimulationSchema>;

export const PruneStatisticsSchema = strictObject(
  {
    durationMs: CountSchema,
    groupCount: CountSchema,
    keptCount: CountSchema,
    removedCount: CountSchema,
    /** Should have gone and stayed, because something used them. */
    inUseCount: CountSchema,
    /** The first 10,000 that were removed; `removedCount` counts them all. */
    removed: Type.Array(Type.String()),
  },
  "PruneStatistics",
);
export type PruneStatistics = Static<typeof PruneStatisticsSchema>;
