/** The SQLite driver keeps the contract of the port; two drivers are two connections to one file. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, createSystemClock } from "@ironcore-backup/base";
import { openState } from "../../state/database.ts";
import type { State } from "../../state/database.ts";
import { createSqliteTaskQueue } from "./sqlite-task-queue.ts";
import { describeTaskQueue } from "./task-queue.contract.ts";
import { describeTaskQueueModel } from "./task-queue-model.contract.ts";
import { aRecord } from "./task-queue.testing.ts";
import type { QueueStore } from "./task-queue.testing.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function aPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "ironcore-queue-"));
  folders.push(folder);
  return join(folder, "state.db");
}

async function openStore(): Promise<QueueStore> {
  const clock = createFakeClock();
  const path = aPath();
  const states: State[] = [];
  return {
    clock,
    openDriver: async () => {
      const state = await openState(path);
      states.push(state);
      return createSqliteTaskQueue({ clock, state });
    },
    close: async () => {
      for (const state of states) await state.close();
    },
  };
}

describeTaskQueue("the SQLite queue", openStore);
describeTaskQueueModel("the SQLite queue", openStore);

test("two threads that claim as fast as they can never both get a task, and leave none", async () => {
  const path = aPath();
  const count = 200;
  const state = await openState(path);
  const queue = createSqliteTaskQueue({ clock: createSystemClock(), state });
  // Every third wants one of five locks.
  const key = (taskId: number) => (taskId % 3 === 0 ? `k${taskId % 5}` : undefined);
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  await queue.enqueue(numbers.map((taskId) => aRecord(taskId, { exclusiveKey: key(taskId) })));
  const claims = await Promise.all([claimInThread(path), claimInThread(path)]);
  const all = claims.flat().toSorted((left, right) => left - right);
  expect(all).toEqual(numbers);
  // Both took part; a race that one wins altogether would show nothing.
  for (const own of claims) expect(own.length).toBeGreaterThan(0);
  expect(await queue.listActive()).toEqual([]);
  await state.close();
});

/** Numbers of the tasks that the thread claimed and ended, until none was left. */
function claimInThread(path: string): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const thread = new Worker(new URL("./task-claimer-thread.testing.ts", import.meta.url), {
      workerData: { path, answer: port2 },
      transferList: [port2],
    });
    port1.once("message", (numbers: number[]) => {
      port1.close();
      resolve(numbers);
    });
    thread.once("error", reject);
  });
}
