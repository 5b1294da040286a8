/**
 * `npm run bench:api`: how long the API takes to answer while the machine is busy. Two backups, a verification and a garbage
 * collection run flat out, again and again, and four callers ask what a dashboard and a script ask, with an event stream open beside.
 *
 * The callers are on the same machine and get no more of it than the work does: what they measure is what a person sees.
 * Ends with 1 when the bound is missed.
 */

import { randomFillSync } from "node:crypto";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { Agent, request } from "node:https";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { OWN_CLI } from "./ironcore.ts";
import { createLatencies, percentile } from "./latency.ts";
import type { Latencies } from "./latency.ts";

const BOUND_MS = 100;
const CALLER_COUNT = 4;
/** Between two requests of one caller: a person who clicks, a script that polls. */
const THINK_MS = 25;
const MIB = 1 << 20;
/** Of each source, written anew before each backup, so that there is always something to store. */
const FRESH_SIZE_BYTES = 64 * MIB;
const POLL_MS = 250;
const START_WAIT_MS = 60_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    "size-mib": { type: "string", default: "512" },
    dir: { type: "string", default: tmpdir() },
    cli: { type: "string", default: OWN_CLI },
    idle: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:api -- [options]
  --seconds N    how long to ask (default 30)
  --size-mib N   size of each of the two sources (default 512)
  --dir DIR      where data and datastores are made
  --cli FILE     command line of another checkout
  --idle         without any load, to compare with`);
} else await main();

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Server {
  readonly child: ChildProcess;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  openEvents(): { readonly stop: () => void; readonly count: () => number };
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(values.dir, "ironcore-api-"));
  const cpu = cpus()[0]?.model ?? "unknown processor";
  console.log(`${availableParallelism()} cores (${cpu}), load before ${loadavg()[0]?.toFixed(2)}`);
  const server = await startServer(scratch);
  try {
    await measure(server, scratch);
  } finally {
    await stopServer(server.child);
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measure(server: Server, scratch: string): Promise<void> {
  const sources = ["one", "two"].map((name) => growSource(join(scratch, name), Number(values["size-mib"])));
  for (const name of ["one", "two"]) {
    const path = join(scratch, `store-${name}`);
    must(await server.call("POST", "/datastores", { name, path }), 201);
  }
  await Promise.all(sources.map((path, at) => runBackup(server, at === 0 ? "one" : "two", path)));
  const work = new AbortController();
  const done: Done = { backup: 0, verify: 0, gc: 0 };
  const load = values.idle ? [] : startLoad(server, sources, { done, signal: work.signal });
  const events = server.openEvents();
  const latencies = createLatencies();
  const untilMs = performance.now() + Number(values.seconds) * 1000;
  await Promise.all(Array.from({ length: CALLER_COUNT }, (_, at) => ask(server, latencies, { at, untilMs })));
  const eventCount = events.count();
  events.stop();
  work.abort();
  await Promise.all(load);
  console.log(latencies.table());
  console.log(
    values.idle
      ? "no load"
      : `load: ${done.backup} full backups of ${values["size-mib"]} MiB ${done.verify} verifications and ${done.gc} garbage collections done meanwhile, ${eventCount} events read`,
  );
  const worst = percentile(latencies.all, 0.99);
  const isPassed = worst < BOUND_MS;
  console.log(`p99 ${worst.toFixed(1)} ms, bound ${BOUND_MS} ms: ${isPassed ? "holds" : "MISSED"}`);
  process.exitCode = isPassed ? 0 : 1;
}

function growSource(path: string, sizeMib: number): string {
  mkdirSync(path);
  for (let at = 0; at * 64 < sizeMib; at++) writeRandom(join(path, `part-${at}`));
  return path;
}

function writeRandom(path: string): void {
  const file = openSync(path, "w");
  const block = Buffer.alloc(MIB);
  for (let written = 0; written < FRESH_SIZE_BYTES; written += MIB) {
    randomFillSync(block);
    writeSync(file, block);
  }
  closeSync(file);
}

interface Done {
  backup: number;
  verify: number;
  gc: number;
}

/** Four lines of work, each starting its next task when the last one has ended. */
function startLoad(
  server: Server,
  sources: readonly string[],
  { done, signal }: { readonly done: Done; readonly signal: AbortSignal },
): Promise<void>[] {
  const names = ["one", "two"];
  const backups = names.map(async (name, at) => {
    const source = sources[at] ?? "";
    while (!signal.aborted) {
      await runBackup(server, name, source);
      done.backup++;
    }
  });
  const verify = async (): Promise<void> => {
    while (!signal.aborted) {
      await runTask(server, "/verifications", { datastore: "one" });
      done.verify++;
    }
  };
  const collect = async (): Promise<void> => {
    while (!signal.aborted) {
      await runTask(server, "/garbage-collections", { datastore: "two" });
      done.gc++;
    }
  };
  return [...backups, verify(), collect()];
}

async function runBackup(server: Server, datastore: string, source: string): Promise<void> {
  await runTask(server, "/backups", { datastore, id: `bench-${datastore}`, paths: [source], full: true });
}

async function runTask(server: Server, path: string, body: unknown): Promise<void> {
  const { upid } = JSON.parse(must(await server.call("POST", path, body), 202).text) as { upid: string };
  for (;;) {
    const answer = must(await server.call("GET", `/tasks/${encodeURIComponent(upid)}`), 200);
    const { state, exitStatus } = JSON.parse(answer.text) as { state: string; exitStatus?: string };
    if (state === "ok" || state === "warning") return;
    if (state !== "queued" && state !== "running") throw new Error(`${path}: ${state} ${exitStatus ?? ""}`);
    await pause(POLL_MS);
  }
}

/** What a dashboard and a script ask, in turns; every twentieth request changes something. */
async function ask(
  server: Server,
  latencies: Latencies,
  { at, untilMs }: { readonly at: number; readonly untilMs: number },
): Promise<void> {
  const tasks = JSON.parse((await server.call("GET", "/tasks?limit=1")).text) as {
    tasks: { upid: string }[];
  };
  const upid = encodeURIComponent(tasks.tasks[0]?.upid ?? "");
  const reads: readonly (readonly [string, string])[] = [
    ["list of tasks", "/tasks?limit=50"],
    ["filtered tasks", "/tasks?limit=50&type=backup&state=ok,failed&text=bench"],
    ["counts of tasks", "/task-counts"],
    ["one task", `/tasks/${upid}`],
    ["page of a log", `/tasks/${upid}/log?start=-100&limit=100`],
    ["status", "/status"],
    ["workers", "/workers"],
    ["datastores", "/datastores"],
    ["snapshots", "/datastores/one/snapshots"],
    ["who am I", "/whoami"],
  ];
  for (let turn = at * 5; performance.now() < untilMs; turn++) {
    const isChange = turn % 20 === 19;
    const [name, path] = reads[turn % reads.length] ?? ["status", "/status"];
    const startedMs = performance.now();
    const answer = isChange
      ? await server.call("PATCH", "/datastores/one", { comment: `turn ${turn}` })
      : await server.call("GET", path);
    latencies.add(isChange ? "change of a datastore" : name, performance.now() - startedMs);
    must(answer, 200);
    await pause(THINK_MS);
  }
}

function must(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, durationMs));
}

async function startServer(scratch: string): Promise<Server> {
  const dataDir = join(scratch, "data");
  const words = ["serve", "--data-dir", dataDir, "--listen", "127.0.0.1:0", "--slots", "2"];
  const child = spawn(process.execPath, [values.cli, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`the server did not start: ${said}`)), START_WAIT_MS);
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      const found = /listens on (https:\/\/\S+)/.exec(said)?.[1];
      if (found === undefined || !said.includes("Data directory")) return;
      clearTimeout(late);
      resolve(found);
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const headers = { authorization: `Bearer ${readFileSync(join(dataDir, "local-token"), "utf8").trim()}` };
  const agent = new Agent({ keepAlive: true, ca });
  return {
    child,
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const type = body === undefined ? {} : { "content-type": "application/json" };
        const options = { method, agent, headers: { ...headers, ...type } };
        const sent = request(`${url}/api/v1${path}`, options, (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        });
        sent.on("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    openEvents: () => {
      let count = 0;
      const sent = request(`${url}/api/v1/events`, { headers, ca, agent: false }, (answer) => {
        answer
          .setEncoding("utf8")
          .on("data", (piece: string) => (count += piece.split("\ndata: ").length - 1));
        answer.on("error", () => undefined);
      });
      sent.on("error", () => undefined);
      sent.end();
      return { stop: () => sent.destroy(), count: () => count };
    },
  };
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((wake) => child.once("exit", wake));
  child.kill("SIGTERM");
  await ended;
}
