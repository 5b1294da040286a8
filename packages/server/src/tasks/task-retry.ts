/**
 * Trying again. A retry is a new task that names the old one (`retryOf`), with the same parameters; the old one stays as it
 * ended and names the new one (`retriedBy`).
 *
 * - **By policy**: a task that failed with an error that may pass by itself is put into the line again, `delaySeconds`
 *   later at the first time and twice as late at each further one, at most `countMax` times. The retry is stored in the
 *   same write as the failure, so no crash comes between.
 * - **By hand**: a failed or cancelled task, at once, unless a retry of it is still queued or running.
 */

import type { Upid } from "@ironcore-backup/base";
import { parseUpid } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import { getRecord } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { assertTakesTasks, enter, makeRecord, upidOf } from "./task-entry.ts";
import type { TaskPlan } from "./task-entry.ts";
import type { TaskOutcome } from "./task-report.ts";

const DELAY_MS_MAX = 24 * 3_600_000;

/** The retry that the task's policy asks for after this end. */
export async function planRetry(
  desk: Desk,
  one: ActiveTask,
  outcome: TaskOutcome,
): Promise<TaskRecord | undefined> {
  const { retryPolicy, tryNumber, cancelRequested, authId } = one.task;
  if (outcome.kind !== "failed" || outcome.error.retry === "never") return undefined;
  if (retryPolicy === undefined || cancelRequested || tryNumber > retryPolicy.countMax) return undefined;
  const delayMs = Math.min(DELAY_MS_MAX, retryPolicy.delaySeconds * 1000 * 2 ** (tryNumber - 1));
  return { ...(await makeRetryRecord(desk, one, authId)), notBefore: desk.clock.now() + delayMs };
}

/** @throws TASK_NOT_FOUND, TASK_NOT_RETRYABLE, TASK_RETRY_ACTIVE, SERVER_STOPPING */
export async function retryTask(desk: Desk, upid: string, authId: string): Promise<Upid> {
  assertTakesTasks(desk);
  // In turn, so that two callers at once make one retry.
  return desk.inTurn(async () => {
    const old = await getRecord(desk, upid);
    assertRetryable(desk, old.task);
    const record = await makeRetryRecord(desk, old, authId);
    await desk.queue.enqueueRetry(record);
    enter(desk, record);
    desk.events.recordTask((await getRecord(desk, upid)).task);
    return upidOf(record);
  });
}

function assertRetryable(desk: Desk, { upid, state, retriedBy }: Task): void {
  if (!isFinishedTaskState(state) || state === "ok" || state === "warning")
    throw serverErrors.TASK_NOT_RETRYABLE({ upid, state });
  if (retriedBy !== undefined && desk.ledger.find(retriedBy) !== undefined)
    throw serverErrors.TASK_RETRY_ACTIVE({ upid, retriedBy });
}

async function makeRetryRecord(
  desk: Desk,
  old: TaskRecord | ActiveTask,
  authId: string,
): Promise<TaskRecord> {
  const record = await makeRecord(desk, authId, planOf(desk, old));
  const { upid, tryNumber } = old.task;
  return { ...record, task: { ...record.task, retryOf: upid, tryNumber: tryNumber + 1 } };
}

/** The plan as it was when the old task was queued: its target may have become more precise since. */
function planOf(desk: Desk, old: TaskRecord | ActiveTask): TaskPlan {
  const { task, exclusiveKey, parameters, plannedTarget: target } = old;
  const { type: upidType, workerId } = parseUpid(task.upid);
  const { type, datastore, namespace, source, project, priority, retryPolicy, parent } = task;
  const { bandwidthLimitBytesPerSecond, job, run: runId, workload } = task;
  // A part of a task that is over is a part of nothing any more.
  const isPart = parent !== undefined && desk.ledger.find(parent)?.ending === false;
  return {
    type,
    upidType,
    workerId,
    datastore,
    namespace,
    source,
    target,
    exclusiveKey,
    parameters,
    project,
    priority,
    retryPolicy,
    bandwidthLimitBytesPerSecond,
    workload,
    ...(job === undefined || runId === undefined ? {} : { run: { job, runId, workload } }),
    ...(isPart ? { parent } : {}),
  };
}
