/** What may be changed of a task that is queued or running: its limit on bandwidth. Holds at once, also while it runs. */

import { formatSize } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { getRecord, logLines, present } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";

export interface TaskChange {
  /** `null`: none of its own any more. Absent: as it is. */
  readonly bandwidthLimitBytesPerSecond?: number | null;
}

/** @throws TASK_NOT_FOUND, TASK_FINISHED */
export async function changeTask(
  desk: Desk,
  upid: string,
  by: { readonly authId: string; readonly change: TaskChange },
): Promise<Task> {
  const one = desk.ledger.find(upid);
  if (one === undefined || one.ending) {
    const { task } = await getRecord(desk, upid);
    throw serverErrors.TASK_FINISHED({ upid, state: isFinishedTaskState(task.state) ? task.state : "ended" });
  }
  const limit = by.change.bandwidthLimitBytesPerSecond;
  if (limit === undefined) return present(desk, one);
  const { bandwidthLimitBytesPerSecond: before, ...rest } = one.task;
  one.task = limit === null ? rest : { ...rest, bandwidthLimitBytesPerSecond: limit };
  if (before !== (limit ?? undefined)) {
    for (const listener of desk.limitListeners) listener(upid, limit ?? undefined);
    const message =
      limit === null
        ? `${by.authId} took the task's limit on bandwidth away`
        : `${by.authId} set the task's limit on bandwidth to ${formatSize(limit)} a second`;
    const at = desk.clock.now();
    await logLines(desk, one, [{ at, level: "info", code: "BANDWIDTH_LIMIT_CHANGED", message, fields: {} }]);
  }
  await desk.ledger.changed(one);
  return present(desk, one);
}
