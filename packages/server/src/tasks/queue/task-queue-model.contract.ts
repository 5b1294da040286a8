/**
 * Random actions of two drivers on one store, against a model that is small enough to be right: a list of tasks, searched
 * from the front. What the drivers answer must be what the model says, at every step.
 */

import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { TaskClass, TaskPriority } from "@ironcore-backup/protocol";
import { TASK_PRIORITIES } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../../state/task-records.ts";
import type { TaskQueue } from "./task-queue.ts";
import { aRecord, endedAs, LEASE_MS } from "./task-queue.testing.ts";
import type { QueueStore } from "./task-queue.testing.ts";

const RUN_COUNT = 60;
const LIMITS = { datastores: new Map([["b", 1]]), projects: new Map([["p", 2]]) };

interface ModelTask {
  readonly taskId: number;
  readonly class: TaskClass;
  readonly priority: TaskPriority;
  readonly key: string | undefined;
  readonly datastore: string;
  readonly project: string | undefined;
  readonly notBefore: number | undefined;
  state: "queued" | "withdrawn" | "running" | "over";
  attempt: number;
  leaseUntil: number;
}

/** One hand-out, as the worker that got it remembers it. */
interface Hand {
  readonly record: TaskRecord;
  readonly task: ModelTask;
}

const step = fc.oneof(
  fc.record({
    do: fc.constant("enqueue" as const),
    class: fc.constantFrom<TaskClass>("worker", "gc"),
    priority: fc.constantFrom(...TASK_PRIORITIES),
    key: fc.constantFrom(undefined, "k1", "k2"),
    datastore: fc.constantFrom("a", "b"),
    project: fc.constantFrom(undefined, "p"),
    delayMs: fc.constantFrom(undefined, undefined, 30_000),
  }),
  fc.record({ do: fc.constant("claim" as const), class: fc.constantFrom<TaskClass>("worker", "gc") }),
  fc.record({ do: fc.constantFrom("heartbeat", "finish", "release", "save"), hand: fc.nat(30) }),
  fc.record({ do: fc.constant("withdraw" as const), taskId: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant("pass" as const), durationMs: fc.constantFrom(1000, 20_000, LEASE_MS) }),
  fc.record({ do: fc.constant("expire" as const) }),
);
const steps = fc.array(fc.record({ driver: fc.boolean(), step }), { minLength: 10, maxLength: 60 });
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

export function describeTaskQueueModel(name: string, openStore: () => Promise<QueueStore>): void {
  describe(name, () => {
    test("does at every step what a list searched from the front would do, whichever driver is asked", async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const store = await openStore();
          try {
            const drivers = [await store.openDriver(), await store.openDriver()] as const;
            const world = new World(store);
            for (const { driver, step: one } of all) {
              await world.play(drivers[driver ? 1 : 0], one);
              await world.compare(drivers[driver ? 0 : 1]);
            }
          } finally {
            await store.close();
          }
        }),
        { numRuns: RUN_COUNT },
      );
    }, 60_000);
  });
}

class World {
  readonly #tasks: ModelTask[] = [];
  readonly #hands: Hand[] = [];
  readonly #store: QueueStore;

  constructor(store: QueueStore) {
    this.#store = store;
  }

  async play(queue: TaskQueue, one: Step): Promise<void> {
    switch (one.do) {
      case "enqueue":
        return this.#enqueue(queue, one);
      case "claim":
        return this.#claim(queue, one.class);
      case "withdraw":
        return this.#withdraw(queue, one.taskId);
      case "pass":
        return this.#store.clock.advance(one.durationMs);
      case "expire":
        return this.#expire(queue);
      case "heartbeat":
      case "finish":
      case "release":
      case "save":
        return this.#useHand(queue, one.do, one.hand);
    }
  }

  /** The store holds what the model holds. */
  async compare(queue: TaskQueue): Promise<void> {
    const stored = await queue.listActive();
    expect(stored.map(({ taskId, attempt, task }) => [taskId, attempt, task.state])).toEqual(
      this.#tasks
        .filter((task) => task.state !== "over")
        .map(({ taskId, attempt, state }) => [taskId, attempt, state === "running" ? "running" : "queued"]),
    );
    const keys = stored.flatMap((one) => (one.task.state === "running" ? (one.exclusiveKey ?? []) : []));
    expect(new Set(keys).size).toBe(keys.length);
  }

  async #enqueue(queue: TaskQueue, one: Extract<Step, { do: "enqueue" }>): Promise<void> {
    const { class: taskClass, priority, key, datastore, project, delayMs } = one;
    const taskId = this.#tasks.length + 1;
    const notBefore = delayMs === undefined ? undefined : this.#store.clock.now() + delayMs;
    const place = { class: taskClass, priority, datastore };
    await queue.enqueue([
      aRecord(taskId, {
        exclusiveKey: key,
        notBefore,
        task: project === undefined ? place : { ...place, project },
      }),
    ]);
    this.#tasks.push({
      ...place,
      taskId,
      key,
      project,
      notBefore,
      state: "queued",
      attempt: 0,
      leaseUntil: 0,
    });
  }

  async #claim(queue: TaskQueue, taskClass: TaskClass): Promise<void> {
    const now = this.#store.clock.now();
    const record = await queue.claim({
      worker: "vm/w",
      class: taskClass,
      leaseMs: LEASE_MS,
      limits: LIMITS,
    });
    const task = this.#line().find((one) => one.class === taskClass && this.#mayRun(one));
    expect(record?.taskId).toBe(task?.taskId);
    if (task === undefined || record === undefined) return;
    Object.assign(task, { state: "running", attempt: task.attempt + 1, leaseUntil: now + LEASE_MS });
    expect(record.attempt).toBe(task.attempt);
    this.#hands.push({ record, task });
  }

  async #useHand(queue: TaskQueue, what: string, index: number): Promise<void> {
    const hand = this.#hands[index % Math.max(1, this.#hands.length)];
    if (hand === undefined) return;
    const { record, task } = hand;
    const holds = task.state === "running" && task.attempt === record.attempt;
    if (what === "heartbeat") {
      expect(await queue.heartbeat(record, LEASE_MS)).toBe(holds);
      if (holds) task.leaseUntil = this.#store.clock.now() + LEASE_MS;
    } else if (what === "save") {
      expect(await queue.save([record])).toEqual(holds ? [] : [task.taskId]);
    } else if (what === "finish") {
      expect(await queue.finish(endedAs(record, "ok"))).toBe(holds);
      if (holds) task.state = "over";
    } else {
      expect(await queue.release(record)).toBe(holds);
      if (holds) Object.assign(task, { state: "queued", attempt: task.attempt + 1 });
    }
  }

  async #withdraw(queue: TaskQueue, taskId: number): Promise<void> {
    const task = this.#tasks.find((one) => one.taskId === taskId);
    const isQueued = task?.state === "queued" || task?.state === "withdrawn";
    expect(await queue.withdraw(taskId)).toBe(isQueued);
    if (task !== undefined && isQueued) task.state = "withdrawn";
  }

  async #expire(queue: TaskQueue): Promise<void> {
    const now = this.#store.clock.now();
    const over = this.#tasks.filter((task) => task.state === "running" && task.leaseUntil <= now);
    const taken = await queue.takeExpired(LEASE_MS);
    expect(taken.map((one) => one.taskId).toSorted((left, right) => left - right)).toEqual(
      over.map((task) => task.taskId),
    );
    for (const record of taken) {
      const task = over.find((one) => one.taskId === record.taskId);
      if (task === undefined) continue;
      Object.assign(task, { attempt: task.attempt + 1, leaseUntil: now + LEASE_MS });
      this.#hands.push({ record, task });
    }
  }

  /** In line, first one first. */
  #line(): ModelTask[] {
    const now = this.#store.clock.now();
    const rank = (task: ModelTask): number => -TASK_PRIORITIES.indexOf(task.priority);
    return this.#tasks
      .filter((task) => task.state === "queued" && (task.notBefore ?? 0) <= now)
      .toSorted((left, right) => rank(left) - rank(right) || left.taskId - right.taskId);
  }

  #mayRun(task: ModelTask): boolean {
    const running = this.#tasks.filter((one) => one.state === "running");
    const isLocked = task.key !== undefined && running.some((one) => one.key === task.key);
    const isFirst = task.key === undefined || this.#line().find((one) => one.key === task.key) === task;
    const onDatastore = running.filter((one) => one.datastore === task.datastore).length;
    const forProject = running.filter((one) => one.project === task.project).length;
    return (
      !isLocked &&
      isFirst &&
      onDatastore < (LIMITS.datastores.get(task.datastore) ?? Infinity) &&
      (task.project === undefined || forProject < (LIMITS.projects.get(task.project) ?? Infinity))
    );
  }
}
