/** The life of runs without processes: the test is the worker. */

import { expect, test } from "vitest";
import fc from "fast-check";
import { parseUpid } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { TaskAssignment } from "./tasks.ts";
import { EMPTY_REPORT } from "./task-report.ts";
import { aBench, ADMIN, aFolder, aLine, aStage, claim, claimed, plan, told } from "./tasks.testing.ts";
import type { Bench } from "./tasks.testing.ts";

test("a UPID tells node, process, running number, type, what and who", async () => {
  const { tasks, clock } = await aBench();
  await tasks.queue(ADMIN, plan());
  const upid = await tasks.queue(ADMIN, plan({ workerId: "store:host/a-b" }));
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
  for (let at = 0; at < 5; at++) upids.push(await bench.tasks.queue(ADMIN, plan()));
  const claims = await Promise.all(Array.from({ length: 8 }, () => claim(bench)));
  expect(claims.flatMap((one) => one?.upid ?? [])).toEqual(upids);
});

test("tasks with one key follow each other, others pass them", async () => {
  const bench = await aBench();
  const first = await bench.tasks.queue(ADMIN, plan({ exclusiveKey: "k" }));
  const second = await bench.tasks.queue(ADMIN, plan({ exclusiveKey: "k" }));
  const other = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  expect((await claimed(bench)).upid).toBe(other);
  expect(await claim(bench)).toBeUndefined();
  expect((await bench.tasks.get(second)).wait?.reasons[0]).toMatchObject({
    code: "waiting-for-lock",
    heldBy: [first],
    resource: "k",
  });
  await bench.tasks.finish(first, attempt, { kind: "done" });
  expect((await claimed(bench)).upid).toBe(second);
});

test("nothing under a wrong attempt number, or after the end, reaches the task", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue(ADMIN, plan());
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
  const upid = await bench.tasks.queue(ADMIN, plan());
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
  const upid = await bench.tasks.queue(ADMIN, plan());
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
  expect(told(bench, before, [upid]).map((event) => event.kind)).toEqual(["task-logged"]);
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(told(bench, before).at(-1)).toMatchObject({ kind: "task-changed", task: { state: "ok" } });
});

test("progress that was told is on disk a second later, so a restart shows where a lost task stood", async () => {
  const root = aFolder();
  const before = await aBench(root);
  const upid = await before.tasks.queue(ADMIN, plan());
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
  await before.kill();
  const after = await aBench(root);
  const lost = await after.tasks.recover();
  expect(lost.map((one) => [one.upid, one.attempt])).toEqual([[upid, 1]]);
  expect(await after.tasks.get(upid)).toMatchObject({
    state: "failed",
    bytes: 42,
    error: { code: "WORKER_LOST" },
    stages: [{ name: "copy", state: "failed", doneBytes: 42 }],
  });
  const log = await after.tasks.readLog(upid, {
    start: 1,
    limit: 10,
    level: undefined,
    stage: undefined,
    text: undefined,
  });
  expect([log.finished, log.lines.map((line) => line.code)]).toEqual([true, ["WORKER_LOST"]]);
});

test("queued tasks outlive a restart, in their order", async () => {
  const root = aFolder();
  const before = await aBench(root);
  const upids = [await before.tasks.queue(ADMIN, plan()), await before.tasks.queue(ADMIN, plan())];
  await before.close();
  const after = await aBench(root);
  expect(await after.tasks.recover()).toEqual([]);
  expect([(await claimed(after)).upid, (await claimed(after)).upid]).toEqual(upids);
  expect(parseUpid(await after.tasks.queue(ADMIN, plan())).taskId).toBe(3);
});

test("a result that cannot be stored fails the task, which ends all the same", async () => {
  const bench = await aBench(aFolder(), { onEnding: () => Promise.reject(new Error("disk full")) });
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(await bench.tasks.get(upid)).toMatchObject({
    state: "failed",
    error: { code: "TASK_RESULT_UNSTORED" },
  });
});

test("a state store that refuses delays the end's record and loses nothing", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  await bench.state.database.schema.alterTable("tasks").renameTo("away").execute();
  const finishing = bench.tasks.finish(upid, attempt, { kind: "done" });
  while (bench.warnings.length < 2) {
    bench.clock.advance(1000);
    await new Promise((turn) => setImmediate(turn));
  }
  // What is not stored is told to nobody.
  expect(bench.tasks.findActive(upid)).toMatchObject({ state: "running" });
  await bench.state.database.schema.alterTable("away").renameTo("tasks").execute();
  const done = new AbortController();
  await Promise.all([finishing.finally(() => done.abort()), advanceUntil(bench.clock, done.signal)]);
  expect(new Set(bench.warnings)).toEqual(new Set(["TASK_STORE_FAILED"]));
  expect(await bench.tasks.get(upid)).toMatchObject({ state: "ok" });
});

test("a stopping server takes no new work and says so", async () => {
  const bench = await aBench();
  bench.setCapacity({ readyCount: 0, closedBecause: "stopping" });
  await expect(bench.tasks.queue(ADMIN, plan())).rejects.toMatchObject({ code: "SERVER_STOPPING" });
});

test("cancelling twice asks the workers once; what is unknown or over is refused", async () => {
  const bench = await aBench();
  const asked: string[] = [];
  bench.tasks.onCancelRequested((upid) => asked.push(upid));
  const upid = await bench.tasks.queue(ADMIN, plan());
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
        if (step === "queue") upids.push(await bench.tasks.queue(ADMIN, plan()));
        if (step === "queue-key") upids.push(await bench.tasks.queue(ADMIN, plan({ exclusiveKey: "k" })));
        if (step === "claim") claims.push(...[await claim(bench)].flatMap((one) => one ?? []));
        if (step === "finish") await finishOldest(bench, claims);
        if (step === "cancel")
          await bench.tasks.requestCancel(upids.at(-1) ?? "", "admin@ibs").catch(() => undefined);
        const isDown = step === "down";
        bench.setCapacity({
          slotCount: isDown ? 0 : 2,
          freeSlotCount: step === "slots" ? 2 : 0,
          readyCount: 0,
        });
        const all = await Promise.all(upids.map((upid) => bench.tasks.get(upid)));
        for (const task of all)
          expect(task.state === "queued").toBe((task.wait?.reasons[0]?.message.length ?? 0) > 0);
        for (const upid of all.flatMap((one) => one.wait?.reasons ?? []).flatMap((reason) => reason.heldBy))
          expect(["queued", "running"]).toContain(all.find((one) => one.upid === upid)?.state);
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
