/**
 * Stopping a task. A queued one ends at once; a running one is asked to stop, through the worker that has it. Its parts
 * are stopped with it.
 */

import type { Task } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { ActiveTask } from "./active-task.ts";
import { getRecord, logLines, present } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { endTask } from "./task-end.ts";
import type { ReportedLine } from "./task-report.ts";

/** @throws TASK_NOT_FOUND, TASK_FINISHED */
export async function requestCancel(desk: Desk, upid: string, authId: string): Promise<Task> {
  const one = desk.ledger.find(upid);
  if (one === undefined || one.ending) {
    const record = await getRecord(desk, upid);
    // One that is being ended has no final state to name yet.
    const state = isFinishedTaskState(record.task.state) ? record.task.state : "ended";
    throw serverErrors.TASK_FINISHED({ upid, state });
  }
  await cancelOne(desk, one, `${authId} asked to stop the task`);
  return present(desk, one);
}

/** Does nothing to a task that is ending already. @param why  the line of its log */
export async function cancelOne(desk: Desk, one: ActiveTask, why: string): Promise<void> {
  if (one.ending) return;
  const line: ReportedLine = {
    at: desk.clock.now(),
    level: "info",
    code: "CANCEL_REQUESTED",
    message: why,
    fields: {},
  };
  if (await withdraw(desk, one)) {
    await logLines(desk, one, [line]);
    await endTask(desk, one, { kind: "cancelled" });
    return;
  }
  if (one.ending || one.task.cancelRequested) return;
  one.task = { ...one.task, cancelRequested: true };
  await cancelParts(desk, one);
  await logLines(desk, one, [line]);
  await desk.ledger.changed(one);
  for (const listener of desk.cancelListeners) listener(one.task.upid);
}

export async function cancelParts(desk: Desk, whole: ActiveTask): Promise<void> {
  if (whole.task.childCount === 0) return;
  const parts = [...desk.ledger.list()].filter((one) => one.task.parent === whole.task.upid);
  await Promise.all(
    parts.map((one) => cancelOne(desk, one, `the task that it is a part of was stopped: ${whole.task.upid}`)),
  );
}

/** In turn with the claims: the task is either withdrawn, or claimed and known as running here. */
function withdraw(desk: Desk, one: ActiveTask): Promise<boolean> {
  return desk.inTurn(async () => {
    if (one.task.state !== "queued" || one.ending) return false;
    if (!(await desk.queue.withdraw(one.taskId))) return false;
    one.ending = true;
    one.task = { ...one.task, cancelRequested: true };
    desk.line.remove(one);
    return true;
  });
}
