/** What every driver of the queue must do. A driver's test calls `describeTaskQueue` with a store of its kind. */

import { afterEach, describe, expect, test } from "vitest";
import type { TaskClass } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../../state/task-records.ts";
import type { QueueLimits, TaskQueue } from "./task-queue.ts";
import { aRecord, endedAs, LEASE_MS, NO_LIMITS, upidOfNumber } from "./task-queue.testing.ts";
import type { QueueStore } from "./task-queue.testing.ts";

const claim = (queue: TaskQueue, limits: QueueLimits = NO_LIMITS, taskClass: TaskClass = "worker") =>
  queue.claim({ worker: `vm/${taskClass}`, class: taskClass, leaseMs: LEASE_MS, limits });

async function claimed(queue: TaskQueue): Promise<TaskRecord> {
  const record = await claim(queue);
  if (record === undefined) throw new Error("nothing to claim");
  return record;
}

/** Numbers of what can be claimed now, in order. */
async function claimAll(queue: TaskQueue, limits: QueueLimits = NO_LIMITS): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const record = await claim(queue, limits);
    if (record === undefined) return numbers;
    numbers.push(record.taskId);
  }
}

// Long because it is one list of sentences.
export function describeTaskQueue(name: string, openStore: () => Promise<QueueStore>): void {
  const stores: QueueStore[] = [];
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  const aStore = async (): Promise<QueueStore & { readonly queue: TaskQueue }> => {
    const store = await openStore();
    stores.push(store);
    return { ...store, queue: await store.openDriver() };
  };

  describe(name, () => {
    test("hands out by priority, then by age, and only the class that was asked for", async () => {
      const { queue } = await aStore();
      await queue.enqueue([
        aRecord(1, { task: { priority: "low" } }),
        aRecord(2),
        aRecord(3, { task: { priority: "high" } }),
        aRecord(4, { task: { class: "verifier", priority: "high" } }),
        aRecord(5),
      ]);
      expect(await claimAll(queue)).toEqual([3, 2, 5, 1]);
    });

    test("gives the record as it was put in, running under its first attempt", async () => {
      const { queue, clock } = await aStore();
      const record = aRecord(1, { exclusiveKey: "k", task: { project: "web", namespace: "a/b" } });
      await queue.enqueue([record]);
      expect(await claim(queue)).toEqual({
        ...record,
        attempt: 1,
        task: { ...record.task, state: "running", worker: "vm/worker", startedAt: clock.now() },
      });
    });

    test("of those with one key one runs at a time, in the order of the queue, whatever their class", async () => {
      const { queue } = await aStore();
      await queue.enqueue([
        aRecord(1, { exclusiveKey: "k" }),
        aRecord(2, { exclusiveKey: "k", task: { priority: "high" } }),
        aRecord(3, { exclusiveKey: "k", task: { class: "gc" } }),
        aRecord(4),
      ]);
      const first = await claimed(queue);
      expect(first.taskId).toBe(2);
      expect(await claimAll(queue)).toEqual([4]);
      await queue.finish(endedAs(first, "ok"));
      expect(await claim(queue, NO_LIMITS, "gc")).toBeUndefined();
      expect(await claimAll(queue)).toEqual([1]);
    });

    test("a limit keeps a datastore's or a project's tasks back, others pass them", async () => {
      const { queue } = await aStore();
      await queue.enqueue([
        aRecord(1, { task: { datastore: "a", project: "p" } }),
        aRecord(2, { task: { datastore: "a", project: "q" } }),
        aRecord(3, { task: { datastore: "b", project: "p" } }),
        aRecord(4, { task: { datastore: "b" } }),
        aRecord(5, { task: { datastore: "c" } }),
      ]);
      const limits = { datastores: new Map([["a", 1]]), projects: new Map([["p", 1]]) };
      expect(await claimAll(queue, limits)).toEqual([1, 4, 5]);
      expect(await claimAll(queue, { ...NO_LIMITS, datastores: new Map([["b", 0]]) })).toEqual([2]);
      expect(await claimAll(queue)).toEqual([3]);
    });

    test("a delayed task is passed until its instant, and holds no lock meanwhile", async () => {
      const { queue, clock } = await aStore();
      await queue.enqueue([
        aRecord(1, { exclusiveKey: "k", notBefore: clock.now() + 1000 }),
        aRecord(2, { exclusiveKey: "k" }),
      ]);
      const second = await claimed(queue);
      expect(second.taskId).toBe(2);
      await queue.finish(endedAs(second, "ok"));
      expect(await claim(queue)).toBeUndefined();
      clock.advance(1000);
      expect((await claimed(queue)).taskId).toBe(1);
    });

    test("a part that waits for its parent starts when that has ended well, and is counted with it", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1)]);
      const parent = await claimed(queue);
      await queue.enqueue([aRecord(2, { afterParent: true, task: { parent: parent.task.upid } })]);
      expect(await claim(queue)).toBeUndefined();
      expect((await queue.listActive()).map((one) => one.task.childCount)).toEqual([1, 0]);
      await queue.finish(endedAs({ ...parent, task: { ...parent.task, childCount: 1 } }, "warning"));
      expect(await claimed(queue)).toMatchObject({ taskId: 2, afterParent: false });
    });

    test("a part whose parent failed is not let go", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1)]);
      const parent = await claimed(queue);
      await queue.enqueue([aRecord(2, { afterParent: true, task: { parent: parent.task.upid } })]);
      await queue.finish(endedAs({ ...parent, task: { ...parent.task, childCount: 1 } }, "failed"));
      expect(await claim(queue)).toBeUndefined();
    });

    test("a claim whose lease is over is taken once, and the late worker is refused in everything", async () => {
      const { queue, clock } = await aStore();
      await queue.enqueue([aRecord(1)]);
      const late = await claimed(queue);
      clock.advance(LEASE_MS - 1);
      expect(await queue.takeExpired(LEASE_MS)).toEqual([]);
      expect(await queue.heartbeat(late, LEASE_MS)).toBe(true);
      clock.advance(LEASE_MS - 1);
      expect(await queue.takeExpired(LEASE_MS)).toEqual([]);
      clock.advance(1);
      const [taken] = await queue.takeExpired(LEASE_MS);
      expect(taken).toMatchObject({ taskId: 1, attempt: 2, task: { state: "running" } });
      expect(await queue.takeExpired(LEASE_MS)).toEqual([]);
      expect(await queue.heartbeat(late, LEASE_MS)).toBe(false);
      expect(await queue.save([{ ...late, task: { ...late.task, bytes: 5 } }])).toEqual([1]);
      expect(await queue.finish(endedAs(late, "ok"))).toBe(false);
      expect(await queue.release(late)).toBe(false);
      expect((await queue.listActive()).map((one) => [one.task.state, one.task.bytes])).toEqual([
        ["running", 0],
      ]);
      if (taken !== undefined) expect(await queue.finish(endedAs(taken, "failed"))).toBe(true);
    });

    test("a claim that was given back is claimed again under a new attempt, at its old place", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1, { exclusiveKey: "k" }), aRecord(2, { exclusiveKey: "k" })]);
      const first = await claimed(queue);
      await queue.save([{ ...first, task: { ...first.task, bytes: 7 } }]);
      expect(await queue.release(first)).toBe(true);
      expect(await queue.release(first)).toBe(false);
      expect(await queue.save([first])).toEqual([1]);
      expect(await queue.finish(endedAs(first, "ok"))).toBe(false);
      const again = await claimed(queue);
      expect(again).toMatchObject({ taskId: 1, attempt: 3, task: { bytes: 0, stages: [] } });
      expect(await queue.finish(endedAs(first, "ok"))).toBe(false);
      expect(await queue.heartbeat(first, LEASE_MS)).toBe(false);
      expect(await claim(queue)).toBeUndefined();
    });

    test("what is withdrawn is claimed by nobody and keeps nobody waiting", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1, { exclusiveKey: "k" }), aRecord(2, { exclusiveKey: "k" })]);
      expect(await queue.withdraw(1)).toBe(true);
      const second = await claimed(queue);
      expect(second.taskId).toBe(2);
      expect(await queue.withdraw(2)).toBe(false);
      expect(await queue.finish(endedAs(aRecord(1), "cancelled"))).toBe(true);
      expect((await queue.listActive()).map((one) => one.taskId)).toEqual([2]);
    });

    test("a task ends once, with its retry or not at all", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1)]);
      const first = await claimed(queue);
      const retry = aRecord(2, { task: { retryOf: upidOfNumber(1), tryNumber: 2 } });
      expect(await queue.finish(endedAs({ ...first, attempt: 7 }, "failed"), { retry })).toBe(false);
      expect((await queue.listActive()).map((one) => one.taskId)).toEqual([1]);
      expect(await queue.finish(endedAs(first, "failed"), { retry })).toBe(true);
      expect(await queue.finish(endedAs(first, "ok"))).toBe(false);
      expect(await queue.listActive()).toEqual([retry]);
    });

    test("several are put in together or not at all", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(2)]);
      await expect(queue.enqueue([aRecord(1), aRecord(2)])).rejects.toThrow();
      expect((await queue.listActive()).map((one) => one.taskId)).toEqual([2]);
    });

    test("while paused nothing is handed out, and what runs goes on", async () => {
      const { queue } = await aStore();
      await queue.enqueue([aRecord(1), aRecord(2)]);
      const first = await claimed(queue);
      queue.pause(true);
      expect(await claim(queue)).toBeUndefined();
      expect(await queue.heartbeat(first, LEASE_MS)).toBe(true);
      expect(await queue.finish(endedAs(first, "ok"))).toBe(true);
      queue.pause(false);
      expect((await claimed(queue)).taskId).toBe(2);
    });

    test("tells when there may be work: put in, given back, ended, no longer paused", async () => {
      const { queue } = await aStore();
      let count = 0;
      const stop = queue.subscribe(() => count++);
      await queue.enqueue([aRecord(1)]);
      const first = await claimed(queue);
      expect(count).toBe(1);
      await queue.release(first);
      await queue.finish(endedAs(await claimed(queue), "ok"));
      queue.pause(true);
      queue.pause(false);
      expect(count).toBe(4);
      stop();
      await queue.enqueue([aRecord(2)]);
      expect(count).toBe(4);
    });

    test("a second driver on the store sees what the first did, and never gets what that one has", async () => {
      const { queue, openDriver, clock } = await aStore();
      const other = await openDriver();
      await queue.enqueue([1, 2, 3, 4, 5, 6].map((taskId) => aRecord(taskId)));
      const numbers: number[] = [];
      for (const driver of [queue, other, other, queue, other]) numbers.push((await claimed(driver)).taskId);
      expect(numbers).toEqual([1, 2, 3, 4, 5]);
      clock.advance(LEASE_MS);
      const taken = await other.takeExpired(LEASE_MS);
      expect(new Set(taken.map((one) => one.taskId))).toEqual(new Set(numbers));
      expect(await queue.heartbeat({ taskId: 1, attempt: 1 }, LEASE_MS)).toBe(false);
      expect((await queue.listActive()).length).toBe(6);
    });
  });
}
