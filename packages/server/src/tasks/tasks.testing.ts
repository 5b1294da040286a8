/** What tests of a task's life speak with: the test is the worker. Real state store, real logs, a clock that stands. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import { TASK_CLASSES } from "@ironcore-backup/protocol";
import type { Event, TaskClass } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { createEventStream } from "./event-stream.ts";
import type { EventStream } from "./event-stream.ts";
import { factsOf, readAll } from "./event-stream.testing.ts";
import { createLogStore } from "./log-store.ts";
import type { TasksNeeds } from "./task-desk.ts";
import { EMPTY_REPORT } from "./task-report.ts";
import type { ReportedLine, StageReport, TaskReport } from "./task-report.ts";
import { createTasks } from "./tasks.ts";
import type { TaskAssignment, TaskPlan, Tasks, WorkerCapacity } from "./tasks.ts";

export const ADMIN = { authId: "admin@ibs" };

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

export interface Bench {
  readonly root: string;
  readonly clock: FakeClock;
  readonly tasks: Tasks;
  readonly state: State;
  readonly events: EventStream;
  readonly warnings: string[];
  /** Of every class. */
  setCapacity(changes: Partial<WorkerCapacity>): void;
  /** Lets time pass in steps that no timer misses. */
  pass(durationMs: number, stepMs?: number): Promise<void>;
  close(): Promise<void>;
  /** As SIGKILL does: nothing is closed in order, what was not written is lost. */
  kill(): Promise<void>;
}

export function aFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "ironcore-tasks-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

export async function aBench(
  root = aFolder(),
  options: Partial<Pick<TasksNeeds, "onEnding" | "limits" | "stallMs">> & { clock?: FakeClock } = {},
): Promise<Bench> {
  const clock = options.clock ?? createFakeClock();
  const state = await openState(join(root, "state.db"));
  const events = createEventStream({ clock });
  const warnings: string[] = [];
  const tasks = createTasks({
    onEnding: async () => undefined,
    ...options,
    clock,
    state,
    events,
    logs: createLogStore(join(root, "tasks")),
    identity: { node: "vm", pid: 7, pstart: 9 },
    warn: (code) => warnings.push(code),
  });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await tasks.close();
    await state.close();
  };
  closers.push(close);
  const kill = async (): Promise<void> => {
    isClosed = true;
    await state.close();
  };
  const setCapacity = (changes: Partial<WorkerCapacity>): void =>
    tasks.capacityChanged(new Map(TASK_CLASSES.map((name) => [name, { ...TWO_SLOTS, ...changes }])));
  setCapacity({});
  return { root, clock, tasks, state, events, warnings, setCapacity, close, kill, pass: passOf(clock) };
}

const TWO_SLOTS: WorkerCapacity = {
  slotCount: 2,
  freeSlotCount: 2,
  readyCount: 1,
  startingCount: 0,
  closedBecause: undefined,
};

function passOf(clock: FakeClock): Bench["pass"] {
  return async (durationMs, stepMs = 250) => {
    for (let passed = 0; passed < durationMs; passed += stepMs) {
      clock.advance(Math.min(stepMs, durationMs - passed));
      await turns();
    }
  };
}

/** Lets everything that is ready run. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((next) => setImmediate(next));
}

export const plan = (changes: Partial<TaskPlan> = {}): TaskPlan => ({
  type: "backup",
  upidType: "backup",
  workerId: "store:host/a",
  datastore: "store",
  source: "/",
  target: "store:host/a",
  exclusiveKey: undefined,
  parameters: { type: "backup" },
  ...changes,
});

export const aLine = (level: ReportedLine["level"], message = "m", stage?: string): ReportedLine => ({
  at: 1,
  level,
  code: "X",
  message,
  fields: {},
  ...(stage === undefined ? {} : { stage }),
});

export const aStage = (changes: Partial<StageReport> = {}): StageReport => ({
  index: 0,
  name: "copy",
  startedAt: 1,
  endedAt: undefined,
  doneBytes: 0,
  totalBytes: undefined,
  doneItems: 0,
  totalItems: undefined,
  totalIsEstimate: false,
  current: undefined,
  ...changes,
});

export const aReport = (changes: Partial<TaskReport> = {}): TaskReport => ({ ...EMPTY_REPORT, ...changes });

export const claim = (bench: Bench, taskClass: TaskClass = "worker"): Promise<TaskAssignment | undefined> =>
  bench.tasks.claim({ worker: `vm/${taskClass}`, class: taskClass });

export async function claimed(bench: Bench, taskClass: TaskClass = "worker"): Promise<TaskAssignment> {
  const assignment = await claim(bench, taskClass);
  if (assignment === undefined) throw new Error("nothing to claim");
  return assignment;
}

/** Claims what is first and ends it. */
export async function run(bench: Bench, taskClass: TaskClass = "worker"): Promise<TaskAssignment> {
  const one = await claimed(bench, taskClass);
  await bench.tasks.finish(one.upid, one.attempt, { kind: "done" });
  return one;
}

/** Facts as the stream told them. */
export function told(bench: Bench, from: number, logOf: readonly string[] = []): Event[] {
  const batch = readAll(bench.events, from, { logOf: new Set(logOf) });
  return batch.outcome === "reset" ? [] : (factsOf(batch.frames) as Event[]); // Written by the stream itself.
}
