import { expect, test } from "vitest";
import { baseErrors } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { backInLine, finishTask, startTask } from "./task-life.ts";

const queued: Task = {
  upid: "UPID:a:00000001:00000001:00000001:00000001:backup::admin@ibs:",
  type: "backup",
  state: "queued",
  authId: "admin@ibs",
  datastore: "store",
  source: "/",
  target: "store:host/a",
  queuedAt: 1,
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
};
const start = { startedAt: 2, worker: "vm/worker" };
const running = startTask(queued, start);
const error = baseErrors.INTERNAL_ERROR({ detail: "x\ny" }).toJSON();

test("a run without remarks ends OK, with warnings as warning and their number", () => {
  expect(finishTask(running, { kind: "done" }, 3)).toMatchObject({
    state: "ok",
    exitStatus: "OK",
    endedAt: 3,
  });
  expect(finishTask({ ...running, warningCount: 2, errorCount: 1 }, { kind: "done" }, 3)).toMatchObject({
    state: "warning",
    exitStatus: "WARNINGS: 3",
  });
});

test("a failed run keeps its error, on one line where it is a status", () => {
  const failed = finishTask(running, { kind: "failed", error }, 3);
  expect(failed).toMatchObject({
    state: "failed",
    exitStatus: "Internal error: x y",
    error: { code: "INTERNAL_ERROR" },
  });
});

test("cancelled is not failed, also when it never ran", () => {
  expect(finishTask(queued, { kind: "cancelled" }, 3)).toMatchObject({
    state: "cancelled",
    exitStatus: "Cancelled by an operator",
  });
});

test("stages that were open end with the task, those that were done stay done", () => {
  const base = {
    startedAt: 2,
    doneBytes: 1,
    doneItems: 0,
    totalIsEstimate: false,
    warningCount: 0,
    errorCount: 0,
  };
  const open = {
    ...base,
    name: "b",
    state: "running" as const,
    rateBytesPerSecond: 5,
    etaSeconds: 4,
    current: "x",
  };
  const done = { ...base, name: "a", state: "done" as const, endedAt: 2 };
  const task = { ...running, stages: [done, open] };
  expect(finishTask(task, { kind: "failed", error }, 9).stages).toEqual([
    done,
    { ...base, name: "b", state: "failed", endedAt: 9 },
  ]);
});

test("no step leads out of the picture: a task starts once and ends once", () => {
  const ended = finishTask(running, { kind: "done" }, 3);
  expect(() => startTask(running, start)).toThrow("invariant");
  expect(() => startTask(ended, start)).toThrow("invariant");
  expect(() => finishTask(ended, { kind: "cancelled" }, 4)).toThrow("invariant");
});

test("a task that its worker gives back is as it was before, and only a running one can be", () => {
  expect(backInLine({ ...running, bytes: 5 })).toEqual(queued);
  expect(() => backInLine(queued)).toThrow("invariant");
});
