import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SnapshotVerification, Task } from "@ironcore-backup/protocol";
import { takeNumber } from "./counter-records.ts";
import { openState } from "./database.ts";
import { saveTaskRecords } from "./queue-records.ts";
import { deleteExpiredSessionRecords, findSessionRecord, insertSessionRecord } from "./session-records.ts";
import { findTaskRecord, insertTaskRecord, listActiveTaskRecords } from "./task-records.ts";
import type { TaskRecord } from "./task-records.ts";
import { insertUserRecord } from "./user-records.ts";
import {
  deleteVerificationRecords,
  insertVerificationRecords,
  listVerificationRecords,
} from "./verification-records.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-state-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const path = (): string => join(root, "state.db");

function aTask(taskId: number, changes: Partial<Task> = {}): TaskRecord {
  const task: Task = {
    upid: `UPID:a:00000001:00000001:0000000${taskId}:00000001:backup::admin@ibs:`,
    type: "backup",
    state: "queued",
    authId: "admin@ibs",
    datastore: "store",
    source: "/",
    target: "store:host/a",
    queuedAt: taskId * 10,
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    class: "worker",
    priority: "normal",
    namespace: "",
    tryNumber: 1,
    childCount: 0,
    ...changes,
  };
  return {
    taskId,
    task,
    attempt: 0,
    exclusiveKey: undefined,
    notBefore: undefined,
    afterParent: false,
    plannedTarget: "store:host/a",
    parameters: { paths: ["/é"] },
  };
}

test("what was stored is there after a restart, every optional field as it was", async () => {
  const first = await openState(path());
  const plain = aTask(1);
  const full: TaskRecord = {
    ...aTask(2, {
      state: "failed",
      startedAt: 5,
      endedAt: 9,
      exitStatus: "x",
      error: { code: "A", message: "b", remedy: "c", retry: "now", context: { n: 1, s: "t", b: true } },
      stages: [
        {
          name: "s",
          state: "failed",
          startedAt: 5,
          doneBytes: 1,
          doneItems: 2,
          totalIsEstimate: true,
          warningCount: 3,
          errorCount: 4,
        },
      ],
      cancelRequested: true,
      class: "gc",
      priority: "high",
      project: "p",
      namespace: "a/b",
      worker: "vm/gc",
      retryOf: "UPID:old",
      retriedBy: "UPID:new",
      tryNumber: 2,
      retryPolicy: { countMax: 3, delaySeconds: 4 },
      parent: "UPID:parent",
      childCount: 5,
    }),
    exclusiveKey: "k",
    attempt: 3,
    notBefore: 77,
    afterParent: true,
    plannedTarget: "t",
  };
  await insertTaskRecord(first.database, plain);
  await insertTaskRecord(first.database, full);
  await first.close();
  const second = await openState(path());
  expect(await findTaskRecord(second.database, plain.task.upid)).toEqual(plain);
  expect(await findTaskRecord(second.database, full.task.upid)).toEqual(full);
  expect((await listActiveTaskRecords(second.database)).map((record) => record.taskId)).toEqual([1]);
  await second.close();
});

test("an update changes what may change and leaves the rest, and nothing under a foreign attempt", async () => {
  const state = await openState(path());
  const record = aTask(1);
  await insertTaskRecord(state.database, record);
  const later = {
    ...record,
    attempt: 1,
    task: { ...record.task, state: "running" as const, startedAt: 7, bytes: 12, target: "t" },
  };
  await insertTaskRecord(state.database, aTask(2));
  await state.database.updateTable("tasks").set({ attempt: 1 }).where("task_id", "=", 1).execute();
  expect(await saveTaskRecords(state.database, [later, { ...aTask(2), attempt: 4 }])).toEqual([2]);
  expect(await findTaskRecord(state.database, aTask(2).task.upid)).toEqual(aTask(2));
  expect(await findTaskRecord(state.database, record.task.upid)).toEqual(later);
  await state.close();
});

test("counters never give a number twice, also when many ask at once and after a restart", async () => {
  const first = await openState(path());
  const numbers = await Promise.all(Array.from({ length: 20 }, () => takeNumber(first.database, "task")));
  await first.flush();
  await first.close();
  const second = await openState(path());
  numbers.push(await takeNumber(second.database, "task"), await takeNumber(second.database, "other"));
  await second.close();
  expect(numbers.toSorted((a, b) => a - b)).toEqual([1, ...Array.from({ length: 21 }, (_, at) => at + 1)]);
});

test("many flushes at once share their syncs and all resolve", async () => {
  const state = await openState(path());
  await takeNumber(state.database, "task");
  await Promise.all(Array.from({ length: 50 }, () => state.flush()));
  await state.close();
});

test("a store of a newer version is refused and left as it is", async () => {
  await (await openState(path())).close();
  const sqlite = new DatabaseSync(path());
  sqlite.exec("insert into kysely_migration (name, timestamp) values ('9999-future', 'x')");
  sqlite.close();
  await expect(openState(path())).rejects.toMatchObject({ code: "STATE_TOO_NEW" });
});

test("a file that is no store is refused by name", async () => {
  writeFileSync(path(), "x".repeat(8192));
  await expect(openState(path())).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
    context: { path: path() },
  });
});

test("sessions expire, and end with their user", async () => {
  const state = await openState(path());
  await insertUserRecord(state.database, {
    authId: "a@ibs",
    passwordHash: "x",
    enabled: true,
    createdAt: 1,
    comment: undefined,
    email: undefined,
    lastLoginAt: undefined,
  });
  for (const expiresAt of [10, 20]) {
    await insertSessionRecord(state.database, {
      tokenHash: `h${expiresAt}`,
      authId: "a@ibs",
      via: "session",
      createdAt: 1,
      expiresAt,
      usedAt: 1,
    });
  }
  await deleteExpiredSessionRecords(state.database, 10);
  expect(await findSessionRecord(state.database, "h10")).toBeUndefined();
  expect(await findSessionRecord(state.database, "h20")).toBeDefined();
  await state.database.deleteFrom("users").execute();
  expect(await findSessionRecord(state.database, "h20")).toBeUndefined();
  await state.close();
});

test("verification reports show newest first and go with their snapshot", async () => {
  const state = await openState(path());
  const report = (snapshot: string, startedAt: number): SnapshotVerification => ({
    snapshot,
    result: "OK",
    startedAt,
    durationMs: 1,
    chunkCount: 1,
    readBytes: 1,
    checksumOnlyChunkCount: 0,
    findings: [],
    findingCount: 0,
  });
  await insertVerificationRecords(state.database, {
    datastore: "d",
    upid: "u",
    reports: [report("a", 1), report("b", 2)],
  });
  await insertVerificationRecords(state.database, { datastore: "d", upid: "u", reports: [report("a", 3)] });
  const times = async (snapshot: string) =>
    (await listVerificationRecords(state.database, { datastore: "d", snapshot })).map((row) => row.startedAt);
  expect(await times("a")).toEqual([3, 1]);
  await deleteVerificationRecords(state.database, { datastore: "d", snapshot: "a" });
  expect([await times("a"), await times("b")]).toEqual([[], [2]]);
  await state.close();
});
