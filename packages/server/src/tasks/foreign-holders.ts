/**
 * What a queued task waits for may be another's: a UPID tells who runs what on which datastore. Who does not see every
 * task gets of the holders only those that everybody who sees the waiting task sees too: whoever sees a task sees it by
 * its project, or by the datastore or namespace where it works.
 */

import type { Task } from "@ironcore-backup/protocol";
import type { TaskPlace } from "../state/task-visibility.ts";

/** @returns the same task when nothing had to be left out */
export function withoutForeignHolders(task: Task, find: (upid: string) => TaskPlace | undefined): Task {
  const { wait } = task;
  if (wait === undefined) return task;
  let leftOutCount = 0;
  const reasons = wait.reasons.map((reason) => {
    const heldBy = reason.heldBy.filter((upid) => isBeside(task, find(upid)));
    leftOutCount += reason.heldBy.length - heldBy.length;
    return heldBy.length === reason.heldBy.length ? reason : { ...reason, heldBy };
  });
  return leftOutCount === 0 ? task : { ...task, wait: { ...wait, reasons } };
}

/** A task that is over holds nothing any more; who asks for it by its name is answered as for any task. */
function isBeside(task: TaskPlace, holder: TaskPlace | undefined): boolean {
  return (
    holder !== undefined &&
    holder.datastore === task.datastore &&
    holder.namespace === task.namespace &&
    (task.project === undefined || holder.project === task.project)
  );
}
