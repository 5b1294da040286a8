/** Workers by class: slots, drain, pause, silence, cancelling and what they start, on the whole server. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type {
  Scheduler,
  StartedTask,
  Status,
  Task,
  TaskLog,
  Worker,
  WorkerOverview,
} from "@ironcore-backup/protocol";
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
  openEvents,
  pidOf,
  running,
  start,
  waitFor,
} from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

afterEach(closeAll);

const CANCEL_MS_MAX = 2000;

async function startVerify(fixture: Fixture, snapshot = "host/wait/latest"): Promise<string> {
  const started = await fixture.call<StartedTask>("POST", "/verifications", {
    body: { datastore: "store", snapshot },
  });
  expect(started.status).toBe(202);
  return started.body.upid;
}

const cancel = (fixture: Fixture, upid: string) =>
  fixture.call<Task>("POST", `/tasks/${encodeURIComponent(upid)}/cancel`);

const overview = async (fixture: Fixture): Promise<WorkerOverview> =>
  (await fixture.call<WorkerOverview>("GET", "/workers")).body;

async function workerOf(fixture: Fixture, taskClass: string): Promise<Worker> {
  const found = (await overview(fixture)).workers.find((one) => one.class === taskClass);
  if (found === undefined) throw new Error(`no worker of class ${taskClass}`);
  return found;
}

/** Follows what the stream tells of a worker until it fits. */
async function waitForWorker(
  fixture: Fixture,
  taskClass: string,
  fits: (worker: Worker) => boolean,
): Promise<Worker> {
  const events = await openEvents(fixture, { query: "?kinds=worker-changed" });
  try {
    const now = await workerOf(fixture, taskClass);
    if (fits(now)) return now;
    for (;;) {
      const event = await events.next();
      if (event.kind !== "worker-changed" || event.worker?.class !== taskClass) continue;
      if (fits(event.worker)) return event.worker;
    }
  } finally {
    events.close();
  }
}

const reasonsOf = async (fixture: Fixture, upid: string): Promise<string[]> =>
  ((await getTask(fixture, upid)).wait?.reasons ?? []).map((reason) => reason.code);

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return " Z ";
  }
}

/** Dead, whether or not the machine's first process has taken notice. */
async function gone(pid: number, untilMs: number): Promise<void> {
  while (isAlive(pid) && !/ Z /.test(readStat(pid))) {
    if (clock.elapsedMs() > untilMs) throw new Error(`process ${pid} is still alive`);
    await clock.sleep(20);
  }
}

const worker = (name: string, verb: "drain" | "resume"): string =>
  `/workers/${encodeURIComponent(name)}/${verb}`;

test("a long verification takes no slot of a backup, and the overview shows who runs what", async () => {
  const fixture = await aServer(aDataDir(), { slotCounts: { worker: 1, verifier: 1 } });
  await aDatastore(fixture);
  const verify = await startVerify(fixture);
  await waitFor(fixture, verify, running);
  const second = await startVerify(fixture);
  const backup = await start(fixture, "/wait");
  await waitFor(fixture, backup, running);
  const [third, fourth] = [await start(fixture, "/ok", "b"), await start(fixture, "/ok", "c")];
  expect(await reasonsOf(fixture, second)).toEqual(["no-free-slot"]);
  const { workers, queue } = await overview(fixture);
  expect(workers.map((one) => [one.name.split("/")[1], one.state, one.usedSlotCount])).toEqual([
    ["worker", "busy", 1],
    ["verifier", "busy", 1],
    ["gc", "online", 0],
    ["sync", "online", 0],
  ]);
  expect(workers[0]?.runs).toEqual([
    {
      upid: backup,
      type: "backup",
      target: "store:host/test",
      pid: await pidOf(fixture, backup),
      startedAt: expect.any(Number) as number,
    },
  ]);
  expect(queue).toEqual([
    expect.objectContaining({ class: "verifier", type: "verify", queuedCount: 1, runningCount: 1 }),
    expect.objectContaining({ class: "worker", type: "backup", queuedCount: 2, runningCount: 1 }),
  ]);
  expect(queue[1]?.oldestQueuedAt).toBe((await getTask(fixture, third)).queuedAt);
  await cancel(fixture, backup);
  expect(await waitFor(fixture, fourth, ended)).toMatchObject({ state: "ok" });
  expect(await getTask(fixture, verify)).toMatchObject({ state: "running", worker: workers[1]?.name });
});

test("a class that no operation exists for says so and keeps no process; an unknown worker is not found", async () => {
  const fixture = await aServer();
  await waitForWorker(fixture, "verifier", (one) => one.processCount === 1);
  const unknown = await fixture.call("POST", worker("nowhere/worker", "drain"), { body: {} });
  expect([unknown.status, unknown.body]).toMatchObject([404, { error: { code: "WORKER_NOT_FOUND" } }]);
  const sync = await workerOf(fixture, "sync");
  expect(sync).toMatchObject({
    slotCount: 1,
    processCount: 0,
    detail: "no operation of this version uses it",
  });
  const { services } = (await fixture.call<Status>("GET", "/status")).body;
  expect(services.map(({ name, state }) => [name, state])).toEqual([
    ["api", "running"],
    ["scheduler", "running"],
    ["worker", "running"],
    ["verifier", "running"],
    ["gc", "stopped"],
    ["sync", "stopped"],
    ["notify", "running"],
  ]);
});

test("a drained worker finishes what it runs, takes nothing new, also after a restart, and starts again when resumed", async () => {
  const first = await aServer();
  await aDatastore(first);
  const backup = await start(first, "/wait");
  await waitFor(first, backup, running);
  const { name } = await workerOf(first, "worker");
  const drained = await first.call<Worker>("POST", worker(name, "drain"), { body: { reason: "new disk" } });
  expect([drained.status, drained.body.state]).toEqual([200, "draining"]);
  expect(drained.body.detail).toMatch(/^drained by admin@ibs since .*: new disk$/);
  const queued = await start(first, "/ok", "other");
  expect(await reasonsOf(first, queued)).toEqual(["worker-draining"]);
  await cancel(first, backup);
  await waitForWorker(first, "worker", (one) => one.state === "drained" && one.processCount === 0);
  await first.server.stop();

  const second = await aServer(first.dataDir);
  expect(await workerOf(second, "worker")).toMatchObject({ state: "drained", detail: drained.body.detail });
  expect(await reasonsOf(second, queued)).toEqual(["worker-draining"]);
  const resumed = await second.call<Worker>("POST", worker(name, "resume"));
  expect(resumed.body.state).toBe("online");
  expect(await waitFor(second, queued, ended)).toMatchObject({ state: "ok" });
});

test("a paused scheduler starts nothing, names who paused it and why, and stays so over a restart", async () => {
  const first = await aServer();
  await aDatastore(first);
  const backup = await start(first, "/wait");
  await waitFor(first, backup, running);
  const paused = await first.call<Scheduler>("POST", "/scheduler/pause", {
    body: { reason: "moving house" },
  });
  expect(paused.body).toMatchObject({ paused: true, pausedBy: "admin@ibs", reason: "moving house" });
  const queued = await start(first, "/ok", "other");
  const { wait } = await getTask(first, queued);
  expect(wait?.reasons[0]?.code).toBe("scheduler-paused");
  expect(wait?.reasons[0]?.message).toMatch(/admin@ibs.*moving house/);
  expect(await getTask(first, backup)).toMatchObject({ state: "running" });
  await first.server.stop();

  const second = await aServer(first.dataDir);
  expect((await second.call<Scheduler>("GET", "/scheduler")).body).toEqual(paused.body);
  const { services } = (await second.call<Status>("GET", "/status")).body;
  expect(services[1]?.detail).toMatch(/^paused by admin@ibs since .*: moving house$/);
  expect(await getTask(second, queued)).toMatchObject({ state: "queued" });
  const resumed = await second.call<Scheduler>("POST", "/scheduler/resume");
  expect(resumed.body).toEqual({ paused: false });
  expect(await waitFor(second, queued, ended)).toMatchObject({ state: "ok" });
});

const SHORT = { patience: { contactLostMs: 1000, leaseMs: 2500, renewIntervalMs: 500 } };

test("a worker that stands still reads as contact lost, is taken back when it goes on, and loses nothing", async () => {
  const fixture = await aServer(aDataDir(), { parts: { patience: { ...SHORT.patience, leaseMs: 60_000 } } });
  await aDatastore(fixture);
  const upid = await start(fixture, "/wait");
  await waitFor(fixture, upid, running);
  const pid = await pidOf(fixture, upid);
  process.kill(pid, "SIGSTOP");
  const lost = await waitFor(fixture, upid, (task) => task.concern !== undefined);
  expect([lost.state, lost.concern?.code]).toEqual(["running", "contact-lost"]);
  const silent = await waitForWorker(fixture, "worker", (one) => one.state === "lost");
  expect(silent.detail).toMatch(new RegExp(`^process ${pid} has said nothing since `));
  process.kill(pid, "SIGCONT");
  await waitFor(fixture, upid, (task) => task.concern === undefined);
  await waitForWorker(fixture, "worker", (one) => one.state === "online");
  await cancel(fixture, upid);
  expect(await waitFor(fixture, upid, ended)).toMatchObject({ state: "cancelled" });
});

test("a worker that stays still is dead before its task reads as failed, so that waking it changes nothing", async () => {
  const fixture = await aServer(aDataDir(), { parts: SHORT });
  await aDatastore(fixture);
  const [gate, target] = [join(fixture.dataDir, "gate"), join(fixture.dataDir, "published")];
  const started = await fixture.call<StartedTask>("POST", "/backups", {
    body: { datastore: "store", id: "test", paths: ["/publish", gate, target] },
  });
  const { upid } = started.body;
  await waitFor(fixture, upid, running);
  const pid = await pidOf(fixture, upid);
  process.kill(pid, "SIGSTOP");
  writeFileSync(gate, "");
  const task = await waitFor(fixture, upid, ended);
  expect(isAlive(pid)).toBe(false);
  expect(task).toMatchObject({ state: "failed", error: { code: "WORKER_LOST" } });
  expect(task.error?.message).toMatch(/said nothing for \d/);
  expect(task.concern).toBeUndefined();
  expect(existsSync(target)).toBe(false);
});

test("an idle process that stands still is replaced before a task meets it", async () => {
  const fixture = await aServer(aDataDir(), { slotCounts: { worker: 1 }, parts: SHORT });
  await aDatastore(fixture);
  const first = await start(fixture, "/ok");
  await waitFor(fixture, first, ended);
  const pid = (await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(first)}/log`)).body.lines[0]
    ?.fields["pid"];
  process.kill(Number(pid), "SIGSTOP");
  await gone(Number(pid), clock.elapsedMs() + 10_000);
  expect(await waitFor(fixture, await start(fixture, "/ok"), ended)).toMatchObject({ state: "ok" });
});

test("a worker whose claim went to another publishes nothing and is killed; with its claim it publishes", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const publish = async (id: string, target: string, gate: string): Promise<string> => {
    const body = { datastore: "store", id, paths: ["/publish", gate, target] };
    return (await fixture.call<StartedTask>("POST", "/backups", { body })).body.upid;
  };
  const paths = ["a", "b", "gate-a", "gate-b"].map((name) => join(fixture.dataDir, name));
  const [sound = "", fenced = "", soundGate = "", fencedGate = ""] = paths;
  writeFileSync(soundGate, "");
  const good = await waitFor(fixture, await publish("good", sound, soundGate), ended);
  expect([good.state, readFileSync(sound, "utf8")]).toEqual(["ok", "published"]);

  const upid = await publish("bad", fenced, fencedGate);
  await waitFor(fixture, upid, running);
  const pid = await pidOf(fixture, upid);
  // What another server with the same store would do.
  const store = new DatabaseSync(join(fixture.dataDir, "state.db"), { timeout: 5000 });
  store.prepare("update tasks set attempt = attempt + 1 where upid = ?").run(upid);
  store.close();
  writeFileSync(fencedGate, "");
  while (isAlive(pid)) await clock.sleep(20);
  expect(existsSync(fenced)).toBe(false);
});

test("cancelling takes the task, its process and what that started within two seconds, also when it hangs", async () => {
  const fixture = await aServer(aDataDir(), { slotCounts: { worker: 4 } });
  await aDatastore(fixture);
  const upids = new Map<string, string>();
  for (const path of ["/wait", "/child", "/deaf", "/hang"])
    upids.set(path, await start(fixture, path, path.slice(1)));
  for (const upid of upids.values()) await waitFor(fixture, upid, running);
  const log = await fixture.call<TaskLog>(
    "GET",
    `/tasks/${encodeURIComponent(upids.get("/child") ?? "")}/log`,
  );
  const childPid = Number(log.body.lines[0]?.fields["childPid"]);
  expect(isAlive(childPid)).toBe(true);
  const took: string[] = [];
  for (const [path, upid] of upids) {
    const askedAtMs = clock.elapsedMs();
    await cancel(fixture, upid);
    expect(await waitFor(fixture, upid, ended)).toMatchObject({ state: "cancelled" });
    const tookMs = clock.elapsedMs() - askedAtMs;
    took.push(`${path} ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(CANCEL_MS_MAX);
    if (path === "/child") await gone(childPid, askedAtMs + CANCEL_MS_MAX);
  }
  process.stdout.write(`cancelled: ${took.join(", ")}\n`);
});

test("what a worker started dies with it when it is killed", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/child");
  await waitFor(fixture, upid, running);
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log`);
  const childPid = Number(log.body.lines[0]?.fields["childPid"]);
  process.kill(await pidOf(fixture, upid), "SIGKILL");
  await waitFor(fixture, upid, ended);
  await gone(childPid, clock.elapsedMs() + CANCEL_MS_MAX);
});
