/** The whole server on a free port: real TLS, real worker processes, operations of the test. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { Compile } from "typebox/compile";
import { afterEach, expect, test } from "vitest";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { createMemoryDisk } from "@ironcore-backup/engine";
import { EventSchema, ErrorResponseSchema, routes, TaskSchema } from "@ironcore-backup/protocol";
import type {
  Event,
  RouteName,
  Task,
  TaskLog,
  TaskList,
  Status,
  Login,
  StartedTask,
} from "@ironcore-backup/protocol";
import { fingerprintOf } from "./config/certificate.ts";
import { createLocalEngine } from "./datastores/local-engine.ts";
import { startServer } from "./main.ts";
import type { RunningServer, ServerParts } from "./main.ts";

const clock = createSystemClock();
/** Datastores in memory: 65,536 directories on disk for each test would take minutes. */
const engine = createLocalEngine({
  clock,
  random: createSystemRandom(),
  disk: createMemoryDisk({ clock }),
});
const registryUrl = new URL("./workers/test-operations-entry.ts", import.meta.url);
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: IncomingMessage["headers"];
}

interface Fixture {
  readonly server: RunningServer;
  readonly dataDir: string;
  readonly ca: string;
  readonly token: string;
  call<Body>(
    method: string,
    path: string,
    options?: { body?: unknown; token?: string | null; raw?: string },
  ): Promise<Answer<Body>>;
}

function aDataDir(): string {
  const root = mkdtempSync(join(tmpdir(), "ironcore-server-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  return join(root, "data");
}

async function aServer(
  dataDir = aDataDir(),
  options: { slotCount?: number; parts?: ServerParts } = {},
): Promise<Fixture> {
  const server = await startServer(
    { dataDir, listen: { host: "127.0.0.1", port: 0 }, slotCount: options.slotCount ?? 2, logTarget: "file" },
    { engine, registryUrl, onWorkerLost: async () => undefined, ...options.parts },
  );
  closers.push(() => server.stop());
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const token = readFileSync(join(dataDir, "local-token"), "utf8").trim();
  return {
    server,
    dataDir,
    ca,
    token,
    call: (method, path, { body, token: given, raw } = {}) =>
      send(
        { url: server.url, ca, token: given === undefined ? token : given },
        method,
        path,
        raw ?? (body === undefined ? undefined : JSON.stringify(body)),
      ),
  };
}

function send<Body>(
  target: { url: string; ca: string; token: string | null },
  method: string,
  path: string,
  body: string | undefined,
): Promise<Answer<Body>> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const sent = request(
      `${target.url}/api/v1${path}`,
      { method, ca: target.ca, headers, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => {
          const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
          // The test says what it expects to find; schemas are compared where it matters.
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: (isJson ? JSON.parse(text) : text) as Body,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

async function aDatastore(fixture: Fixture): Promise<void> {
  const path = join(fixture.dataDir, "..", "store");
  const made = await fixture.call("POST", "/datastores", { body: { name: "store", path } });
  expect(made.status).toBe(201);
}

async function start(fixture: Fixture, path: string, id = "test"): Promise<string> {
  const started = await fixture.call<StartedTask>("POST", "/backups", {
    body: { datastore: "store", id, paths: [path] },
  });
  expect(started.status).toBe(202);
  return started.body.upid;
}

async function getTask(fixture: Fixture, upid: string): Promise<Task> {
  return (await fixture.call<Task>("GET", `/tasks/${encodeURIComponent(upid)}`)).body;
}

/** Follows the event stream, as a page does, until a fact fits. */
async function waitFor(fixture: Fixture, upid: string, fits: (task: Task) => boolean): Promise<Task> {
  const events = await openEvents(fixture, { query: `?upid=${encodeURIComponent(upid)}` });
  try {
    const now = await getTask(fixture, upid);
    if (fits(now)) return now;
    for (;;) {
      const event = await events.next();
      if (event.kind === "task-changed" && fits(event.task)) return event.task;
    }
  } finally {
    events.close();
  }
}

const ended = (task: Task): boolean => task.endedAt !== undefined;
const running = (task: Task): boolean => task.state === "running" && task.logLineCount > 0;

interface EventReader {
  next(): Promise<Event>;
  close(): void;
}

function openEvents(
  fixture: Fixture,
  options: { query?: string; lastEventId?: number } = {},
): Promise<EventReader> {
  const waiting: ((event: Event) => void)[] = [];
  const arrived: Event[] = [];
  let rest = "";
  const take = (piece: string): void => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(rest.slice(0, end))?.[1];
      rest = rest.slice(end + 2);
      if (data === undefined) continue;
      const event = JSON.parse(data) as Event; // Compared with its schema in the test of the stream.
      const wake = waiting.shift();
      if (wake === undefined) arrived.push(event);
      else wake(event);
    }
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${fixture.server.url}/api/v1/events${options.query ?? ""}`,
      {
        ca: fixture.ca,
        agent: false,
        headers: {
          authorization: `Bearer ${fixture.token}`,
          ...(options.lastEventId === undefined ? {} : { "last-event-id": String(options.lastEventId) }),
        },
      },
      (answer) => {
        answer
          .setEncoding("utf8")
          .on("data", take)
          .on("error", () => undefined);
        const close = (): void => void sent.destroy();
        closers.push(close);
        resolve({
          close,
          next: () => {
            const event = arrived.shift();
            return event === undefined ? new Promise((wake) => waiting.push(wake)) : Promise.resolve(event);
          },
        });
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

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
  expect(text.body).toMatch(/info {4}COPIED all files copied fileCount=10\n.*TASK OK\n$/);
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
  const fixture = await aServer(aDataDir(), { slotCount: 1 });
  await aDatastore(fixture);
  const first = await start(fixture, "/wait");
  await waitFor(fixture, first, running);
  const sameGroup = await start(fixture, "/ok");
  const otherGroup = await start(fixture, "/ok", "other");
  expect((await getTask(fixture, sameGroup)).waitReason).toMatchObject({
    code: "waiting-for-lock",
    heldBy: first,
  });
  expect((await getTask(fixture, otherGroup)).waitReason).toMatchObject({ code: "no-free-slot" });
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
  const first = await aServer(aDataDir(), { slotCount: 1 });
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

test("a killed server takes its worker along, and its next start fails the task as WORKER_LOST", async () => {
  const dataDir = aDataDir();
  const before = await aServer(dataDir);
  await aDatastore(before);
  await before.server.stop();
  const program = new URL("./test-server-entry.ts", new URL("./workers/", import.meta.url));
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
  const upid = await start(remote, "/wait");
  await waitFor(remote, upid, running);
  const worker = await pidOf(remote, upid);
  child.kill("SIGKILL");
  const killedAtMs = clock.elapsedMs();
  while (isAlive(worker)) await clock.sleep(50);
  expect(clock.elapsedMs() - killedAtMs).toBeLessThan(4000);
  const after = await aServer(dataDir);
  expect(await getTask(after, upid)).toMatchObject({
    state: "failed",
    error: { code: "WORKER_LOST" },
  });
});

test("a second server refuses the data directory of a running one", async () => {
  const fixture = await aServer();
  await expect(aServer(fixture.dataDir)).rejects.toMatchObject({ code: "DATA_DIRECTORY_IN_USE" });
});

test("the event stream resumes after its last number without gap or double", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const events = await openEvents(fixture);
  const upid = await start(fixture, "/ok");
  const seen: Event[] = [];
  while (!seen.some((event) => event.kind === "task-changed" && event.task.state === "ok"))
    seen.push(await events.next());
  events.close();
  const schema = Compile(EventSchema);
  for (const event of seen) expect(schema.Check(event), JSON.stringify(event)).toBe(true);
  const sequences = seen.map((event) => event.sequence);
  expect(sequences).toEqual(sequences.map((_, at) => (sequences[0] ?? 0) + at));
  const cut = Math.floor(seen.length / 2);
  const resumed = await openEvents(fixture, { lastEventId: sequences[cut] ?? 0 });
  for (const event of seen.slice(cut + 1)) expect(await resumed.next()).toEqual(event);
  expect(
    seen
      .filter((event) => event.kind === "task-logged")
      .flatMap((event) => event.lines.map((line) => line.number)),
  ).toEqual([1, 2]);
  expect(seen.some((event) => event.kind !== "stream-reset" && event.upid !== upid)).toBe(false);
});

test("a reader that asks for facts of another life is told to start anew", async () => {
  const fixture = await aServer();
  const reader = await openEvents(fixture, { lastEventId: 12 });
  expect(await reader.next()).toMatchObject({ kind: "stream-reset" });
});

test("nothing but the open routes answers without a token, or with a wrong one", async () => {
  const fixture = await aServer();
  const open = new Set<string>(["ping", "login"]);
  for (const [name, route] of Object.entries(routes)) {
    if (open.has(name)) continue;
    const path = route.path.replace(":datastore", "store").replace(":snapshot", "x").replace(":upid", "x");
    for (const token of [null, "ibl_0000", `${fixture.token}0`]) {
      const { status, body } = await fixture.call(route.method, path, { token });
      expect([name, status, body]).toMatchObject([name, 401, { error: { code: "UNAUTHENTICATED" } }]);
    }
  }
  for (const path of ["/events", "/tasks/x/log.txt"]) {
    expect((await fixture.call("GET", path, { token: null })).status).toBe(401);
  }
});

test("the first administrator signs in with the printed password, and the session ends with logout", async () => {
  const fixture = await aServer();
  const { authId = "", password = "" } = fixture.server.firstAdministrator ?? {};
  const login = await fixture.call<Login>("POST", "/login", {
    body: { user: authId, password },
    token: null,
  });
  expect(login.status).toBe(200);
  const { token } = login.body;
  expect((await fixture.call("GET", "/whoami", { token })).body).toEqual({
    authId: "admin@ibs",
    role: "administrator",
    via: "session",
  });
  expect((await fixture.call("POST", "/logout", { token })).status).toBe(204);
  expect((await fixture.call("GET", "/whoami", { token })).status).toBe(401);
  const log = readFileSync(join(fixture.dataDir, "logs", "server.jsonl"), "utf8");
  for (const secret of [password, token, fixture.token]) expect(log).not.toContain(secret);
});

test("wrong passwords are refused alike for known and unknown users, and soon slowed down", async () => {
  const fixture = await aServer();
  const guess = (user: string) =>
    fixture.call("POST", "/login", { body: { user, password: "x" }, token: null });
  expect(await guess("nobody@ibs")).toMatchObject({ status: 401, body: { error: { code: "LOGIN_FAILED" } } });
  for (let at = 0; at < 4; at++) await guess("admin@ibs");
  const slowed = await guess("admin@ibs");
  expect(slowed).toMatchObject({ status: 429, body: { error: { code: "LOGIN_THROTTLED" } } });
  expect(Number(slowed.headers["retry-after"])).toBeGreaterThan(0);
});

test("hostile requests are refused in the one error shape", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const shape = Compile(ErrorResponseSchema);
  const backup = { datastore: "store", paths: ["/x"] };
  const cases: readonly (readonly [number, string, string, { body?: unknown; raw?: string }])[] = [
    [400, "GET", "/tasks?limit=0", {}],
    [400, "GET", "/tasks?limit=1e99", {}],
    [400, "GET", "/tasks?misspelt=1", {}],
    [400, "GET", "/tasks?cursor=%27%20or%201", {}],
    [400, "GET", "/tasks?limit=1&limit=2", {}],
    [400, "POST", "/backups", { raw: "{" }],
    [400, "POST", "/backups", { raw: '{"__proto__": {"x": 1}, "datastore": "store", "paths": ["/x"]}' }],
    [400, "POST", "/backups", { body: [] }],
    [400, "POST", "/backups", { body: { ...backup, extra: 1 } }],
    [400, "POST", "/backups", { body: { ...backup, paths: [] } }],
    [400, "POST", "/backups", { body: { ...backup, paths: ["relative"] } }],
    [400, "POST", "/backups", { body: { ...backup, namespace: "../.." } }],
    [400, "POST", "/backups", { body: { ...backup, id: "a/b" } }],
    [404, "POST", "/backups", { body: { ...backup, datastore: "nowhere" } }],
    [413, "POST", "/backups", { raw: `{"datastore":"${"x".repeat(2_000_000)}"}` }],
    [404, "GET", "/tasks/UPID:x", {}],
    [404, "GET", `/tasks/${encodeURIComponent("../../etc/passwd")}`, {}],
    [404, "GET", "/datastores/nowhere", {}],
    [404, "GET", "/nothing", {}],
    [400, "GET", "/tasks/%ff", {}],
  ];
  for (const [status, method, path, options] of cases) {
    const answer = await fixture.call(method, path, options);
    expect([method, path, answer.status]).toEqual([method, path, status]);
    expect(shape.Check(answer.body), JSON.stringify(answer.body)).toBe(true);
  }
});

test("every answer fits its route's schema, with nothing beside it", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/ok");
  await waitFor(fixture, upid, ended);
  const upidPath = encodeURIComponent(upid);
  const answers: Partial<Record<RouteName, unknown>> = {
    ping: (await fixture.call("GET", "/ping", { token: null })).body,
    getStatus: (await fixture.call<Status>("GET", "/status")).body,
    listDatastores: (await fixture.call("GET", "/datastores")).body,
    getDatastore: (await fixture.call("GET", "/datastores/store")).body,
    listSnapshots: (await fixture.call("GET", "/datastores/store/snapshots")).body,
    listTasks: (await fixture.call<TaskList>("GET", "/tasks")).body,
    getTask: (await fixture.call("GET", `/tasks/${upidPath}`)).body,
    getTaskLog: (await fixture.call("GET", `/tasks/${upidPath}/log`)).body,
    whoami: (await fixture.call("GET", "/whoami")).body,
  };
  for (const [name, body] of Object.entries(answers)) {
    const schema = Compile(routes[name as RouteName].response);
    expect(
      schema.Check(body),
      `${name}: ${JSON.stringify(body)} ${JSON.stringify(schema.Errors(body))}`,
    ).toBe(true);
  }
});

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
    (await fixture.call<TaskList>("GET", "/tasks?state=warning&user=local%40ibs&datastore=store&type=backup"))
      .body.tasks,
  ).toHaveLength(5);
  expect((await fixture.call<TaskList>("GET", "/tasks?until=5")).body.tasks).toEqual([]);
});

test("private files are private and the certificate is what the fingerprint says", async () => {
  const fixture = await aServer();
  for (const name of [".", "local-token", "tls/key.pem", "server.json", "logs/server.jsonl"]) {
    expect([name, statSync(join(fixture.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  }
  expect(fingerprintOf(new X509Certificate(fixture.ca).raw)).toBe(fixture.server.fingerprint);
  expect(JSON.parse(readFileSync(join(fixture.dataDir, "server.json"), "utf8"))).toMatchObject({
    url: fixture.server.url,
    fingerprint: fixture.server.fingerprint,
  });
  expect(Compile(TaskSchema).Check({})).toBe(false);
});

async function pidOf(fixture: Fixture, upid: string): Promise<number> {
  const log = await fixture.call<TaskLog>("GET", `/tasks/${encodeURIComponent(upid)}/log`);
  return Number(log.body.lines[0]?.fields["pid"]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
