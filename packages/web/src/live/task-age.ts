/** Which of two versions of a task is the newer one: what was fetched and what is told cross on their way. */

import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";

/** True when `task` surely is from before `than`: nothing is queued again after it ran, lines and stages only grow. */
export function isOlderTask(task: Task, than: Task): boolean {
  if (isFinishedTaskState(task.state)) return false;
  return (
    isFinishedTaskState(than.state) ||
    (task.state === "queued" && than.state === "running") ||
    task.logLineCount < than.logLineCount ||
    task.stages.length < than.stages.length
  );
}
