/** How many tasks of each kind wait and run, from the live state, so that it is true in the same instant as the lists. */

import { TASK_CLASSES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type { Task, TaskClass, TaskType } from "@ironcore-backup/protocol/calls";

export interface QueueDepthRow {
  readonly class: TaskClass;
  readonly type: TaskType;
  readonly queuedCount: number;
  readonly runningCount: number;
  readonly oldestQueuedAt: number | undefined;
}

/** Only kinds that have something; in the order of classes, then of types. */
export function countQueue(tasks: Iterable<Task>): readonly QueueDepthRow[] {
  const rows = new Map<string, QueueDepthRow>();
  for (const task of tasks) {
    const key = `${task.class} ${task.type}`;
    const row = rows.get(key) ?? {
      class: task.class,
      type: task.type,
      queuedCount: 0,
      runningCount: 0,
      oldestQueuedAt: undefined,
    };
    const isQueued = task.state === "queued";
    rows.set(key, {
      ...row,
      queuedCount: row.queuedCount + Number(isQueued),
      runningCount: row.runningCount + Number(!isQueued),
      oldestQueuedAt: isQueued ? Math.min(row.oldestQueuedAt ?? Infinity, task.queuedAt) : row.oldestQueuedAt,
    });
  }
  return [...rows.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf(row: QueueDepthRow): number {
  return TASK_CLASSES.indexOf(row.class) * TASK_TYPES.length + TASK_TYPES.indexOf(row.type);
}
