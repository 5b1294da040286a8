/** The life of runs without processes: the test is the worker. Real state store, real logs, a clock that stands. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock, parseUpid } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { Event, Task } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { createEventStream } from "./event-stream.ts";
import type { EventStream } from "./event-stream.ts";
import { createLogStore } from "./log-store.ts";
import { createTasks } from "./tasks.ts";
import type { TaskAssignment, TaskPlan, Tasks } from "./tasks.ts";
import { EMPTY_REPORT } from "./task-report.ts";
import type { ReportedLine, StageReport } from "./task-report.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Bench {
  readonly clock: FakeClock;
  readonly tasks: Tasks;
  readonly state: State;
  readonly events: EventStream;
  readonly warnings: string[];
  close(): Promise<void>;
}

function aFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "ironcore-tasks-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

async function aBench(
  root = aFolder(),
  options: { onEnding?: (task: Task) => Promise<void> } = {},
): Promise<Bench> {
  const clock = createFakeClock();
  const state = await openState(join(root, "state.db"));
  const events = createEventStream({ clock });
  const warnings: string[] = [];
  const tasks = createTasks({
    clock,
    state,
    events,
    logs: createLogStore(join(root, "tasks")),
    identity: { node: "vm", pid: 7, pstart: 9 },
    onEnding: options.onEnding ?? (async () => undefined),
    warn: (code) => warnings.push(code),
  });
  tasks.capacityChanged({
    slotCount: 2,
    freeSlotCount: 2,
    readyCount: 1,
    startingCount: 0,
    closedBecause: undefined,
  });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await tasks.close();
    await state.close();
  };
  closers.push(close);
  return { clock, tasks, state, events, warnings, close };
}

const plan = (changes: Partial<TaskPlan> = {}): TaskPlan => ({
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

const aLine = (level: ReportedLine["level"], message = "m"): ReportedLine => ({
  at: 1,
  level,
  code: "X",
  message,
  fields: {},
});
const aStage = (changes: Partial<StageReport> = {}): StageReport => ({
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

async function claimed(bench: Bench): Promise<TaskAssignment> {
  const assignment = await bench.tasks.claim();
  if (assignment === undefined) throw new Error("nothing to claim");
  return assignment;
}

/** Facts of one kind about one task, as the stream told them. */
function told(bench: Bench, from: number): Event[] {
  const events = bench.events.readAfter(from);
  return events === "reset" ? [] : events.map((event) => JSON.parse(event.json) as Event); // Written by the stream itself.
}

test("a UPID tells node, process, running number, type, what and who", async () => {
  const { tasks, clock } = await aBench();
  await tasks.queue("admin@ibs", plan());
  const upid = await tasks.queue("admin@ibs", plan({ workerId: "store:host/a-b" }));
  expect(parseUpid(upid)).toMatchObject({
    node: "vm",
    pid: 7,
    pstart: 9,
    taskId: 2,
    startTime: Math.floor(clock.now() / 1000),
    type: "backup",
    workerId: "store:host/a-b",
    authId: "admin@ibs",
  });
});

test("each task is claimed once, oldest first, however many ask at once", async () => {
  const bench = await aBench();
  const upids: string[] = [];
  for (let at = 0; at < 5; at++) upids.push(await bench.tasks.queue("admin@ibs", plan()));
  const claims = await Promise.all(Array.from({ length: 8 }, () => bench.tasks.claim()));
  expect(claims.flatMap((one) => one?.upid ?? [])).toEqual(upids);
});

test("tasks with one key follow each other, others pass them", async () => {
  const bench = await aBench();
  const first = await bench.tasks.queue("admin@ibs", plan({ exclusiveKey: "k" }));
  const second = await bench.tasks.queue("admin@ibs", plan({ exclusiveKey: "k" }));
  const other = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  expect((await claimed(bench)).upid).toBe(other);
  expect(await bench.tasks.claim()).toBeUndefined();
  expect((await bench.tasks.get(second)).waitReason).toMatchObject({
    code: "waiting-for-lock",
    heldBy: first,
  });
  await bench.tasks.finish(first, attempt, { kind: "done" });
  expect((await claimed(bench)).upid).toBe(second);
});

test("nothing under a wrong attempt number, or after the end, reaches the task", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  const report = { ...EMPTY_REPORT, lines: [aLine("error")], bytes: 99 };
  expect(await bench.tasks.report(upid, attempt - 1, report)).toBe(false);
  expect(await bench.tasks.finish(upid, attempt + 1, { kind: "done" })).toBe(false);
  expect(await bench.tasks.finish(upid, attempt, { kind: "done" })).toBe(true);
  expect(await bench.tasks.report(upid, attempt, report)).toBe(false);
  expect(await bench.tasks.finish(upid, attempt, { kind: "cancelled" })).toBe(false);
  expect(await bench.tasks.get(upid)).toMatchObject({
    state: "ok",
    bytes: 0,
    errorCount: 0,
    logLineCount: 1,
  });
});

test("warnings and errors are counted from lines, also from those that a flood pushed out", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  await bench.tasks.report(upid, attempt, {
    ...EMPTY_REPORT,
    lines: [aLine("warning"), aLine("info"), aLine("error"), aLine("debug")],
    droppedLineCounts: { debug: 5, info: 5, warning: 2, error: 1 },
  });
  expect(await bench.tasks.get(upid)).toMatchObject({ warningCount: 3, errorCount: 2, logLineCount: 4 });
});

test("progress is told at most four times a second, state and lines at once", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  const from = bench.events.sequence();
  for (let at = 1; at <= 100; at++) {
    await bench.tasks.report(upid, attempt, {
      ...EMPTY_REPORT,
      bytes: at,
      stages: [aStage({ doneBytes: at })],
    });
    bench.clock.advance(20);
    await new Promise((turn) => setImmediate(turn));
  }
  const facts = told(bench, from).filter((event) => event.kind === "task-changed");
  expect(facts.length).toBeGreaterThanOrEqual(6);
  expect(facts.length).toBeLessThanOrEqual(9);
  const before = bench.events.sequence();
  await bench.tasks.report(upid, attempt, { ...EMPTY_REPORT, lines: [aLine("info")] });
  expect(told(bench, before).map((event) => event.kind)).toEqual(["task-logged"]);
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(told(bench, before).at(-1)).toMatchObject({ kind: "task-changed", task: { state: "ok" } });
});

test("progress that was told is on disk a second later, so a restart shows where a lost task stood", async () => {
  const root = aFolder();
  const before = await aBench(root);
  const upid = await before.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(before);
  await before.tasks.report(upid, attempt, {
    ...EMPTY_REPORT,
    bytes: 42,
    stages: [aStage({ doneBytes: 42 })],
  });
  for (let at = 0; at < 6; at++) {
    before.clock.advance(250);
    for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
  }
  await before.state.close(); // As a killed server: nothing is closed in order.
  const after = await aBench(root);
  const lost = await after.tasks.recover();
  expect(lost.map((one) => [one.upid, one.attempt])).toEqual([[upid, 1]]);
  expect(await after.tasks.get(upid)).toMatchObject({
    state: "failed",
    bytes: 42,
    error: { code: "WORKER_LOST" },
    stages: [{ name: "copy", state: "failed", doneBytes: 42 }],
  });
  const log = await after.tasks.readLog(upid, { start: 1, limit: 10, level: undefined });
  expect([log.finished, log.lines.map((line) => line.code)]).toEqual([true, ["WORKER_LOST"]]);
});

test("queued tasks outlive a restart, in their order", async () => {
  const root = aFolder();
  const before = await aBench(root);
  const upids = [
    await before.tasks.queue("admin@ibs", plan()),
    await before.tasks.queue("admin@ibs", plan()),
  ];
  await before.close();
  const after = await aBench(root);
  expect(await after.tasks.recover()).toEqual([]);
  expect([(await claimed(after)).upid, (await claimed(after)).upid]).toEqual(upids);
  expect(parseUpid(await after.tasks.queue("admin@ibs", plan())).taskId).toBe(3);
});

test("a result that cannot be stored fails the task, which ends all the same", async () => {
  const bench = await aBench(aFolder(), { onEnding: () => Promise.reject(new Error("disk full")) });
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(await bench.tasks.get(upid)).toMatchObject({
    state: "failed",
    error: { code: "TASK_RESULT_UNSTORED" },
  });
});

test("a state store that refuses delays the end's record and loses nothing", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  await bench.state.database.schema.alterTable("tasks").renameTo("away").execute();
  const finishing = bench.tasks.finish(upid, attempt, { kind: "done" });
  while (bench.warnings.length < 2) {
    bench.clock.advance(1000);
    await new Promise((turn) => setImmediate(turn));
  }
  await bench.state.database.schema.alterTable("away").renameTo("tasks").execute();
  const done = new AbortController();
  await Promise.all([finishing.finally(() => done.abort()), advanceUntil(bench.clock, done.signal)]);
  expect(new Set(bench.warnings)).toEqual(new Set(["TASK_STORE_FAILED"]));
  expect(await bench.tasks.get(upid)).toMatchObject({ state: "ok" });
});

test("a stopping server takes no new work and says so", async () => {
  const bench = await aBench();
  bench.tasks.capacityChanged({
    slotCount: 2,
    freeSlotCount: 2,
    readyCount: 0,
    startingCount: 0,
    closedBecause: "stopping",
  });
  await expect(bench.tasks.queue("admin@ibs", plan())).rejects.toMatchObject({ code: "SERVER_STOPPING" });
});

test("cancelling twice asks the workers once; what is unknown or over is refused", async () => {
  const bench = await aBench();
  const asked: string[] = [];
  bench.tasks.onCancelRequested((upid) => asked.push(upid));
  const upid = await bench.tasks.queue("admin@ibs", plan());
  const { attempt } = await claimed(bench);
  await bench.tasks.requestCancel(upid, "admin@ibs");
  await bench.tasks.requestCancel(upid, "admin@ibs");
  expect(asked).toEqual([upid]);
  await bench.tasks.finish(upid, attempt, { kind: "cancelled" });
  await expect(bench.tasks.requestCancel(upid, "admin@ibs")).rejects.toMatchObject({ code: "TASK_FINISHED" });
  await expect(bench.tasks.requestCancel("UPID:none", "admin@ibs")).rejects.toMatchObject({
    code: "TASK_NOT_FOUND",
  });
});

async function advanceUntil(clock: FakeClock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    clock.advance(1000);
    await new Promise((turn) => setImmediate(turn));
  }
}

type Action = "queue" | "queue-key" | "claim" | "finish" | "cancel" | "no-slots" | "slots" | "down";

test("whatever happens, every queued task has a reason, no running one has, and keys never run twice at once", async () => {
  const actions = fc.array(
    fc.constantFrom<Action>("queue", "queue-key", "claim", "finish", "cancel", "no-slots", "slots", "down"),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(actions, async (steps) => {
      const bench = await aBench();
      const claims: TaskAssignment[] = [];
      const upids: string[] = [];
      for (const step of steps) {
        if (step === "queue") upids.push(await bench.tasks.queue("admin@ibs", plan()));
        if (step === "queue-key")
          upids.push(await bench.tasks.queue("admin@ibs", plan({ exclusiveKey: "k" })));
        if (step === "claim") claims.push(...[await bench.tasks.claim()].flatMap((one) => one ?? []));
        if (step === "finish") await finishOldest(bench, claims);
        if (step === "cancel")
          await bench.tasks.requestCancel(upids.at(-1) ?? "", "admin@ibs").catch(() => undefined);
        const isDown = step === "down";
        bench.tasks.capacityChanged({
          slotCount: isDown ? 0 : 2,
          freeSlotCount: step === "slots" ? 2 : 0,
          readyCount: 0,
          startingCount: 0,
          closedBecause: undefined,
        });
        const all = await Promise.all(upids.map((upid) => bench.tasks.get(upid)));
        for (const task of all)
          expect(task.state === "queued").toBe((task.waitReason?.message.length ?? 0) > 0);
        for (const task of all.filter((one) => one.waitReason?.heldBy !== undefined)) {
          const holder = all.find((one) => one.upid === task.waitReason?.heldBy);
          expect(["queued", "running"]).toContain(holder?.state);
        }
      }
      await bench.close();
    }),
    { numRuns: 15 },
  );
});

async function finishOldest(bench: Bench, claims: TaskAssignment[]): Promise<void> {
  const one = claims.shift();
  if (one !== undefined) await bench.tasks.finish(one.upid, one.attempt, { kind: "done" });
}
