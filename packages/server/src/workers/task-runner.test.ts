import { expect, test } from "vitest";
import { baseErrors, createFakeClock, createSeededRandom, parseDatastoreName } from "@ironcore-backup/base";
import type { Upid } from "@ironcore-backup/base";
import type { Operation } from "../operations/operation.ts";
import type { TaskAssignment } from "../tasks/tasks.ts";
import type { TaskOutcome, TaskReport } from "../tasks/task-report.ts";
import { createTaskRunner } from "./task-runner.ts";

const assignment: TaskAssignment = {
  upid: "UPID:a:00000001:00000001:00000001:00000001:backup::admin@ibs:" as Upid, // Its parts do not matter here.
  attempt: 1,
  authId: "admin@ibs",
  type: "verify",
  target: "store",
  parameters: {
    type: "verify",
    request: { datastore: "store" },
    datastore: { name: parseDatastoreName("store"), path: "/s" },
  },
};

/** Runs an operation; the test is the server that stores reports, at once unless told otherwise. */
function start(operation: Operation, options: { acknowledge?: boolean; holds?: boolean } = {}) {
  const clock = createFakeClock();
  const abort = new AbortController();
  const reports: TaskReport[] = [];
  const runner = createTaskRunner(
    {
      clock,
      random: createSeededRandom(1),
      loadOperation: () => Promise.resolve(operation),
      send: (report) => {
        reports.push(report);
        if (options.acknowledge !== false) queueMicrotask(() => runner.reported());
      },
      askForConfirmation: () => {
        if (options.holds !== undefined) runner.confirmed(options.holds);
      },
      tellMoved: () => undefined,
    },
    assignment,
  );
  return { clock, abort, reports, runner, outcome: runner.run(abort.signal) };
}

async function turns(count = 5): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((turn) => setImmediate(turn));
}

test("everything an operation said was sent before its end is told", async () => {
  const { outcome, reports } = start(async (run) => {
    const stage = run.stage("one");
    run.log("info", "A", "first");
    stage.update({ doneBytes: 5 });
    stage.end();
    run.log("info", "B", "second", { n: 1 });
    run.setTarget("t");
  });
  expect(await outcome).toEqual({ kind: "done" });
  expect(reports.flatMap((report) => report.lines).map(({ code, stage }) => [code, stage])).toEqual([
    ["A", "one"],
    ["B", undefined],
  ]);
  expect(reports.at(-1)).toMatchObject({
    target: "t",
    stages: [{ doneBytes: 5, endedAt: expect.any(Number) }],
  });
});

test("a quiet task's line is told at once, a talkative one's in batches", async () => {
  const { outcome, reports, clock } = start(async (run) => {
    run.log("info", "A", "x");
    await turns();
    for (let at = 0; at < 100; at++) run.log("info", "B", "x");
    await turns();
    await run.clock.sleep(1000);
  });
  await turns(12);
  expect(reports.map((report) => report.lines.length)).toEqual([1]);
  clock.advance(200);
  await turns();
  expect(reports.map((report) => report.lines.length)).toEqual([1, 100]);
  clock.advance(1000);
  expect(await outcome).toEqual({ kind: "done" });
});

test("no more than four reports are under way, and the end waits until all are stored", async () => {
  let ended: TaskOutcome | undefined;
  const { outcome, reports, runner } = start(
    async (run) => {
      for (let at = 0; at < 19_000; at++) run.log("warning", "A", "x");
    },
    { acknowledge: false },
  );
  void outcome.then((result) => (ended = result));
  await turns();
  expect([reports.length, ended]).toEqual([4, undefined]);
  for (let at = 0; at < 10; at++) runner.reported();
  await turns();
  expect(reports.flatMap((report) => report.lines)).toHaveLength(19_000);
  expect(ended).toEqual({ kind: "done" });
});

test("only the task's own signal makes an end a cancel", async () => {
  const waiting = start((run) => run.clock.sleep(1e9, run.signal));
  await turns();
  waiting.abort.abort();
  expect(await waiting.outcome).toEqual({ kind: "cancelled" });
  const inner = start(() => Promise.reject(baseErrors.CANCELLED({})));
  expect(await inner.outcome).toMatchObject({ kind: "failed", error: { code: "CANCELLED" } });
  const failing = start(async (run) => {
    await run.clock.sleep(1e9, run.signal).catch(() => undefined);
    throw new Error("while stopping");
  });
  await turns();
  failing.abort.abort();
  expect(await failing.outcome).toMatchObject({ kind: "failed", error: { code: "INTERNAL_ERROR" } });
});

test("a task that was cancelled before it began does not begin", async () => {
  let began = false;
  const { abort, outcome } = start(async () => {
    began = true;
  });
  abort.abort();
  expect([await outcome, began]).toEqual([{ kind: "cancelled" }, false]);
});

test("when the server is gone nothing is waited for", async () => {
  const { outcome, runner } = start(async (run) => run.log("info", "A", "x"), { acknowledge: false });
  await turns();
  runner.abandon();
  expect(await outcome).toEqual({ kind: "done" });
});
