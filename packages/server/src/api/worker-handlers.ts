/** `/workers` and `/scheduler`: who works, what waits, and stopping both with a reason. */

import type { Task, WorkerOverview } from "@ironcore-backup/protocol";
import type { SomeHandlers } from "./handler.ts";

export const workerHandlers: SomeHandlers<
  "listWorkers" | "drainWorker" | "resumeWorker" | "getScheduler" | "pauseScheduler" | "resumeScheduler"
> = {
  listWorkers: async ({ workers, tasks }) => ({
    workers: workers.list(),
    queue: queueDepth(tasks.activeFacts()),
  }),
  drainWorker: ({ workers }, { caller, params, body }) =>
    workers.drain(params.worker, { authId: caller.authId, reason: body.reason }),
  resumeWorker: ({ workers }, { params }) => workers.resume(params.worker),
  getScheduler: async ({ scheduler }) => scheduler.look(),
  pauseScheduler: ({ scheduler }, { caller, body }) =>
    scheduler.pause({ authId: caller.authId, reason: body.reason }),
  resumeScheduler: ({ scheduler }) => scheduler.resume(),
};

/** By class and type, only what there is, in the order it came. */
function queueDepth(active: Iterable<Task>): WorkerOverview["queue"] {
  const depths = new Map<string, WorkerOverview["queue"][number]>();
  for (const { class: taskClass, type, state, queuedAt } of active) {
    const depth = depths.get(type) ?? { class: taskClass, type, queuedCount: 0, runningCount: 0 };
    const isQueued = state === "queued";
    depths.set(type, {
      ...depth,
      queuedCount: depth.queuedCount + (isQueued ? 1 : 0),
      runningCount: depth.runningCount + (isQueued ? 0 : 1),
      ...(isQueued ? { oldestQueuedAt: Math.min(queuedAt, depth.oldestQueuedAt ?? Infinity) } : {}),
    });
  }
  return [...depths.values()];
}
