/** Why a queued task does not run at this instant. There is always exactly one reason, the first that holds. */

import type { WaitReason } from "@ironcore-backup/protocol";
import type { ActiveTask } from "./task-ledger.ts";

/** What the workers can take now, as they last said. */
export interface WorkerCapacity {
  readonly slotCount: number;
  readonly freeSlotCount: number;
  /** Processes that would take a task at once. */
  readonly readyCount: number;
  /** Processes on their way up. */
  readonly startingCount: number;
  /** Set while no new work is taken, says why. */
  readonly closedBecause: string | undefined;
}

export const NO_WORKERS: WorkerCapacity = {
  slotCount: 0,
  freeSlotCount: 0,
  readyCount: 0,
  startingCount: 0,
  closedBecause: undefined,
};

/** @param active  all queued and running tasks, oldest first */
export function findWaitReason(
  one: ActiveTask,
  active: readonly ActiveTask[],
  capacity: WorkerCapacity,
): WaitReason {
  if (capacity.closedBecause !== undefined)
    return { code: "no-worker-online", message: capacity.closedBecause };
  const holder = findHolder(one, active);
  if (holder !== undefined) {
    return {
      code: "waiting-for-lock",
      message: `${one.task.target} is in use by another ${holder.task.type} task`,
      heldBy: holder.task.upid,
    };
  }
  if (capacity.slotCount === 0) return { code: "no-worker-online", message: "No worker is online yet" };
  if (capacity.freeSlotCount === 0)
    return { code: "no-free-slot", message: busyMessage(one, active, capacity) };
  if (capacity.readyCount === 0 && capacity.startingCount === 0) {
    return {
      code: "no-worker-online",
      message: "No worker process could be started; the server tries again",
    };
  }
  return { code: "starting", message: "A worker process is about to take it" };
}

/** The running task, or the older queued one, that must be over before this one may run. */
export function findHolder(one: ActiveTask, active: readonly ActiveTask[]): ActiveTask | undefined {
  if (one.exclusiveKey === undefined) return undefined;
  return active.find(
    (other) =>
      other !== one &&
      other.exclusiveKey === one.exclusiveKey &&
      (other.task.state === "running" || other.taskId < one.taskId),
  );
}

function busyMessage(one: ActiveTask, active: readonly ActiveTask[], capacity: WorkerCapacity): string {
  const ahead = active.filter((other) => other.task.state === "queued" && other.taskId < one.taskId).length;
  const slots =
    capacity.slotCount === 1 ? "The only slot is busy" : `All ${capacity.slotCount} slots are busy`;
  return ahead === 0
    ? `${slots}; it is next`
    : `${slots}; ${ahead} queued ${ahead === 1 ? "task is" : "tasks are"} ahead`;
}
