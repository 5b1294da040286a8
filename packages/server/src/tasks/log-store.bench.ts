/**
 * One task's log with a million lines: `node packages/server/src/tasks/log-store.bench.ts [lines]`.
 *
 * Data: seeded lines as a backup writes them, 220 bytes each, a warning in 997, an error in 100,003. Printed for the
 * growing and for the compressed form: time of a page from either end, by level, of a search for what is rare, frequent
 * and absent, and of the next page of each search; the longest time that the event loop was held meanwhile, and memory.
 * For the promise that the first page of a million lines comes within 50 ms and a search takes less than a second.
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createSeededRandom } from "@ironcore-backup/base";
import type { LogPageQuery } from "./log-page.ts";
import { createLogStore } from "./log-store.ts";
import type { LogStore } from "./log-store.ts";
import type { ReportedLine } from "./task-report.ts";

const LINE_COUNT = Number(process.argv[2] ?? 1_000_000);
const BATCH_LENGTH = 1000;
const ROUND_COUNT = 5;
const TASK_ID = 1;
const FOLDERS = ["lib", "share", "cache", "spool", "backups", "www"];

function makeLine(random: ReturnType<typeof createSeededRandom>, number: number): ReportedLine {
  const folder = FOLDERS[random.integer(0, FOLDERS.length - 1)] ?? "";
  const path = `/srv/${folder}/${random.integer(0, 9999)}/file-${random.integer(0, 1_000_000)}.dat`;
  const at = 1_700_000_000_000 + number;
  if (number % 100_003 === 0)
    return {
      at,
      level: "error",
      stage: "files",
      code: "FILE_UNREADABLE",
      message: `cannot read ${path}: input/output error`,
      fields: { path, errno: 5 },
    };
  if (number % 997 === 0)
    return {
      at,
      level: "warning",
      stage: "files",
      code: "FILE_CHANGED",
      message: `${path} changed while it was read`,
      fields: { path },
    };
  const sizeBytes = random.integer(0, 10_000_000);
  return {
    at,
    level: number % 3 === 0 ? "debug" : "info",
    stage: number % 50 === 0 ? "publish" : "files",
    code: "FILE_STORED",
    message: `stored ${path}`,
    fields: { path, sizeBytes, chunkCount: 1 + (sizeBytes >> 22) },
  };
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function write(store: LogStore): Promise<void> {
  const random = createSeededRandom(1);
  const before = performance.now();
  for (let written = 0; written < LINE_COUNT; written += BATCH_LENGTH)
    await store.append(
      TASK_ID,
      Array.from({ length: BATCH_LENGTH }, (_, at) => makeLine(random, written + at + 1)),
    );
  const seconds = (performance.now() - before) / 1000;
  say(
    `written: ${LINE_COUNT} lines in ${seconds.toFixed(1)} s, ${(LINE_COUNT / seconds / 1000).toFixed(0)},000 a second`,
  );
}

async function measure(
  name: string,
  root: string,
  query: (round: number) => LogPageQuery,
  appending?: LogStore,
): Promise<void> {
  const [firstMs, nextMs]: [number[], number[]] = [[], []];
  let found = "";
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < ROUND_COUNT; round++) {
    // A new store each time: what a search has found out is not to be there already.
    const store = appending ?? createLogStore(root);
    delay.enable();
    const startedMs = performance.now();
    const page = await store.readPage(TASK_ID, query(round));
    const pagedMs = performance.now();
    const next = await store.readPage(TASK_ID, {
      ...query(round),
      start: page.nextStart ?? page.previousStart ?? 1,
    });
    firstMs.push(pagedMs - startedMs);
    nextMs.push(performance.now() - pagedMs);
    delay.disable();
    found = `${page.lines.length}+${next.lines.length} of ${page.matchCount}`;
    if (store !== appending) await store.close();
  }
  const held = (delay.max / 1e6).toFixed(0);
  say(
    `${name.padEnd(26)} ${median(firstMs).toFixed(1).padStart(8)} ms  next ${median(nextMs).toFixed(1).padStart(7)} ms  loop held ${held.padStart(3)} ms  ${found}`,
  );
}

async function measureAll(root: string, appending?: LogStore): Promise<void> {
  const page = (query: Partial<LogPageQuery>) => () => ({ start: 1, limit: 500, level: undefined, ...query });
  // Of a growing log the counts of a search are kept: each round asks for something else of the same kind.
  const search =
    (text: string, query: Partial<LogPageQuery> = {}) =>
    (round: number) => ({
      start: 1,
      limit: 500,
      level: undefined,
      text: text.replace("#", String(round)),
      ...query,
    });
  await measure("first page", root, page({}), appending);
  await measure("last page", root, page({ start: -1 }), appending);
  await measure("page in the middle", root, page({ start: Math.floor(LINE_COUNT / 2) }), appending);
  await measure("warnings, first page", root, page({ level: "warning" }), appending);
  await measure("errors, last page", root, page({ level: "error", start: -1 }), appending);
  await measure("search: rare", root, search("file-99999#"), appending);
  await measure("search: rare, from end", root, search("FILE-99998#", { start: -1 }), appending);
  await measure("search: absent", root, search("no such thing #"), appending);
  await measure("search: every tenth", root, search("/#"), appending);
  await measure(
    "search: every line",
    root,
    search(["stored", "srv", "file", "dat", "STORED"][0] ?? ""),
    appending,
  );
  await measure("search: part of JSON", root, search(`: input#`), appending);
  await measure("stage", root, page({ stage: "publish" }), appending);
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "ironcore-log-bench-"));
  try {
    const store = createLogStore(root);
    await write(store);
    const path = join(root, "01", "00000001.jsonl");
    say(`\nplain, growing: ${megabytes(statSync(path).size)}`);
    await measureAll(root, store);
    const beforeMs = performance.now();
    await store.finish(TASK_ID);
    say(`\nend of the task: ${(performance.now() - beforeMs).toFixed(0)} ms`);
    await store.idle();
    say(
      `compressed in ${((performance.now() - beforeMs) / 1000).toFixed(1)} s: ${megabytes(statSync(`${path}.zst`).size)}`,
    );
    await measureAll(root);
    await store.close();
    let textLength = 0;
    const textMs = performance.now();
    for await (const piece of createLogStore(root).streamText(TASK_ID, { level: undefined }))
      textLength += piece.length;
    say(
      `\nwhole log as text: ${megabytes(textLength)} in ${((performance.now() - textMs) / 1000).toFixed(1)} s`,
    );
    say(
      `memory: ${megabytes(process.memoryUsage.rss())} resident, at most ${megabytes(process.resourceUsage().maxRSS * 1024)}`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

await main();
