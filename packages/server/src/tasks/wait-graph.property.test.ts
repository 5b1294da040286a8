/**
 * A simulated scheduler plays at random with the real tasks. After every step each queued task must say why it waits, and
 * each reason must be true by the list of tasks alone; what is said to be starting must be what a claim gives next.
 */

import { expect, test } from "vitest";
import fc from "fast-check";
import { baseErrors } from "@ironcore-backup/base";
import { TASK_CLASSES, TASK_PRIORITIES } from "@ironcore-backup/protocol";
import type { Task, TaskClass, WaitReason } from "@ironcore-backup/protocol";
import type { TaskAssignment } from "./tasks.ts";
import { aBench, ADMIN, claim, plan, turns } from "./tasks.testing.ts";
import type { Bench } from "./tasks.testing.ts";
import type { WorkerCapacity } from "./wait-graph.ts";

const RUN_COUNT = 15;
const SLOT_COUNT = 2;
const CLASSES = ["worker", "gc"] as const;
const TYPES = { worker: "backup", gc: "prune", verifier: "verify", sync: "sync" } as const;
/** The server's error for a lost worker may be retried. */
const PASSING = { ...baseErrors.INTERNAL_ERROR({ detail: "x" }).toJSON(), retry: "now" as const };

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("queue" as const),
      class: fc.constantFrom(...CLASSES),
      priority: fc.constantFrom(...TASK_PRIORITIES),
      key: fc.constantFrom(undefined, undefined, "k1", "k2"),
      datastore: fc.constantFrom("a", "b"),
      project: fc.constantFrom(undefined, "p"),
      retries: fc.boolean(),
      isPart: fc.boolean(),
      afterParent: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("claim" as const), class: fc.constantFrom(...CLASSES) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("finish" as const),
      index: fc.nat(9),
      outcome: fc.constantFrom("done", "failed", "released"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), index: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("limit" as const), max: fc.constantFrom(undefined, 1, 2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("workers" as const),
      are: fc.constantFrom("up", "down", "drained", "gone"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), seconds: fc.constantFrom(1, 20) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** What the world knows besides the list of tasks. */
interface World {
  readonly bench: Bench;
  readonly claims: TaskAssignment[];
  readonly keys: Map<string, string | undefined>;
  readonly delayed: Set<string>;
  paused: boolean;
  limit: number | undefined;
  workers: string;
}

test("whatever happens, every queued task says why it waits, and nothing it says is false", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      const world = await aWorld();
      for (const one of steps) {
        await play(world, one);
        tellCapacity(world);
        checkAll(world);
      }
      await world.bench.close();
    }),
    { numRuns: RUN_COUNT },
  );
}, 60_000);

async function aWorld(): Promise<World> {
  const limits = () => ({
    datastoreMax: (name: string) => (name === "a" ? world.limit : undefined),
    projectMax: () => world.limit,
  });
  const bench = await aBench(undefined, { limits });
  const world: World = {
    bench,
    claims: [],
    keys: new Map(),
    delayed: new Set(),
    paused: false,
    limit: undefined,
    workers: "up",
  };
  return world;
}

async function play(world: World, one: Step): Promise<void> {
  const { bench, claims } = world;
  if (one.do === "queue") return queueOne(world, one);
  if (one.do === "claim") return claimOne(world, one.class);
  if (one.do === "finish") return finishOne(world, one);
  if (one.do === "cancel") return cancelOne(world, one.index);
  if (one.do === "pause") {
    world.paused = one.on;
    bench.tasks.setPaused({ paused: one.on, pausedBy: "a@ibs" });
  } else if (one.do === "limit") world.limit = one.max;
  else if (one.do === "workers") world.workers = one.are;
  else await bench.pass(one.seconds * 1000, 1000);
  expect(claims.length).toBeLessThan(100);
}

async function queueOne(world: World, one: Extract<Step, { do: "queue" }>): Promise<void> {
  const { bench } = world;
  const parent = one.isPart ? bench.tasks.active().find((task) => task.state === "running")?.upid : undefined;
  const upid = await bench.tasks
    .queue(
      ADMIN,
      plan({
        type: TYPES[one.class],
        priority: one.priority,
        datastore: one.datastore,
        project: one.project,
        exclusiveKey: one.key,
        parent,
        afterParent: parent !== undefined && one.afterParent,
        ...(one.retries ? { retryPolicy: { countMax: 2, delaySeconds: 15 } } : {}),
      }),
    )
    // A parent that was asked to stop takes no parts.
    .catch((cause: unknown) => {
      expect(cause).toMatchObject({ code: "TASK_FINISHED" });
      return undefined;
    });
  if (upid !== undefined) world.keys.set(upid, one.key);
}

/** As the workers do it: only with a free slot, and while they are there. */
async function claimOne(world: World, taskClass: TaskClass): Promise<void> {
  const { bench } = world;
  const free = SLOT_COUNT - runningIn(bench, taskClass).length;
  if (free <= 0 || world.workers !== "up") return;
  const starting = bench.tasks
    .active()
    .filter((task) => task.class === taskClass && task.wait?.reasons[0]?.code === "starting")
    .map((task) => task.upid);
  const got = await claim(bench, taskClass);
  expect(got === undefined).toBe(starting.length === 0);
  expect(starting.length).toBeLessThanOrEqual(free);
  if (got === undefined) return;
  expect(starting).toContain(got.upid);
  world.claims.push(got);
}

async function finishOne(world: World, one: Extract<Step, { do: "finish" }>): Promise<void> {
  const { bench, claims, keys } = world;
  const [got] = claims.splice(one.index % Math.max(1, claims.length), 1);
  if (got === undefined) return;
  const { upid, attempt } = got;
  if (one.outcome === "released" && (await bench.tasks.release(upid, attempt, "drained"))) return;
  const isFailure = one.outcome === "failed";
  await bench.tasks.finish(upid, attempt, isFailure ? { kind: "failed", error: PASSING } : { kind: "done" });
  await turns();
  const { retriedBy } = await bench.tasks.get(upid);
  if (retriedBy !== undefined) {
    keys.set(retriedBy, keys.get(upid));
    world.delayed.add(retriedBy);
  }
}

async function cancelOne(world: World, index: number): Promise<void> {
  const { bench, claims } = world;
  const active = bench.tasks.active();
  const task = active[index % Math.max(1, active.length)];
  if (task === undefined) return;
  await bench.tasks.requestCancel(task.upid, ADMIN.authId);
  await turns();
  // Its worker, and those of its parts, do as they are told.
  for (const got of [...claims]) {
    if (bench.tasks.findActive(got.upid)?.cancelRequested !== true) continue;
    claims.splice(claims.indexOf(got), 1);
    await bench.tasks.finish(got.upid, got.attempt, { kind: "cancelled" });
  }
  await turns();
}

function tellCapacity({ bench, workers }: World): void {
  const capacity = (taskClass: TaskClass): WorkerCapacity => ({
    slotCount: workers === "down" ? 0 : SLOT_COUNT,
    freeSlotCount: SLOT_COUNT - runningIn(bench, taskClass).length,
    readyCount: workers === "up" ? 1 : 0,
    startingCount: 0,
    closedBecause: undefined,
    drainingBecause: workers === "drained" ? "Drained by a@ibs" : undefined,
  });
  bench.tasks.capacityChanged(new Map(TASK_CLASSES.map((name) => [name, capacity(name)])));
}

function runningIn(bench: Bench, taskClass: TaskClass): Task[] {
  return bench.tasks.active().filter((task) => task.state === "running" && task.class === taskClass);
}

function checkAll(world: World): void {
  const active = world.bench.tasks.active();
  for (const task of active) {
    expect(task.wait !== undefined).toBe(task.state === "queued");
    if (task.wait === undefined) continue;
    const { reasons, predictedStart } = task.wait;
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons.map((one) => `${one.code} ${one.resource}`)).size).toBe(reasons.length);
    for (const reason of reasons) {
      expect(isTrue(world, active, task, reason), `${reason.code}: ${reason.message}`).toBe(true);
      for (const upid of reason.heldBy) expect(active.map((one) => one.upid)).toContain(upid);
    }
    if (predictedStart !== undefined) {
      expect(predictedStart.earliestAt).toBeGreaterThanOrEqual(world.bench.clock.now());
      expect(predictedStart.latestAt).toBeGreaterThanOrEqual(predictedStart.earliestAt);
    }
  }
}

// Long because it says of every reason when it is true.
function isTrue(world: World, active: readonly Task[], task: Task, reason: WaitReason): boolean {
  const running = active.filter((one) => one.state === "running");
  const mates = running.filter((one) => one.class === task.class);
  switch (reason.code) {
    case "scheduler-paused":
      return world.paused;
    case "no-worker-online":
      return world.workers === "down" || (world.workers === "gone" && mates.length < SLOT_COUNT);
    case "datastore-maintenance":
      return false; // No datastore of this world is ever in it.
    case "worker-draining":
      return world.workers === "drained";
    case "waiting-for-parent":
      return active.some((one) => one.upid === task.parent);
    case "waiting-for-lock":
      return reason.heldBy.every((upid) => holdsLock(world, active, { upid, task }));
    case "limit-reached": {
      const isProject = reason.resource === `project ${task.project}`;
      const users = running.filter((one) =>
        isProject ? one.project === task.project : one.datastore === task.datastore,
      );
      return world.limit !== undefined && users.length >= world.limit;
    }
    case "retry-delay":
      return world.delayed.has(task.upid) && task.queuedAt + 15_000 * 2 > world.bench.clock.now();
    case "no-free-slot":
      return mates.length >= SLOT_COUNT || othersGoFirst(active, task) >= SLOT_COUNT - mates.length;
    case "starting":
      return !world.paused && world.workers === "up" && mates.length < SLOT_COUNT;
  }
}

function holdsLock(
  world: World,
  active: readonly Task[],
  { upid, task }: { readonly upid: string; readonly task: Task },
): boolean {
  const holder = active.find((one) => one.upid === upid);
  if (holder === undefined || world.keys.get(upid) !== world.keys.get(task.upid)) return false;
  return holder.state === "running" || goesBefore(holder, task);
}

/** How many of its class are before it and wait for nothing but a slot. */
function othersGoFirst(active: readonly Task[], task: Task): number {
  return active.filter(
    (one) =>
      one.state === "queued" &&
      one.class === task.class &&
      goesBefore(one, task) &&
      one.wait?.reasons.every((reason) => ["no-free-slot", "starting", ...OF_ALL].includes(reason.code)),
  ).length;
}

const OF_ALL = ["scheduler-paused", "no-worker-online", "worker-draining"];

function goesBefore(left: Task, right: Task): boolean {
  const rank = (task: Task): number => TASK_PRIORITIES.indexOf(task.priority);
  return rank(left) === rank(right) ? left.upid < right.upid : rank(left) > rank(right);
}
