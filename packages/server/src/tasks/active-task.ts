/** A task that is not over yet, as this process holds it: what is stored of it, and what is true only while it runs. */

import type { Task, TaskConcern } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../state/task-records.ts";
import { likenessOf } from "./run-durations.ts";
import type { RunLikeness } from "./run-durations.ts";
import type { StageMeter } from "./stage-meter.ts";

export interface ActiveTask {
  readonly taskId: number;
  readonly parameters: unknown;
  readonly exclusiveKey: string | undefined;
  readonly plannedTarget: string;
  readonly runKey: string | undefined;
  /** Which earlier runs tell how long this one takes. */
  readonly likeness: RunLikeness;
  attempt: number;
  /** Stages are held by the meters while the task runs. */
  task: Task;
  notBefore: number | undefined;
  afterParent: boolean;
  meters: StageMeter[];
  /** Ended and being written down: takes no more reports, is not claimed any more. */
  ending: boolean;
  /** What the workers say about their contact with it. */
  contact: TaskConcern | undefined;
  /** What the watch says about its standing still. */
  stall: TaskConcern | undefined;
  /** When a byte, an item, a stage or a line moved last, in elapsed milliseconds and as an instant. */
  movedMs: number;
  movedAt: number;
  /** The wait graph as others were told it, in short. */
  toldWait: string;
}

export function activeTaskFrom(
  record: TaskRecord,
  now: { readonly at: number; readonly elapsedMs: number },
): ActiveTask {
  const { taskId, parameters, exclusiveKey, plannedTarget, attempt, task, notBefore, afterParent } = record;
  return {
    plannedTarget,
    runKey: record.runKey,
    likeness: likenessOf({ ...task, exclusiveKey }),
    taskId,
    parameters,
    exclusiveKey,
    attempt,
    task,
    notBefore,
    afterParent,
    meters: [],
    ending: false,
    contact: undefined,
    stall: undefined,
    movedMs: now.elapsedMs,
    movedAt: now.at,
    toldWait: "",
  };
}

export function isQueued(one: ActiveTask): boolean {
  return one.task.state === "queued" && !one.ending;
}

/** Of a queued or running task, without what holds only at an instant. */
export function recordFromActive(one: ActiveTask): TaskRecord {
  const { taskId, attempt, exclusiveKey, parameters, notBefore, afterParent, plannedTarget, runKey } = one;
  const stages = one.task.state === "queued" ? one.task.stages : one.meters.map((meter) => meter.stage());
  const task = { ...one.task, stages };
  return { taskId, attempt, exclusiveKey, parameters, notBefore, afterParent, plannedTarget, runKey, task };
}
