/**
 * Fills a data directory's state store with finished tasks, as thirty days of a large installation leave them:
 * `node packages/server/src/testing/fill-history.ts DATA-DIRECTORY COUNT [SEED]`. Through the store's own door and row
 * mapping, in batches. For the bench of the history; nothing of the product imports it.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "@ironcore-backup/base";
import { createSeededRandom, createSystemClock } from "@ironcore-backup/base";
import type { Task, TaskState, TaskType } from "@ironcore-backup/protocol";
import { TASK_CLASS_OF_TYPE } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import { rowFromRecord } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";

const [, , dataDir = "", countText = "100000", seedText = "1"] = process.argv;
const BATCH_COUNT = 1000;
const ROWS_PER_STATEMENT = 50;
const SPAN_MS = 30 * 86_400_000;
const HOST_COUNT = 2000;

const TYPES: readonly (readonly [TaskType, number])[] = [
  ["backup", 68],
  ["verify", 10],
  ["sync", 8],
  ["prune", 6],
  ["gc", 3],
  ["restore", 3],
  ["tape", 1],
  ["drill", 1],
];
const STATES: readonly (readonly [TaskState, number])[] = [
  ["ok", 86],
  ["warning", 7],
  ["failed", 5],
  ["cancelled", 2],
];
const USERS = Array.from({ length: 50 }, (_, at) => `user-${at}@ibs${at % 3 === 0 ? "!nightly" : ""}`);
const PROJECTS = Array.from({ length: 20 }, (_, at) => `project-${at}`);
const DATASTORES = Array.from({ length: 8 }, (_, at) => `store-${at}`);
const NAMESPACES = ["", "", "", "", "", "", "prod", "prod/web", "test"];
const HOSTS = Array.from({ length: HOST_COUNT }, (_, at) => `web-${at}`);

const random = createSeededRandom(Number(seedText));
const count = Number(countText);
const end = createSystemClock().now();
mkdirSync(dataDir, { recursive: true, mode: 0o700 });
const state = await openState(join(dataDir, "state.db"));
for (let first = 1; first <= count; first += BATCH_COUNT) {
  const last = Math.min(count, first + BATCH_COUNT - 1);
  await state.database.transaction().execute(async (inside) => {
    for (let from = first; from <= last; from += ROWS_PER_STATEMENT) {
      const to = Math.min(last, from + ROWS_PER_STATEMENT - 1);
      const rows = Array.from({ length: to - from + 1 }, (_, at) =>
        rowFromRecord(makeRecord(random, from + at)),
      );
      await inside.insertInto("tasks").values(rows).execute();
    }
  });
}
await state.database
  .insertInto("counters")
  .values({ name: "task", value: count })
  .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: count }))
  .execute();
await state.database
  .insertInto("projects")
  .values(
    PROJECTS.map((name) => ({
      name,
      comment: null,
      created_at: end - SPAN_MS,
      running_task_count_max: null,
    })),
  )
  .execute();
await state.close();

function weighted<T>(from: Random, list: readonly (readonly [T, number])[]): T {
  let rest = from.integer(0, list.reduce((sum, [, weight]) => sum + weight, 0) - 1);
  for (const [value, weight] of list) {
    if (rest < weight) return value;
    rest -= weight;
  }
  throw new Error("the weights do not add up");
}

/** The first ones are far more frequent than the last, as in every house. */
function skewed<T>(from: Random, list: readonly T[]): T {
  const share = (from.integer(0, 9999) / 10_000) ** 3;
  return list[Math.floor(share * list.length)] ?? list[0] ?? fail();
}

function fail(): never {
  throw new Error("an empty list");
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

function makeRecord(from: Random, taskId: number): TaskRecord {
  const type = weighted(from, TYPES);
  const [authId, datastore, host] = [skewed(from, USERS), skewed(from, DATASTORES), skewed(from, HOSTS)];
  const queuedAt = end - SPAN_MS + Math.floor((SPAN_MS * taskId) / (count + 1));
  const target = `${datastore}:host/${host}/${new Date(queuedAt).toISOString().slice(0, 19)}Z`;
  const escaped = `${datastore}\\x3ahost-${host.replace("-", "\\x2d")}`;
  const project = from.integer(0, 9) === 0 ? undefined : skewed(from, PROJECTS);
  const task: Task = {
    upid: `UPID:backup-1:${hex(1000 + Math.floor(taskId / 5000))}:${hex(99_887)}:${hex(taskId)}:${hex(Math.floor(queuedAt / 1000))}:${type}:${escaped}:${authId}:`,
    type,
    class: TASK_CLASS_OF_TYPE[type],
    priority: "normal",
    authId,
    ...(project === undefined ? {} : { project }),
    datastore,
    namespace: NAMESPACES[from.integer(0, NAMESPACES.length - 1)] ?? "",
    source: `/srv/${host}/data`,
    target,
    queuedAt,
    worker: `backup-1/${TASK_CLASS_OF_TYPE[type]}`,
    cancelRequested: false,
    tryNumber: 1,
    childCount: 0,
    ...makeEnd(from, { type, queuedAt, host }),
  };
  const parameters = { type, request: { datastore, id: host, paths: [task.source] } };
  const record = { attempt: 1, exclusiveKey: `${datastore}:host/${host}`, notBefore: undefined };
  return {
    ...record,
    taskId,
    task,
    parameters,
    afterParent: false,
    plannedTarget: `${datastore}:host/${host}`,
  };
}

type TaskEnd = Pick<
  Task,
  | "state"
  | "startedAt"
  | "endedAt"
  | "bytes"
  | "exitStatus"
  | "warningCount"
  | "errorCount"
  | "logLineCount"
  | "stages"
>;

function makeEnd(
  from: Random,
  { type, queuedAt, host }: { readonly type: TaskType; readonly queuedAt: number; readonly host: string },
): TaskEnd & Pick<Task, "statistics"> {
  const taskState = weighted(from, STATES);
  const startedAt = queuedAt + from.integer(0, 60_000);
  const endedAt = startedAt + Math.floor((from.integer(0, 1000) / 1000) ** 4 * 7_200_000);
  const bytes = Math.floor((from.integer(0, 1000) / 1000) ** 5 * 1e11);
  const warningCount = taskState === "warning" ? from.integer(1, 50) : 0;
  const counts = { doneItems: from.integer(1, 100_000), totalIsEstimate: false, warningCount, errorCount: 0 };
  const stage = {
    name: host,
    state: "done",
    startedAt,
    endedAt,
    doneBytes: bytes,
    totalBytes: bytes,
  } as const;
  return {
    state: taskState,
    startedAt,
    endedAt,
    bytes,
    warningCount,
    errorCount: taskState === "failed" ? 1 : 0,
    logLineCount: 20,
    exitStatus: exitStatusOf(from, taskState, { warningCount, host }),
    stages: [
      { ...stage, ...counts },
      { ...stage, name: "publish", ...counts },
    ],
    ...(type === "backup" ? { statistics: statisticsOf(bytes, endedAt - startedAt) } : {}),
  };
}

function exitStatusOf(
  from: Random,
  taskState: TaskState,
  { warningCount, host }: { readonly warningCount: number; readonly host: string },
): string {
  if (taskState === "ok") return "OK";
  if (taskState === "warning") return `WARNINGS: ${warningCount}`;
  if (taskState === "cancelled") return "Cancelled by an operator";
  return `Cannot read /srv/${host}/data/file-${from.integer(0, 1000)}: permission denied`;
}

function statisticsOf(bytes: number, durationMs: number): NonNullable<Task["statistics"]> {
  const chunkCount = Math.ceil(bytes / 4_194_304);
  return {
    kind: "backup",
    snapshot: "host/web-1/2024-05-01T12:00:00Z",
    backup: {
      durationMs,
      fileCount: 12_345,
      directoryCount: 1234,
      reusedFileCount: 12_000,
      sourceSizeBytes: bytes,
      sourceReadBytes: Math.floor(bytes / 20),
      chunkCount,
      knownChunkCount: chunkCount,
      newRawBytes: 1000,
      newCompressedBytes: 500,
      newStoredBytes: 520,
      deduplicationHitRate: 0.99,
      compressionRatio: 2,
      preEncryptBytes: 500,
      onDiskBytes: 520,
    },
  };
}
