/**
 * What is counted of tasks: their ends, and the bytes they move. A backup of many hours moves bytes all the time, so its bytes
 * are counted while it runs: at each scrape what came since the last look, and the rest when it ends.
 */

import { TASK_STATES, TASK_TYPES, isFinishedTaskState } from "@ironcore-backup/protocol";
import type { Instruments } from "./instruments.ts";
import type { LabelBound } from "./label-bound.ts";
import type { ActiveFacts, EndedFacts } from "./metric-sources.ts";

interface Needs {
  readonly instruments: Pick<Instruments, "count" | "observe" | "forget">;
  readonly bounds: Readonly<Record<"job_name" | "datastore" | "code", LabelBound>>;
}

export interface TaskCounts {
  /** The tasks that are queued or running now. */
  look(active: Iterable<ActiveFacts>): void;
  ended(task: EndedFacts): void;
  /** Jobs and datastores that are gone. */
  forget(gone: { readonly jobs?: readonly string[]; readonly datastores?: readonly string[] }): void;
}

export function createTaskCounts({ instruments, bounds }: Needs): TaskCounts {
  const countedBytes = new Map<string, number>();
  beginAtZero(instruments);
  const countBytes = ({ upid, type, datastore, job, bytes }: ActiveFacts): void => {
    const counted = countedBytes.get(upid) ?? 0;
    countedBytes.set(upid, bytes);
    // A task that was given back begins anew: what it moves again is moved again.
    const added = bytes >= counted ? bytes - counted : bytes;
    if (added === 0) return;
    const place = bounds.datastore.fit(datastore);
    instruments.count("ironcore_task_processed_bytes_total", { type, datastore: place }, added);
    if (job !== undefined)
      instruments.count("ironcore_job_processed_bytes_total", { job_name: bounds.job_name.fit(job) }, added);
  };
  return {
    look: (active) => {
      for (const task of active) if (task.state === "running") countBytes(task);
    },
    ended: (task) => {
      const { upid, type, class: taskClass, state, queuedAt, startedAt, endedAt, error } = task;
      countBytes(task);
      countedBytes.delete(upid);
      instruments.count("ironcore_tasks_ended_total", { type, state });
      if (error !== undefined)
        instruments.count("ironcore_task_errors_total", { type, code: bounds.code.fit(error.code) });
      if (startedAt === undefined) return;
      const waitSeconds = Math.max(0, startedAt - queuedAt) / 1000;
      instruments.observe("ironcore_task_queue_wait_seconds", { class: taskClass }, waitSeconds);
      if (endedAt === undefined) return;
      const durationSeconds = Math.max(0, endedAt - startedAt) / 1000;
      instruments.observe("ironcore_task_duration_seconds", { type }, durationSeconds);
    },
    forget: ({ jobs = [], datastores = [] }) => {
      for (const job of jobs) instruments.forget("ironcore_job_processed_bytes_total", { job_name: job });
      for (const datastore of datastores)
        for (const type of TASK_TYPES)
          instruments.forget("ironcore_task_processed_bytes_total", { type, datastore });
    },
  };
}

/** A counter that begins at its first event has no growth to show for it. */
function beginAtZero({ count }: Needs["instruments"]): void {
  for (const type of TASK_TYPES)
    for (const state of TASK_STATES.filter(isFinishedTaskState))
      count("ironcore_tasks_ended_total", { type, state }, 0);
}
