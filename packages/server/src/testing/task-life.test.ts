/** Tasks from the request to the history, on the whole server. */

import { spawn } from "node:child_process";
import type { StartedTask, Task, TaskList, TaskLog } from "@ironcore-backup/protocol";
import { afterEach, expect, test } from "vitest";
import {
  aDataDir,
  aDatastore,
  aServer,
  clock,
  closeAll,
  ended,
  getTask,
  isAlive,
  pidOf,
  running,
  send,
  start,
  waitFor,
} from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

afterEach(closeAll);

test("a backup task runs in a worker process and ends OK with its stages, bytes, target and log", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/ok");
  const task = await waitFor(fixture, upid, ended);
  expect(task).toMatchObject({
    state: "ok",
    exitStatus: "OK",
    bytes: 10_000,
    target: "store:host/test/2024-05-01T12:00:00Z",
    warningCount: 0,
    errorCount: 0,
    stages: [{ name: "copy", state: "done", doneBytes: 10_000, totalBytes: 10_000 }],
  });
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log`);
  expect(log.body.lines.map((line) => [line.number, line.code])).toEqual([
    [1, "COPIED"],
    [2, "TASK_ENDED"],
  ]);
  expect(log.body).toMatchObject({ finished: true, lineCount: 2 });
  const text = await fixture.call<string>("GET", `/tasks/${encodeURIComponent(upid)}/log.txt`);
  expect(text.body).toMatch(/info {4}COPIED all files copied fileCount=10 pid=\d+\n.*TASK OK\n$/);
});

test("a task that only warned ends as warning and counts them", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const task = await waitFor(fixture, await start(fixture, "/warn"), ended);
  expect(task).toMatchObject({ state: "warning", exitStatus: "WARNINGS: 1", warningCount: 1 });
});

test("a failed task carries the operation's code, remedy and open stage", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const task = await waitFor(fixture, await start(fixture, "/fail"), ended);
  expect(task).toMatchObject({
    state: "failed",
    exitStatus: "The source /fail is broken",
    error: { code: "TEST_SOURCE_BROKEN", remedy: "Repair the source.", context: { path: "/fail" } },
    stages: [{ name: "copy", state: "failed" }],
    errorCount: 1,
  });
});

test("an exception of ours becomes INTERNAL_ERROR, its stack stays in the log", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/throw");
  expect(await waitFor(fixture, upid, ended)).toMatchObject({
    state: "failed",
    error: { code: "INTERNAL_ERROR" },
  });
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log?level=debug`);
  expect(log.body.lines[0]).toMatchObject({ level: "debug", code: "STACK" });
});

test("a running task is cancelled within a moment and says so", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/wait");
  await waitFor(fixture, upid, running);
  const asked = await fixture.call<Task>("POST", `/tasks/${encodeURIComponent(upid)}/cancel`);
  expect([asked.status, asked.body.cancelRequested]).toEqual([202, true]);
  const task = await waitFor(fixture, upid, ended);
  expect(task).toMatchObject({
    state: "cancelled",
    exitStatus: "Cancelled by an operator",
    stages: [{ state: "cancelled" }],
  });
  const again = await fixture.call("POST", `/tasks/${encodeURIComponent(upid)}/cancel`);
  expect([again.status, again.body]).toMatchObject([409, { error: { code: "TASK_FINISHED" } }]);
});

test("queued tasks say why they wait, run in their order, and are cancelled without ever running", async () => {
  const fixture = await aServer(aDataDir(), { slotCounts: { worker: 1 } });
  await aDatastore(fixture);
  const first = await start(fixture, "/wait");
  await waitFor(fixture, first, running);
  const sameGroup = await start(fixture, "/ok");
  const otherGroup = await start(fixture, "/ok", "other");
  expect((await getTask(fixture, sameGroup)).wait?.reasons[0]).toMatchObject({
    code: "waiting-for-lock",
    heldBy: [first],
  });
  expect((await getTask(fixture, otherGroup)).wait?.reasons[0]).toMatchObject({ code: "no-free-slot" });
  const cancelled = await fixture.call<Task>("POST", `/tasks/${encodeURIComponent(sameGroup)}/cancel`);
  expect(cancelled.body).toMatchObject({ state: "cancelled" });
  expect(cancelled.body.startedAt).toBeUndefined();
  await fixture.call("POST", `/tasks/${encodeURIComponent(first)}/cancel`);
  expect(await waitFor(fixture, otherGroup, ended)).toMatchObject({ state: "ok" });
});

test("a worker killed with SIGKILL fails its task at once, after the clean-up, and the next task runs", async () => {
  const cleaned: string[] = [];
  const fixture = await aServer(aDataDir(), {
    parts: {
      onWorkerLost: async ({ upid }) => {
        cleaned.push(upid);
      },
    },
  });
  await aDatastore(fixture);
  const upid = await start(fixture, "/wait");
  await waitFor(fixture, upid, running);
  const killedAtMs = clock.elapsedMs();
  process.kill(await pidOf(fixture, upid), "SIGKILL");
  const task = await waitFor(fixture, upid, ended);
  expect(clock.elapsedMs() - killedAtMs).toBeLessThan(2000);
  expect(task).toMatchObject({
    state: "failed",
    error: { code: "WORKER_LOST", context: { reason: "the process was killed by SIGKILL" } },
  });
  expect(cleaned).toEqual([upid]);
  expect(await waitFor(fixture, await start(fixture, "/ok"), ended)).toMatchObject({ state: "ok" });
});

test("a worker that does not listen is killed after the grace, and the task is cancelled all the same", async () => {
  const fixture = await aServer(aDataDir(), { parts: { patience: { cancelGraceMs: 300 } } });
  await aDatastore(fixture);
  const upid = await start(fixture, "/deaf");
  await waitFor(fixture, upid, running);
  await fixture.call("POST", `/tasks/${encodeURIComponent(upid)}/cancel`);
  expect(await waitFor(fixture, upid, ended)).toMatchObject({ state: "cancelled" });
});

test("a worker whose main thread hangs is killed when it is silent for too long", async () => {
  const fixture = await aServer(aDataDir(), { parts: { patience: { leaseMs: 2500, renewIntervalMs: 500 } } });
  await aDatastore(fixture);
  const task = await waitFor(fixture, await start(fixture, "/hang"), ended);
  expect(task.error).toMatchObject({
    code: "WORKER_LOST",
    context: { reason: expect.stringMatching(/^it said nothing for \d\.\d s and was killed$/) as string },
  });
});

test("a worker that leaves by itself is a lost worker too, and its last lines are kept", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/exit");
  const task = await waitFor(fixture, upid, ended);
  expect(task.error?.message).toMatch(/the process ended with code 7/);
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log`);
  expect(log.body.lines.map((line) => line.code)).toEqual(["LEAVING", "WORKER_LOST"]);
});

test("an operation that cannot be loaded fails its task and names the type", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const started = await fixture.call<StartedTask>("POST", "/restores", {
    body: { datastore: "store", snapshot: "host/test/latest", target: "/tmp/x" },
  });
  const task = await waitFor(fixture, started.body.upid, ended);
  expect(task.error).toMatchObject({ code: "OPERATION_UNAVAILABLE", context: { type: "restore" } });
});

test("a flood of lines is cut, counted and said; its last warning is not lost", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/flood");
  const task = await waitFor(fixture, upid, ended);
  expect(task).toMatchObject({ state: "warning", warningCount: 1 });
  const tail = await fixture.call<TaskLog>(
    "GET",
    `/tasks/${encodeURIComponent(upid)}/log?start=${task.logLineCount - 2}`,
  );
  expect(tail.body.lines.map((line) => line.code)).toEqual(["LAST", "LOG_LINES_DROPPED", "TASK_ENDED"]);
  const dropped = Number(tail.body.lines[1]?.fields["info"]);
  expect(dropped + task.logLineCount - 3).toBe(60_000);
});

test("a server that stops ends running tasks as SERVER_STOPPED; queued ones run at its next start", async () => {
  const first = await aServer(aDataDir(), { slotCounts: { worker: 1 } });
  await aDatastore(first);
  const stopped = await start(first, "/wait");
  await waitFor(first, stopped, running);
  const queued = await start(first, "/ok", "other");
  await first.server.stop();
  const second = await aServer(first.dataDir);
  expect(await getTask(second, stopped)).toMatchObject({
    state: "failed",
    error: { code: "SERVER_STOPPED" },
  });
  expect(await waitFor(second, queued, ended)).toMatchObject({ state: "ok" });
  expect(second.server.firstAdministrator).toBeUndefined();
  expect(second.server.fingerprint).toBe(first.server.fingerprint);
});

test.each(["/wait", "/hang"])(
  "a killed server takes a worker in %s along, and its next start fails the task as WORKER_LOST",
  async (path) => {
    const dataDir = aDataDir();
    const before = await aServer(dataDir);
    await aDatastore(before);
    await before.server.stop();
    const program = new URL("./server-entry.ts", import.meta.url);
    const child = spawn(process.execPath, [program.pathname, dataDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await new Promise<string>((resolve) =>
      child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim())),
    );
    const remote: Fixture = {
      ...before,
      server: { ...before.server, url },
      call: (method, path, { body } = {}) =>
        send(
          { url, ca: before.ca, token: before.token },
          method,
          path,
          body === undefined ? undefined : JSON.stringify(body),
        ),
    };
    const upid = await start(remote, path);
    await waitFor(remote, upid, running);
    const worker = await pidOf(remote, upid);
    child.kill("SIGKILL");
    const killedAtMs = clock.elapsedMs();
    while (isAlive(worker)) await clock.sleep(50);
    expect(clock.elapsedMs() - killedAtMs).toBeLessThan(5000);
    const after = await aServer(dataDir);
    expect(await getTask(after, upid)).toMatchObject({
      state: "failed",
      error: { code: "WORKER_LOST" },
    });
  },
);

test("lists page by cursor, filter, and show running tasks as they are now", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upids: string[] = [];
  for (let at = 0; at < 5; at++) upids.unshift(await start(fixture, "/warn", `g${at}`));
  for (const upid of upids) await waitFor(fixture, upid, ended);
  const seen: string[] = [];
  for (let cursor = ""; ;) {
    const page = (await fixture.call<TaskList>("GET", `/tasks?limit=2${cursor}`)).body;
    seen.push(...page.tasks.map((task) => task.upid));
    if (page.nextCursor === undefined) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  expect(seen).toEqual(upids);
  expect((await fixture.call<TaskList>("GET", "/tasks?state=ok")).body.tasks).toEqual([]);
  expect(
    (await fixture.call<TaskList>("GET", "/tasks?state=warning&user=admin%40ibs&datastore=store&type=backup"))
      .body.tasks,
  ).toHaveLength(5);
  expect((await fixture.call<TaskList>("GET", "/tasks?until=5")).body.tasks).toEqual([]);
});
