/** The words of a task's life, without any schema, so that the command line need not load one. */

export const TASK_TYPES = ["backup", "restore", "verify"] as const;
export type TaskType = (typeof TASK_TYPES)[number];

export const TASK_STATES = ["queued", "running", "ok", "warning", "failed", "cancelled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

export function isFinishedTaskState(state: TaskState): boolean {
  return state !== "queued" && state !== "running";
}

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
