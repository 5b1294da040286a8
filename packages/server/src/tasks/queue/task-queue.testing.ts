/** What tests of a queue speak with. */

import type { FakeClock } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../../state/task-records.ts";
import type { TaskQueue } from "./task-queue.ts";

/** One store with any number of drivers on it, as servers that share it would have. */
export interface QueueStore {
  readonly clock: FakeClock;
  openDriver(): Promise<TaskQueue>;
  close(): Promise<void>;
}

export const LEASE_MS = 45_000;
export const NO_LIMITS = { datastores: new Map<string, number>(), projects: new Map<string, number>() };

type RecordChanges = Partial<Omit<TaskRecord, "task">> & { readonly task?: Partial<Task> };

export function upidOfNumber(taskId: number): string {
  const hex = taskId.toString(16).padStart(8, "0");
  return `UPID:vm:00000001:00000001:${hex}:00000001:backup::admin@ibs:`;
}

export function aRecord(taskId: number, changes: RecordChanges = {}): TaskRecord {
  return {
    taskId,
    attempt: 0,
    exclusiveKey: undefined,
    parameters: { taskId },
    notBefore: undefined,
    afterParent: false,
    plannedTarget: "store:host/a",
    ...changes,
    task: {
      upid: upidOfNumber(taskId),
      type: "backup",
      state: "queued",
      class: "worker",
      priority: "normal",
      authId: "admin@ibs",
      datastore: "store",
      namespace: "",
      source: "/",
      target: "store:host/a",
      queuedAt: 1,
      stages: [],
      bytes: 0,
      warningCount: 0,
      errorCount: 0,
      logLineCount: 0,
      cancelRequested: false,
      tryNumber: 1,
      childCount: 0,
      ...changes.task,
    },
  };
}

/** The record as whoever has the claim writes its end. */
export function endedAs(record: TaskRecord, state: Task["state"]): TaskRecord {
  return { ...record, task: { ...record.task, state, endedAt: 9, exitStatus: state } };
}
