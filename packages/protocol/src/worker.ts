/**
 * Workers as they travel. A worker is named `NODE/CLASS`: the slots that one machine gives to one class of work, and the
 * processes behind them, each with one task at a time.
 */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, SizeSchema, strictObject, words } from "./shapes.ts";
import { TaskClassSchema, TaskTypeSchema } from "./task.ts";
import { WORKER_STATES } from "./task-words.ts";

export const WorkerRunSchema = strictObject({
  upid: Type.String(),
  type: TaskTypeSchema,
  target: Type.String(),
  pid: Type.Optional(CountSchema),
  startedAt: InstantSchema,
});

export const WorkerSchema = strictObject(
  {
    /** `NODE/CLASS` */
    name: Type.String(),
    node: Type.String(),
    class: TaskClassSchema,
    /** `online` has a free slot, `busy` has none; `draining` takes nothing new and still runs something. */
    state: words(WORKER_STATES),
    /** Said by people: who drained it and why, or since when it is silent. */
    detail: Type.String(),
    slotCount: CountSchema,
    usedSlotCount: CountSchema,
    heardAt: InstantSchema,
    startedAt: InstantSchema,
    processCount: CountSchema,
    /** Resident memory of its processes. */
    rssBytes: SizeSchema,
    runs: Type.Array(WorkerRunSchema),
    version: Type.String(),
  },
  "Worker",
);
export type Worker = Static<typeof WorkerSchema>;

export const QueueDepthSchema = strictObject({
  class: TaskClassSchema,
  type: TaskTypeSchema,
  queuedCount: CountSchema,
  runningCount: CountSchema,
  oldestQueuedAt: Type.Optional(InstantSchema),
});

export const WorkerOverviewSchema = strictObject(
  {
    workers: Type.Array(WorkerSchema),
    queue: Type.Array(QueueDepthSchema),
  },
  "WorkerOverview",
);
export type WorkerOverview = Static<typeof WorkerOverviewSchema>;

/** Paused: what runs goes on, nothing new starts. Survives a restart. */
export const SchedulerSchema = strictObject(
  {
    paused: Type.Boolean(),
    pausedBy: Type.Optional(Type.String()),
    pausedAt: Type.Optional(InstantSchema),
    reason: Type.Optional(Type.String()),
  },
  "Scheduler",
);
export type Scheduler = Static<typeof SchedulerSchema>;

export const PauseRequestSchema = strictObject(
  {
    reason: Type.Optional(Type.String({ maxLength: 256 })),
  },
  "PauseRequest",
);
export type PauseRequest = Static<typeof PauseRequestSchema>;
