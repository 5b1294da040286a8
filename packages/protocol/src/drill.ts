/** Recovery drills: a snapshot is really restored into scratch space, looked at by a command, measured, and removed again. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { KeptHookCommandSchema } from "./command.ts";
import { DRILL_CHOICES, SOURCE_DIFFERENCES } from "./job-words.ts";
import { AbsolutePathSchema, CountSchema, NameSchema, SizeSchema, strictObject, words } from "./shapes.ts";
import { WorkloadNameSchema } from "./workload.ts";

/** What a drill restores, and how it looks at it. */
export const drillFields = {
  /** `[NS/]type/id`. */
  group: Type.String({ minLength: 1, maxLength: 512 }),
  /** Which of its finished snapshots; the newest when it is left out. */
  choice: Type.Optional(words(DRILL_CHOICES)),
  /** Only this archive. */
  archive: Type.Optional(NameSchema),
  /** Runs in the restored tree; when it does not end with 0, the drill has failed. */
  check: Type.Optional(KeptHookCommandSchema),
  keyFile: Type.Optional(AbsolutePathSchema),
  /** Compares what came back with the workload's live directories. */
  compareSource: Type.Optional(
    strictObject({
      /** Of kind `files`; the drilled group should be one of its own. */
      workload: WorkloadNameSchema,
      /** A difference fails the drill. Otherwise it is a warning: a live source moves on. */
      failsOnDifference: Type.Optional(Type.Boolean()),
    }),
  ),
};
export const DrillPlanSchema = strictObject(drillFields, "DrillPlan");
export type DrillPlan = Static<typeof DrillPlanSchema>;

/** The evidence. */
export const DrillStatisticsSchema = strictObject(
  {
    /** `main:host/web/2026-…` */
    snapshot: Type.String(),
    /** The time to recover: from the drill's begin until the last byte was back. Absent: it never was. */
    restoreMs: Type.Optional(CountSchema),
    restoredBytes: SizeSchema,
    fileCount: CountSchema,
    directoryCount: CountSchema,
    /** Every one of them was hashed again. */
    chunkCount: CountSchema,
    /** How the check ended; absent: there was none, or it did not come to it. */
    check: Type.Optional(
      strictObject({
        argv: Type.Array(Type.String()),
        passed: Type.Boolean(),
        durationMs: CountSchema,
        /** What it said last. */
        lastLines: Type.Array(Type.String()),
      }),
    ),
    /** What differs between what came back and the live source; absent: it was not asked for, or did not come to it. */
    comparison: Type.Optional(
      strictObject({
        workload: Type.String(),
        /** Paths that were there on both sides. */
        comparedCount: CountSchema,
        /** In the source alone. A directory counts as one, with all in it. */
        addedCount: CountSchema,
        /** In the snapshot alone. */
        removedCount: CountSchema,
        changedCount: CountSchema,
        /** The first hundred, in the order they were found. */
        differences: Type.Array(strictObject({ path: Type.String(), what: words(SOURCE_DIFFERENCES) })),
      }),
    ),
    /** Nothing of it is left in the scratch space. */
    isCleanedUp: Type.Boolean(),
  },
  "DrillStatistics",
);
export type DrillStatistics = Static<typeof DrillStatisticsSchema>;
