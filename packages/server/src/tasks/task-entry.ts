/** How a task comes into being: its UPID, its first record, its place in the line. */

import type { Upid } from "@ironcore-backup/base";
import { formatUpid, parseAuthId, secondsOf } from "@ironcore-backup/base";
import type { RetryPolicy, Task, TaskPriority, TaskType } from "@ironcore-backup/protocol";
import { TASK_CLASS_OF_TYPE } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { takeNumber } from "../state/counter-records.ts";
import { findTaskByRunKey } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import { tellQueued } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";

export const QUEUED_COUNT_MAX = 10_000;

/** What is to be run, and how it shows. */
export interface TaskPlan {
  readonly type: TaskType;
  /** The field's own type and id for the UPID: `backup`, `store1:host/web-1`. */
  readonly upidType: string;
  readonly workerId: string;
  readonly datastore: string;
  /** `""` is the datastore's root. */
  readonly namespace?: string;
  readonly source: string;
  readonly target: string;
  /** Tasks with the same key run one after the other. */
  readonly exclusiveKey: string | undefined;
  readonly parameters: unknown;
  /** Absent for what belongs to the platform. */
  readonly project?: string | undefined;
  readonly priority?: TaskPriority | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly bandwidthLimitBytesPerSecond?: number | undefined;
  /** Whose run it is, and what of it. */
  readonly run?: TaskPlanRun | undefined;
  /** Of a backup by hand, the workload that it is of; what a job runs says so in `run`. */
  readonly workload?: string | undefined;
  /** UPID of the active task that this one is a part of; cancelling that one cancels this one. */
  readonly parent?: string | undefined;
  /** Starts only when the parent has ended well, and is cancelled when it does not. */
  readonly afterParent?: boolean;
}

/** The part of a job's run that a task is. */
export interface TaskPlanRun {
  readonly job: string;
  readonly runId: number;
  readonly workload?: string | undefined;
  /** What the run queues it under, once; absent for a retry. */
  readonly subject?: string | undefined;
}

/** @throws TASK_QUEUE_FULL, SERVER_STOPPING, TASK_FINISHED (of the parent), TASK_NOT_FOUND (of the parent) */
export async function queueTask(desk: Desk, authId: string, plan: TaskPlan): Promise<Upid> {
  assertTakesTasks(desk);
  const { queuedCount } = desk.line;
  if (queuedCount >= QUEUED_COUNT_MAX) throw serverErrors.TASK_QUEUE_FULL({ queuedTaskCount: queuedCount });
  if (plan.parent !== undefined) assertTakesParts(desk, plan.parent);
  const record = await makeRecord(desk, authId, plan);
  if (record.runKey !== undefined) {
    // A server that was killed between a task and what notes it asks again.
    const known = await findTaskByRunKey(desk.state.database, record.runKey);
    if (known !== undefined) return upidOf(known);
  }
  await desk.queue.enqueue([record]);
  enter(desk, record);
  return upidOf(record);
}

export function assertTakesTasks(desk: Desk): void {
  for (const capacity of desk.capacity.values())
    if (capacity.closedBecause !== undefined) throw serverErrors.SERVER_STOPPING({});
}

function assertTakesParts(desk: Desk, parent: string): void {
  const one = desk.ledger.find(parent);
  if (one === undefined) throw serverErrors.TASK_NOT_FOUND({ upid: parent });
  if (one.ending || one.task.cancelRequested)
    throw serverErrors.TASK_FINISHED({ upid: parent, state: "cancelled" });
}

/** Takes a task that is stored into the line and tells everybody. */
export function enter(desk: Desk, record: TaskRecord): ActiveTask {
  const one = desk.ledger.adopt(record);
  desk.line.place(one);
  const { parent } = record.task;
  const whole = parent === undefined ? undefined : desk.ledger.find(parent);
  if (whole !== undefined) {
    whole.task = { ...whole.task, childCount: whole.task.childCount + 1 };
    desk.ledger.moved(whole);
  }
  desk.ledger.tell(one);
  tellQueued(desk);
  return one;
}

export async function makeRecord(desk: Desk, authId: string, plan: TaskPlan): Promise<TaskRecord> {
  const taskId = await takeNumber(desk.state.database, "task");
  const upid = formatUpid({
    ...desk.identity,
    taskId,
    startTime: secondsOf(desk.clock.now()),
    type: plan.upidType,
    workerId: plan.workerId,
    authId: parseAuthId(authId),
  });
  const { exclusiveKey, parameters, afterParent = false } = plan;
  const task = newTask(desk, upid, authId, plan);
  return {
    taskId,
    attempt: 0,
    exclusiveKey,
    parameters,
    notBefore: undefined,
    afterParent,
    plannedTarget: plan.target,
    runKey: plan.run?.subject === undefined ? undefined : `${plan.run.runId}:${plan.run.subject}`,
    task,
  };
}

function newTask(desk: Desk, upid: Upid, authId: string, plan: TaskPlan): Task {
  const { type, datastore, source, target, project, parent, retryPolicy } = plan;
  const { bandwidthLimitBytesPerSecond, run, workload = run?.workload } = plan;
  return {
    upid,
    type,
    state: "queued",
    class: TASK_CLASS_OF_TYPE[type],
    priority: plan.priority ?? "normal",
    authId,
    ...(project === undefined ? {} : { project }),
    datastore,
    namespace: plan.namespace ?? "",
    source,
    target,
    queuedAt: desk.clock.now(),
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    tryNumber: 1,
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...(bandwidthLimitBytesPerSecond === undefined ? {} : { bandwidthLimitBytesPerSecond }),
    ...(run === undefined ? {} : { job: run.job, run: run.runId }),
    ...(workload === undefined ? {} : { workload }),
    ...(parent === undefined ? {} : { parent }),
    childCount: 0,
  };
}

export function upidOf(record: TaskRecord): Upid {
  // Made by `formatUpid` when the task was queued.
  return record.task.upid as Upid;
}
