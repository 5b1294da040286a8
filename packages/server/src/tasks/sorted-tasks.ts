/** Tasks in the order of the queue: priority first, then age. An array, because moving ten thousand places is one copy. */

import { priorityRank } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";

export class SortedTasks {
  readonly #tasks: ActiveTask[] = [];

  get tasks(): readonly ActiveTask[] {
    return this.#tasks;
  }

  insert(one: ActiveTask): void {
    this.#tasks.splice(this.rankOf(one), 0, one);
  }

  remove(one: ActiveTask): void {
    const at = this.rankOf(one);
    if (this.#tasks[at] === one) this.#tasks.splice(at, 1);
  }

  /** How many go before it, whether it is in here or not. */
  rankOf(one: ActiveTask): number {
    let low = 0;
    let high = this.#tasks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#tasks[middle];
      if (other !== undefined && goesBefore(other, one)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers grow with age, and no two tasks have the same. */
export function goesBefore(left: ActiveTask, right: ActiveTask): boolean {
  const difference = priorityRank(left.task.priority) - priorityRank(right.task.priority);
  return difference === 0 ? left.taskId < right.taskId : difference > 0;
}
