/** The forecast against a simulated scheduler whose runs take as long as chance wants. */

import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import { aRecord } from "./queue/task-queue.testing.ts";
import { activeTaskFrom } from "./active-task.ts";
import type { ActiveTask } from "./active-task.ts";
import { createRunDurations, likenessOf } from "./run-durations.ts";
import type { RunDurations } from "./run-durations.ts";
import { createStartForecast } from "./start-forecast.ts";
import { createTaskLine } from "./task-line.ts";
import type { TaskLine } from "./task-line.ts";
import { NO_LIMITS } from "./wait-graph.ts";
import type { TaskLimits, WaitView } from "./wait-graph.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

interface Simulation {
  readonly clock: FakeClock;
  readonly line: TaskLine;
  readonly durations: RunDurations;
  readonly slotCount: number;
  readonly limits: TaskLimits;
  readonly ends: Map<ActiveTask, number>;
}

function aSimulation(slotCount: number, limits: TaskLimits = NO_LIMITS): Simulation {
  return {
    clock: createFakeClock(),
    line: createTaskLine(),
    durations: createRunDurations(),
    slotCount,
    limits,
    ends: new Map(),
  };
}

function viewOf({ clock, line, limits, slotCount }: Simulation, changes: Partial<WaitView> = {}): WaitView {
  const freeSlotCount = Math.max(0, slotCount - line.runningIn("worker").size);
  const capacity = { slotCount, freeSlotCount, readyCount: 1, startingCount: 0, closedBecause: undefined };
  return { now: clock.now(), line, paused: undefined, limits, capacityOf: () => capacity, ...changes };
}

function put(
  simulation: Simulation,
  taskId: number,
  kind: string,
  more: { readonly key?: string | undefined; readonly type?: "backup" | "restore" } = {},
): ActiveTask {
  const { key, type = "backup" } = more;
  const record = aRecord(taskId, {
    exclusiveKey: key,
    task: { type, source: kind, datastore: kind.slice(0, 1) },
  });
  const one = activeTaskFrom(record, { at: simulation.clock.now(), elapsedMs: 0 });
  simulation.line.place(one);
  return one;
}

/** Starts what may start, each for as long as `durationOf` says. */
function startAll(simulation: Simulation, durationOf: (one: ActiveTask) => number): ActiveTask[] {
  const { line, clock, slotCount, limits, ends } = simulation;
  const started: ActiveTask[] = [];
  while (line.runningIn("worker").size < slotCount) {
    const one = line.heads("worker").find((head) => {
      const max = limits.datastoreMax(head.task.datastore);
      return max === undefined || line.runningOn(head.task.datastore).size < max;
    });
    if (one === undefined) break;
    one.task = { ...one.task, state: "running", startedAt: clock.now() };
    line.place(one);
    ends.set(one, clock.now() + durationOf(one));
    started.push(one);
  }
  return started;
}

/** Moves on to the next end and makes it. */
function endNext(simulation: Simulation): void {
  const { ends, clock, line, durations } = simulation;
  const [next] = [...ends].toSorted(([, left], [, right]) => left - right);
  if (next === undefined) return;
  const [one, at] = next;
  clock.advance(Math.max(0, at - clock.now()));
  ends.delete(one);
  line.remove(one);
  durations.record(one.likeness, at - (one.task.startedAt ?? at));
}

/** A chain of numbers that looks random and is the same every time. */
function aDice(): () => number {
  let seed = 42;
  return () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };
}

const KINDS: readonly (readonly [string, number])[] = [
  ["a1", 40 * SECOND_MS],
  ["a2", 3 * MINUTE_MS],
  ["b1", 12 * MINUTE_MS],
  ["b2", 90 * SECOND_MS],
];

/** How far the middle of the range lay from the truth, as a share of the wait, and how often the truth lay inside. */
function measure(simulation: Simulation, taskCount: number, keyOf: (taskId: number) => string | undefined) {
  const dice = aDice();
  const durationOf = (one: ActiveTask): number => {
    const usual = KINDS.find(([kind]) => kind === one.task.source)?.[1] ?? MINUTE_MS;
    return Math.round(usual * (0.85 + 0.3 * dice()));
  };
  // Two runs of each kind are known.
  for (const [kind, usual] of KINDS) {
    const like = likenessOf({
      type: "backup",
      datastore: kind.slice(0, 1),
      source: kind,
      exclusiveKey: undefined,
    });
    simulation.durations.record(like, usual * 0.9);
    simulation.durations.record(like, usual * 1.1);
  }
  const forecast = createStartForecast(simulation);
  const said = new Map<ActiveTask, { at: number; earliestAt: number; latestAt: number }>();
  const errors: number[] = [];
  let insideCount = 0;
  for (let taskId = 1; taskId <= taskCount; taskId++)
    put(simulation, taskId, KINDS[Math.floor(dice() * KINDS.length)]?.[0] ?? "a1", { key: keyOf(taskId) });
  const started = startAll(simulation, durationOf);
  simulation.clock.advance(1);
  for (const one of simulation.line.inLine("worker")) {
    const range = forecast.predict(viewOf(simulation), one);
    if (range !== undefined) said.set(one, { at: simulation.clock.now(), ...range });
  }
  expect(said.size).toBe(taskCount - started.length);
  while (simulation.ends.size > 0) {
    endNext(simulation);
    for (const one of startAll(simulation, durationOf)) {
      const range = said.get(one);
      if (range === undefined) continue;
      const startedAt = one.task.startedAt ?? 0;
      const waitMs = Math.max(SECOND_MS, startedAt - range.at);
      errors.push(Math.abs((range.earliestAt + range.latestAt) / 2 - startedAt) / waitMs);
      if (startedAt >= range.earliestAt && startedAt <= range.latestAt) insideCount++;
    }
  }
  const sorted = errors.toSorted((left, right) => left - right);
  return {
    medianError: sorted[Math.floor(sorted.length / 2)] ?? 1,
    insideShare: insideCount / Math.max(1, errors.length),
  };
}

test.each([1, 2, 4])(
  "with %i slots and runs that vary by 15 %, the start lies in the range, and its middle near the truth",
  (slotCount) => {
    const { medianError, insideShare } = measure(aSimulation(slotCount), 80, () => undefined);
    expect(medianError).toBeLessThan(0.08);
    expect(insideShare).toBeGreaterThan(0.95);
  },
);

test("locks and a limit are reckoned with", () => {
  const limits = { ...NO_LIMITS, datastoreMax: (name: string) => (name === "b" ? 1 : undefined) };
  const key = (taskId: number) => (taskId % 4 === 0 ? `k${taskId % 8}` : undefined);
  const { medianError, insideShare } = measure(aSimulation(3, limits), 80, key);
  expect(medianError).toBeLessThan(0.2);
  expect(insideShare).toBeGreaterThan(0.6);
});

test("what waits for a lock is predicted for the holder's end, however many slots are free", () => {
  const simulation = aSimulation(4);
  simulation.durations.record(
    likenessOf({ type: "backup", datastore: "a", source: "a1", exclusiveKey: "k" }),
    MINUTE_MS,
  );
  put(simulation, 1, "a1", { key: "k" });
  startAll(simulation, () => MINUTE_MS);
  const second = put(simulation, 2, "a1", { key: "k" });
  const range = createStartForecast(simulation).predict(viewOf(simulation), second);
  expect(range?.earliestAt).toBe(simulation.clock.now() + 45 * SECOND_MS);
  expect(range?.latestAt).toBe(simulation.clock.now() + 81 * SECOND_MS + 2 * SECOND_MS);
});

test("nothing is predicted where nothing is known: a pause, no worker, durations never seen", () => {
  const simulation = aSimulation(1);
  const { clock } = simulation;
  const forecast = createStartForecast(simulation);
  put(simulation, 1, "a1");
  startAll(simulation, () => MINUTE_MS);
  const waiting = put(simulation, 2, "a1");
  expect(forecast.predict(viewOf(simulation), waiting)).toBeUndefined();
  simulation.durations.record(waiting.likeness, MINUTE_MS);
  expect(forecast.predict(viewOf(simulation), waiting)).toBeDefined();
  expect(forecast.predict(viewOf(simulation, { paused: { paused: true } }), waiting)).toBeUndefined();
  const none = { slotCount: 0, freeSlotCount: 0, readyCount: 0, startingCount: 0, closedBecause: undefined };
  expect(forecast.predict(viewOf(simulation, { capacityOf: () => none }), waiting)).toBeUndefined();
  const unknown = put(simulation, 3, "c1", { type: "restore" });
  const behind = put(simulation, 4, "a1");
  expect(forecast.predict(viewOf(simulation), unknown)).toBeDefined();
  expect(forecast.predict(viewOf(simulation), behind)).toBeUndefined();
  expect(clock.now()).toBeGreaterThan(0);
});

test("a run that takes longer than any before pushes the start on and never into the past", () => {
  const simulation = aSimulation(1);
  const forecast = createStartForecast(simulation);
  put(simulation, 1, "a1");
  startAll(simulation, () => 100 * MINUTE_MS);
  const waiting = put(simulation, 2, "a1");
  simulation.durations.record(waiting.likeness, MINUTE_MS);
  let before = 0;
  for (let minute = 0; minute < 20; minute++) {
    const range = forecast.predict(viewOf(simulation), waiting);
    expect(range?.earliestAt).toBeGreaterThanOrEqual(simulation.clock.now());
    expect(range?.latestAt).toBeGreaterThanOrEqual(before);
    before = range?.latestAt ?? 0;
    simulation.clock.advance(MINUTE_MS);
  }
});

test("ten thousand queued tasks are asked about at the cost of a few plays of the queue", () => {
  const simulation = aSimulation(4);
  simulation.durations.record(
    likenessOf({ type: "backup", datastore: "a", source: "a1", exclusiveKey: "" }),
    MINUTE_MS,
  );
  let estimateCount = 0;
  const counting: RunDurations = {
    ...simulation.durations,
    estimate: (run) => {
      estimateCount++;
      return simulation.durations.estimate(run);
    },
  };
  const forecast = createStartForecast({ clock: simulation.clock, durations: counting });
  for (let taskId = 1; taskId <= 10_000; taskId++) put(simulation, taskId, "a1");
  const [, second] = simulation.line.inLine("worker");
  for (const one of simulation.line.inLine("worker").slice(0, 1000))
    forecast.predict(viewOf(simulation), one);
  expect(second).toBeDefined();
  expect(estimateCount).toBeLessThanOrEqual(10_000);
});
