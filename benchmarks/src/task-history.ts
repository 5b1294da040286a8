/**
 * `npm run bench:history`: the Task Browser's questions over a long history, asked over HTTPS of a real server while
 * twenty tasks run in processes of their own.
 *
 * Every question is asked many times with parameters that differ, kinds interleaved, one after the other; the time is that
 * of the whole answer. A second caller asks for `/ping` all the while: how long that takes is how long a question holds
 * up everybody else. Ends with 1 when a bound is missed.
 */

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { Agent, request } from "node:https";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { createLatencies, percentile } from "./latency.ts";
import type { Latencies } from "./latency.ts";

const MEDIAN_BOUND_MS = 50;
const P99_BOUND_MS = 150;
const START_BOUND_MS = 2000;
const RUNNING_COUNT = 20;
const DAY_MS = 86_400_000;
const PING_INTERVAL_MS = 10;
const FILL_MS_MAX = 3_600_000;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    dir: { type: "string", default: tmpdir() },
    keep: { type: "string" },
    idle: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:history -- [options]
  --count N    tasks in the history (default 1,000,000)
  --rounds N   how often each kind of question is asked (default 40)
  --seed N     of the data and the parameters
  --dir DIR    where the data directory is made (default: the system's temporary folder)
  --keep DIR   a data directory that stays, and is used again when it is there
  --idle       without any running task`);
} else await main();

interface Server {
  readonly child: ChildProcess;
  readonly startMs: number;
  call(method: string, path: string, options?: { body?: unknown; token?: string }): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(values.dir, "ironcore-history-"));
  const dataDir = values.keep ?? join(scratch, "data");
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model}), load before ${loadavg()[0]?.toFixed(2)}`,
  );
  fill(dataDir);
  let server: Server | undefined;
  try {
    server = await startServer(dataDir);
    const isPassed = await measure(server, scratch);
    process.exitCode = isPassed ? 0 : 1;
  } finally {
    if (server !== undefined) await stopServer(server.child);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fill(dataDir: string): void {
  const store = join(dataDir, "state.db");
  const isThere = statSync(store, { throwIfNoEntry: false }) !== undefined;
  const startedMs = performance.now();
  if (!isThere) {
    const program = fileURLToPath(import.meta.resolve("@ironcore-backup/server/fill-history"));
    const done = spawnSync(process.execPath, [program, dataDir, values.count, values.seed], {
      stdio: "inherit",
      timeout: FILL_MS_MAX,
    });
    if (done.status !== 0) throw new Error("the history was not filled");
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const size = statSync(store).size;
  const rate = isThere
    ? ""
    : `, written in ${seconds.toFixed(0)} s (${Math.round(Number(values.count) / seconds)}/s)`;
  console.log(
    `${values.count} tasks, ${(size / 1e6).toFixed(0)} MB, ${Math.round(size / Number(values.count))} bytes each${rate}`,
  );
}

async function measure(server: Server, scratch: string): Promise<boolean> {
  console.log(`start to first answer ${server.startMs.toFixed(0)} ms, bound ${START_BOUND_MS} ms`);
  const member = await makeMember(server);
  if (!values.idle) await startTasks(server, scratch);
  const latencies = createLatencies();
  const pings = createLatencies();
  const done = new AbortController();
  const pinging = ping(server, pings, done.signal);
  await askAll(server, latencies, member);
  done.abort();
  await pinging;
  console.log(latencies.table());
  console.log(`\nmeanwhile, another caller:\n${pings.table()}`);
  const [median, worst] = [percentile(latencies.all, 0.5), percentile(latencies.all, 0.99)];
  const isPassed = median < MEDIAN_BOUND_MS && worst < P99_BOUND_MS && server.startMs < START_BOUND_MS;
  console.log(
    `median ${median.toFixed(1)} ms (bound ${MEDIAN_BOUND_MS}), p99 ${worst.toFixed(1)} ms (bound ${P99_BOUND_MS}): ${isPassed ? "holds" : "MISSED"}`,
  );
  return isPassed;
}

/** Somebody who sees two projects: a large one and a small one. */
async function makeMember(server: Server): Promise<string> {
  const body = { authId: "member@ibs", password: "a long enough password" };
  await server.call("POST", "/users", { body });
  for (const name of ["project-0", "project-15"]) {
    const grant = { authId: body.authId, role: "project-reader", scope: { kind: "project", name } };
    const made = await server.call("POST", "/grants", { body: grant });
    if (made.status !== 409) must(made, "grant");
  }
  const login = { user: body.authId, password: body.password };
  const { token } = JSON.parse(must(await server.call("POST", "/login", { body: login })).text) as {
    token: string;
  };
  return token;
}

async function startTasks(server: Server, scratch: string): Promise<void> {
  const made = await server.call("POST", "/datastores", {
    body: { name: "bench", path: join(scratch, "store") },
  });
  if (made.status !== 201 && made.status !== 409) throw new Error(made.text);
  for (let at = 0; at < RUNNING_COUNT; at++)
    must(
      await server.call("POST", "/backups", {
        body: { datastore: "bench", id: `bench-${at}`, paths: ["/srv"] },
      }),
    );
  for (;;) {
    const { counts } = JSON.parse(must(await server.call("GET", "/task-counts")).text) as {
      counts: { running: number };
    };
    if (counts.running >= RUNNING_COUNT) break;
    await pause(200);
  }
  console.log(`${RUNNING_COUNT} tasks run`);
}

type Words = Readonly<Record<string, string | number>>;

/** Every filter alone, all together, text of every kind, every order both ways, each as an administrator and as a member. */
function questions(random: Random): Readonly<Record<string, Words>> {
  const pick = (...words: string[]): string => words[random.integer(0, words.length - 1)] ?? "";
  const number = (below: number): number => random.integer(0, below - 1);
  const type = pick("backup", "verify", "sync", "prune", "gc", "restore", "tape");
  const state = pick("ok", "warning", "failed", "cancelled", "running", "failed,warning", "queued,running");
  const since = Date.now() - random.integer(1, 29) * DAY_MS;
  const text = {
    common: pick("backup", "web", "OK", "srv/", "store"),
    rare: `web-${number(2000)}`,
    message: pick("permission denied", "Cancelled", `file-${number(1000)}:`, "WARNINGS: 7"),
    absent: pick("no such text", "zzqq", "web-99999", "store-1:host/none"),
    short: pick("w", "zq", "-7", ":"),
  };
  const sort = pick("queued", "ended", "duration", "bytes");
  const order = pick("ascending", "descending");
  return {
    "first page": {},
    "by type": { type },
    "by state": { state },
    "by user": { user: `user-${number(50)}@ibs` },
    "by project": { project: `project-${number(20)}` },
    "by datastore": { datastore: `store-${number(8)}` },
    "by time": { since, until: since + DAY_MS },
    "failed syncs of the last 24 hours": { type: "sync", state: "failed", since: Date.now() - DAY_MS },
    "all filters": {
      type,
      state,
      since,
      user: `user-${number(10)}@ibs`,
      project: `project-${number(8)}`,
      datastore: `store-${number(4)}`,
      text: text.common,
    },
    "filters that exclude each other": {
      user: `user-${number(3)}@ibs`,
      project: "project-0",
      datastore: "none",
    },
    "common text": { text: text.common },
    "rare text": { text: text.rare },
    "text of a message": { text: text.message },
    "text that is nowhere": { text: text.absent },
    "one or two letters": { text: text.short },
    "a part of a UPID": {
      text: `:${number(Number(values.count)).toString(16).toUpperCase().padStart(8, "0")}:`,
    },
    sorted: { sort, order },
    "sorted, by state": { sort, order, state },
    "sorted, by user": { sort, order, user: `user-${number(50)}@ibs` },
    "sorted, by project and time": { sort, order, project: `project-${number(20)}`, since },
    "sorted, rare text": { sort, order, text: text.rare },
  };
}

async function askAll(server: Server, latencies: Latencies, member: string): Promise<void> {
  const random = createSeededRandom(Number(values.seed));
  const deep = await deepCursors(server);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, words] of Object.entries(questions(random))) {
      await ask(server, latencies, name, `/tasks?${query({ limit: 50, ...words })}`);
      await ask(server, latencies, `${name} (member)`, `/tasks?${query({ limit: 50, ...words })}`, member);
      await ask(server, latencies, "counts", `/task-counts?${query(words, ["sort", "order"])}`);
      await ask(
        server,
        latencies,
        "counts (member)",
        `/task-counts?${query(words, ["sort", "order"])}`,
        member,
      );
    }
    for (const [name, path] of deep) await ask(server, latencies, name, path);
  }
}

/** The thousandth page of some lists; a cursor costs the same wherever it stands, which is what is measured. */
async function deepCursors(server: Server): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const [name, words] of [
    ["page 1,000", "limit=50"],
    ["page 1,000 by bytes", "limit=50&sort=bytes"],
    ["page 1,000 of a datastore", "limit=50&datastore=store-0"],
  ] as const) {
    let cursor = "";
    // Fifty pages of a thousand are a thousand of fifty.
    for (let page = 0; page < 50; page++) {
      const path = `/tasks?${words.replace("limit=50", "limit=1000")}${cursor}`;
      const { nextCursor } = JSON.parse(must(await server.call("GET", path)).text) as { nextCursor?: string };
      if (nextCursor === undefined) break;
      cursor = `&cursor=${nextCursor}`;
    }
    found.push([name, `/tasks?${words}${cursor}`]);
  }
  return found;
}

function query(words: Words, without: readonly string[] = []): string {
  const entries = Object.entries(words).filter(([name]) => !without.includes(name));
  return new URLSearchParams(
    Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
  ).toString();
}

async function ask(
  server: Server,
  latencies: Latencies,
  name: string,
  path: string,
  token?: string,
): Promise<void> {
  for (;;) {
    const startedMs = performance.now();
    const answer = await server.call("GET", path, token === undefined ? {} : { token });
    // The door's own limit of requests is not what is measured.
    if (answer.status === 429) {
      await pause(250);
      continue;
    }
    must(answer, path);
    latencies.add(name, performance.now() - startedMs);
    return;
  }
}

async function ping(server: Server, latencies: Latencies, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedMs = performance.now();
    await server.call("GET", "/ping");
    latencies.add("ping", performance.now() - startedMs);
    await pause(PING_INTERVAL_MS);
  }
}

function must(answer: Answer, what = ""): Answer {
  if (answer.status >= 300)
    throw new Error(`${what} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, durationMs));
}

async function startServer(dataDir: string): Promise<Server> {
  const startedMs = performance.now();
  const program = fileURLToPath(new URL("./task-history-server.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString().trim()));
    child.once("exit", (code, signal) => {
      if (child.killed) return;
      console.log(`the server ended with ${code ?? signal}`);
      reject(new Error("the server ended by itself"));
    });
  });
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const own = readFileSync(join(dataDir, "local-token"), "utf8").trim();
  const agent = new Agent({ keepAlive: true, ca });
  const call: Server["call"] = (method, path, { body, token = own } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      };
      const sent = request(`${url}/api/v1${path}`, { method, agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      // A kept connection that the server closed in the same moment says nothing about the server: asked again.
      sent.on("error", (error) =>
        sent.reusedSocket ? resolve(call(method, path, { body, token })) : reject(error),
      );
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  must(await call("GET", "/ping"));
  return { child, call, startMs: performance.now() - startedMs };
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((wake) => child.once("exit", wake));
  child.kill("SIGTERM");
  await ended;
}
