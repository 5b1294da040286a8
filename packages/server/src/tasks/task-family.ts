/**
 * Parts of tasks. A running task may queue others as parts of itself (`parent`). They run by themselves and can be waited
 * for. When the whole does not end well, its parts are stopped: nobody is left to use what they do. A part that is to start
 * only after the whole (`afterParent`) stays in the queue until then.
 *
 * A task that waits for its parts keeps its slot. Parts of the same class as their parent can therefore starve when as many
 * parents as there are slots wait: an operation that waits queues its parts for another class, or ends first.
 */

import { throwIfCancelled } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { findTaskRecord, listChildTaskRecords } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import { cancelOne, cancelParts } from "./task-cancel.ts";
import { taskOf, tellQueued } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";

const PART_COUNT_MAX = 1000;

/** To be told of every end. */
export async function afterEnd(desk: Desk, ended: ActiveTask): Promise<void> {
  if (ended.task.childCount === 0) return;
  if (!endedWell(ended.task)) return cancelParts(desk, ended);
  // The store let them go together with the end.
  for (const one of desk.ledger.list()) if (one.task.parent === ended.task.upid) letGo(desk, one);
  tellQueued(desk);
}

/** Of a part whose parent is over already: a restart, or an end in the same moment. */
export async function settlePart(desk: Desk, one: ActiveTask): Promise<void> {
  const { parent } = one.task;
  if (parent === undefined || one.ending || desk.ledger.find(parent)?.ending === false) return;
  const whole = await findTaskRecord(desk.state.database, parent);
  if (whole !== undefined && endedWell(whole.task)) letGo(desk, one);
  else await cancelOne(desk, one, `the task that it is a part of has ended: ${parent}`);
}

/** Resolves when no part of the task is queued or running, with its parts as they ended, oldest first, at most 1,000. */
export async function waitForParts(
  desk: Desk,
  upid: string,
  options: { readonly signal: AbortSignal },
): Promise<readonly Task[]> {
  while (hasParts(desk, upid)) await nextEnd(desk, options.signal);
  const records = await listChildTaskRecords(desk.state.database, upid, { limit: PART_COUNT_MAX });
  return records.map((record) => taskOf(desk, record));
}

function hasParts(desk: Desk, upid: string): boolean {
  for (const one of desk.ledger.list()) if (one.task.parent === upid) return true;
  return false;
}

async function nextEnd(desk: Desk, signal: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  desk.endListeners.add(wake);
  signal.addEventListener("abort", wake, { once: true });
  try {
    await promise;
  } finally {
    desk.endListeners.delete(wake);
    signal.removeEventListener("abort", wake);
  }
  throwIfCancelled(signal);
}

function endedWell({ state }: Task): boolean {
  return state === "ok" || state === "warning";
}

function letGo(desk: Desk, one: ActiveTask): void {
  if (!one.afterParent || one.task.state !== "queued" || one.ending) return;
  one.afterParent = false;
  desk.line.place(one);
  desk.ledger.tell(one);
}
