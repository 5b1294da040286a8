/** Workers and the scheduler. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import { strictObject } from "../shapes.ts";
import { PauseRequestSchema, SchedulerSchema, WorkerOverviewSchema, WorkerSchema } from "../worker.ts";
import { route } from "./route.ts";

/** `NODE/CLASS`, percent-encoded. */
const WorkerParams = strictObject({ worker: Type.String({ maxLength: 256 }) });

export const workerRoutes = {
  listWorkers: route({
    ...calls.listWorkers,
    summary: "Workers, what they run, and how deep the queue is",
    status: 200,
    response: WorkerOverviewSchema,
  }),
  drainWorker: route({
    ...calls.drainWorker,
    summary: "Lets a worker finish what it runs and gives it nothing new",
    params: WorkerParams,
    body: PauseRequestSchema,
    status: 200,
    response: WorkerSchema,
  }),
  resumeWorker: route({
    ...calls.resumeWorker,
    summary: "Gives a drained worker tasks again",
    params: WorkerParams,
    status: 200,
    response: WorkerSchema,
  }),
  getScheduler: route({
    ...calls.getScheduler,
    summary: "Whether new tasks start",
    status: 200,
    response: SchedulerSchema,
  }),
  pauseScheduler: route({
    ...calls.pauseScheduler,
    summary: "Starts nothing new; what runs goes on",
    body: PauseRequestSchema,
    status: 200,
    response: SchedulerSchema,
  }),
  resumeScheduler: route({
    ...calls.resumeScheduler,
    summary: "Starts tasks again",
    status: 200,
    response: SchedulerSchema,
  }),
} as const;
