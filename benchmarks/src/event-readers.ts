/**
 * `npm run bench:events`: many readers of one server's events, four tasks that move twenty times a second, and one reader
 * who asks for a talkative task's log and never reads. Prints how late a step reaches the readers, measured from the step
 * in the worker process to the reader's process, and the server's memory. Ends with 1 when the bound is missed.
 */

import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { CrowdOrder, CrowdReport } from "./event-reader-crowd.ts";

const MEDIAN_BOUND_MS = 500;
const TASK_COUNT = 4;
const SETTLE_MS = 3000;

const { values } = parseArgs({
  options: {
    readers: { type: "string", default: "1000" },
    seconds: { type: "string", default: "30" },
    http2: { type: "boolean", default: false },
    dir: { type: "string", default: tmpdir() },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:events -- [options]
  --readers N    how many (default 1000)
  --seconds N    how long they listen (default 30)
  --http2        a hundred readers share a connection
  --dir DIR      where data and the datastore are made`);
} else await main();

async function main(): Promise<void> {
  const root = mkdtempSync(join(values.dir, "ironcore-events-bench-"));
  const children: ChildProcess[] = [];
  try {
    const load = loadavg()[0]?.toFixed(1);
    console.log(`${values.readers} readers, ${availableParallelism()} cores, load ${load} before`);
    const ok = await measure(root, children);
    if (!ok) process.exitCode = 1;
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure(root: string, children: ChildProcess[]): Promise<boolean> {
  const dataDir = join(root, "data");
  const server = spawn(
    process.execPath,
    [new URL("./event-reader-server.ts", import.meta.url).pathname, dataDir, "5000"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.push(server);
  const url = await firstLine(server);
  const ca = readFileSync(join(dataDir, "tls", "certificate.pem"), "utf8");
  const token = readFileSync(join(dataDir, "local-token"), "utf8").trim();
  const call = (path: string, body: unknown) => post({ url, ca, token }, path, body);
  await call("/datastores", { name: "store", path: join(root, "store") });
  const upids: string[] = [];
  for (let at = 0; at < TASK_COUNT; at++) {
    const paths = [at === 0 ? "/talk" : "/tick"];
    const { upid } = (await call("/backups", { datastore: "store", id: `host-${at}`, paths })) as {
      upid: string;
    };
    upids.push(upid);
  }
  await wait(SETTLE_MS);
  const pid = server.pid ?? 0;
  console.log(`server, before any reader:   ${memoryOf(pid)}`);
  const order: CrowdOrder = {
    url,
    ca,
    token,
    readerCount: Number(values.readers),
    http2: values.http2,
    talker: upids[0] ?? "",
    durationMs: Number(values.seconds) * 1000,
  };
  return watchCrowd(order, pid, children);
}

async function watchCrowd(order: CrowdOrder, pid: number, children: ChildProcess[]): Promise<boolean> {
  const crowd = fork(new URL("./event-reader-crowd.ts", import.meta.url).pathname);
  children.push(crowd);
  let cpuBefore = cpuSecondsOf(pid);
  const report = await new Promise<CrowdReport>((resolve, reject) => {
    crowd.on("message", (word: "connected" | CrowdReport) => {
      if (word !== "connected") return resolve(word);
      console.log(`server, all connected:       ${memoryOf(pid)}`);
      console.log(
        `handshakes took the server:  ${(cpuSecondsOf(pid) - cpuBefore).toFixed(1)} s of processor time`,
      );
      cpuBefore = cpuSecondsOf(pid);
    });
    crowd.on("exit", () => reject(new Error("the readers' process ended")));
    crowd.send(order);
  });
  console.log(`server, after ${values.seconds.padStart(3)} s:        ${memoryOf(pid)}`);
  const { delaysMs, stepCounts, resetCount, gapCount, cpuSeconds } = report;
  console.log(
    `processor time since:        server ${(cpuSecondsOf(pid) - cpuBefore).toFixed(1)} s, readers ${cpuSeconds.toFixed(1)} s`,
  );
  console.log(
    `step to reader: median ${delaysMs.median} ms, p99 ${delaysMs.p99} ms, max ${delaysMs.max} ms (bound: median ${MEDIAN_BOUND_MS} ms)`,
  );
  console.log(
    `steps seen by a reader: ${stepCounts.min} to ${stepCounts.max}, resets ${resetCount}, doubles ${gapCount}`,
  );
  await wait(SETTLE_MS);
  console.log(`server, readers gone:        ${memoryOf(pid)}`);
  return delaysMs.median <= MEDIAN_BOUND_MS && gapCount === 0;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server's output is not piped");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the server ended before it listened");
}

function post(
  { url, ca, token }: { readonly url: string; readonly ca: string; readonly token: string },
  path: string,
  body: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const sent = request(`${url}/api/v1${path}`, { method: "POST", ca, agent: false, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => {
        if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((over) => setTimeout(over, ms));
}

function memoryOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): string =>
    (Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1024).toFixed(0);
  return `${megabytes("VmRSS")} MiB resident, peak ${megabytes("VmHWM")} MiB`;
}

/** Fields 14 and 15, in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
