/**
 * How a task ends. Every end goes through here; whatever fails on the way, the task ends.
 *
 * Order: what else must be stored with the end, the last log lines, then the end itself, durably and together with the
 * retry that it causes; then everybody learns of it. Only then are slot, lock and limits free for others.
 */

import { isFinishedTaskState } from "@ironcore-backup/protocol";
import type { Task } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import { logLines, tellQueued } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { enter } from "./task-entry.ts";
import { finishTask } from "./task-life.ts";
import type { ReportedLine, TaskOutcome } from "./task-report.ts";
import { planRetry } from "./task-retry.ts";

/** @returns false when the task was another's by then and nothing was stored */
export async function endTask(desk: Desk, one: ActiveTask, wanted: TaskOutcome): Promise<boolean> {
  one.ending = true;
  one.task = { ...one.task, stages: one.meters.map((meter) => meter.stage()) };
  const outcome = await storeResult(desk, one, wanted);
  const retry = await planRetryOrWarn(desk, one, outcome);
  await closeLog(desk, one, { outcome, retry });
  const final = {
    ...finishTask(one.task, outcome, desk.clock.now()),
    ...(retry === undefined ? {} : { retriedBy: retry.task.upid }),
  };
  const isOurs = await desk.ledger.ended(one, { final, retry });
  if (isOurs) {
    noteDuration(desk, one);
    if (retry !== undefined) enter(desk, retry);
  }
  await Promise.all([...desk.endListeners].map(async (listener) => listener(one)));
  // Its slot or its lock may be what another one waits for.
  tellQueued(desk);
  return isOurs;
}

async function storeResult(desk: Desk, one: ActiveTask, wanted: TaskOutcome): Promise<TaskOutcome> {
  try {
    await desk.onEnding(one.task, wanted.kind);
    return wanted;
  } catch (cause) {
    const error = serverErrors.TASK_RESULT_UNSTORED({ detail: String(cause) }, cause).toJSON();
    return { kind: "failed", error };
  }
}

/** A retry that cannot be planned must not keep the task from ending. */
async function planRetryOrWarn(
  desk: Desk,
  one: ActiveTask,
  outcome: TaskOutcome,
): Promise<TaskRecord | undefined> {
  try {
    return await planRetry(desk, one, outcome);
  } catch (cause) {
    desk.warn("TASK_RETRY_FAILED", `a task's retry could not be planned: ${String(cause)}`, {
      upid: one.task.upid,
    });
    return undefined;
  }
}

async function closeLog(
  desk: Desk,
  one: ActiveTask,
  end: { readonly outcome: TaskOutcome; readonly retry: TaskRecord | undefined },
): Promise<void> {
  const lines = [...retryLine(desk, end.retry), lastLine(desk, one.task, end.outcome)];
  try {
    await logLines(desk, one, lines);
    await desk.logs.finish(one.taskId);
  } catch (cause) {
    desk.warn("TASK_LOG_FAILED", `the last log line of a task was not stored: ${String(cause)}`, {
      upid: one.task.upid,
    });
  }
}

function retryLine(desk: Desk, retry: TaskRecord | undefined): ReportedLine[] {
  if (retry === undefined) return [];
  const at = desk.clock.now();
  const delaySeconds = Math.round(((retry.notBefore ?? at) - at) / 1000);
  const { upid, tryNumber } = retry.task;
  return [
    {
      at,
      level: "info",
      code: "TASK_RETRY_PLANNED",
      message: `Try ${tryNumber} starts in ${delaySeconds} s as ${upid}`,
      fields: { upid, tryNumber, delaySeconds },
    },
  ];
}

function lastLine(desk: Desk, task: Task, outcome: TaskOutcome): ReportedLine {
  const at = desk.clock.now();
  if (outcome.kind === "failed") {
    const { code, message, remedy } = outcome.error;
    return { at, level: "error", code, message, fields: { remedy } };
  }
  const { exitStatus } = finishTask(task, outcome, at);
  return { at, level: "info", code: "TASK_ENDED", message: `TASK ${exitStatus ?? outcome.kind}`, fields: {} };
}

function noteDuration(desk: Desk, one: ActiveTask): void {
  const { state, startedAt, endedAt } = one.task;
  if (!isFinishedTaskState(state) || state === "failed" || state === "cancelled") return;
  if (startedAt === undefined || endedAt === undefined) return;
  desk.durations.record(one.likeness, Math.max(0, endedAt - startedAt));
}
