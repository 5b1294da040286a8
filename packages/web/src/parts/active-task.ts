/** Active tasks in an order in which nothing jumps while they move: by their start, and by their place in the queue. */

import { TASK_PRIORITIES } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";

export interface ActiveTasks {
  /** The one that runs longest first. */
  readonly running: readonly Task[];
  /** The one that starts next first, as far as one queue for all classes can say. */
  readonly waiting: readonly Task[];
}

export function splitActive(tasks: Iterable<Task>): ActiveTasks {
  const running: Task[] = [];
  const waiting: Task[] = [];
  for (const task of tasks) (task.state === "queued" ? waiting : running).push(task);
  running.sort((a, b) => startOf(a) - startOf(b) || compareText(a.upid, b.upid));
  waiting.sort((a, b) => rankOf(b) - rankOf(a) || a.queuedAt - b.queuedAt || compareText(a.upid, b.upid));
  return { running, waiting };
}

const startOf = ({ startedAt, queuedAt }: Task): number => startedAt ?? queuedAt;
const rankOf = ({ priority }: Task): number => TASK_PRIORITIES.indexOf(priority);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
