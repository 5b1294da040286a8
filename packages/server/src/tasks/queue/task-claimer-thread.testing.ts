/** A thread with a driver of its own that claims and ends tasks until there are none. */

import { workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { createSystemClock } from "@ironcore-backup/base";
import { openState } from "../../state/database.ts";
import { createSqliteTaskQueue } from "./sqlite-task-queue.ts";
import { endedAs, LEASE_MS, NO_LIMITS } from "./task-queue.testing.ts";

/** Another one's lock may be all that is left for a moment. */
const EMPTY_COUNT_MAX = 20;

const clock = createSystemClock();
// What the test hands over.
const { path, answer } = workerData as { readonly path: string; readonly answer: MessagePort };
const state = await openState(path);
const queue = createSqliteTaskQueue({ clock, state });
const numbers: number[] = [];
for (let emptyCount = 0; emptyCount < EMPTY_COUNT_MAX;) {
  const record = await queue.claim({
    worker: "vm/worker",
    class: "worker",
    leaseMs: LEASE_MS,
    limits: NO_LIMITS,
  });
  if (record === undefined) {
    emptyCount++;
    await clock.sleep(5);
    continue;
  }
  emptyCount = 0;
  numbers.push(record.taskId);
  if (!(await queue.finish(endedAs(record, "ok")))) throw new Error(`lost task ${record.taskId}`);
}
await state.close();
answer.postMessage(numbers, []);
answer.close();
