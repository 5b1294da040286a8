/** The words of a task's life, without any schema, so that the command line need not load one. */

export const TASK_TYPES = ["backup", "restore", "sync", "verify", "gc", "prune", "tape", "drill"] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** Kinds of work with slots of their own, so that a long verify never starves a backup. */
export const TASK_CLASSES = ["worker", "verifier", "gc", "sync"] as const;
export type TaskClass = (typeof TASK_CLASSES)[number];

export const TASK_CLASS_OF_TYPE: Readonly<Record<TaskType, TaskClass>> = {
  backup: "worker",
  restore: "worker",
  tape: "worker",
  drill: "worker",
  verify: "verifier",
  gc: "gc",
  prune: "gc",
  sync: "sync",
};

/** Whether it changes anything in its datastore; such a task does not run while that is read-only. */
export const TASK_WRITES: Readonly<Record<TaskType, boolean>> = {
  backup: true,
  restore: false,
  sync: true,
  verify: true,
  gc: true,
  prune: true,
  tape: false,
  drill: false,
};

/** Which of two waiting tasks starts first. Equal ones start in the order they came. */
export const TASK_PRIORITIES = ["low", "normal", "high"] as const;
export type TaskPriority = (typeof TASK_PRIORITIES)[number];

export const TASK_STATES = ["queued", "running", "ok", "warning", "failed", "cancelled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

export function isFinishedTaskState(state: TaskState): boolean {
  return state !== "queued" && state !== "running";
}

/** Columns that a list of tasks can be ordered by. */
export const TASK_SORT_KEYS = ["queued", "ended", "duration", "bytes"] as const;
export type TaskSortKey = (typeof TASK_SORT_KEYS)[number];

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const EVENT_KINDS = [
  "task-changed",
  "task-logged",
  "datastore-changed",
  "worker-changed",
  "scheduler-changed",
  "inbox-changed",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What a worker is doing, seen from outside. */
export const WORKER_STATES = ["online", "busy", "draining", "drained", "lost"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];
