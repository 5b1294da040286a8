/** Every task there ever was. The record holds the task as it travels plus what only the server needs. */

import type { Task, TaskListQuery, TaskState, TaskType } from "@ironcore-backup/protocol";
import type { StateDatabase, TaskRow } from "./schema.ts";

export interface TaskRecord {
  readonly taskId: number;
  /** Without a wait reason: that is true only at the instant of an answer. */
  readonly task: Task;
  /** Fencing number: how often the task was handed to a worker. */
  readonly attempt: number;
  readonly exclusiveKey: string | undefined;
  /** Plain data for the operation; nobody but it looks inside. */
  readonly parameters: unknown;
}

export async function insertTaskRecord(database: StateDatabase, record: TaskRecord): Promise<void> {
  await database.insertInto("tasks").values(rowFromRecord(record)).execute();
}

export async function updateTaskRecord(database: StateDatabase, record: TaskRecord): Promise<void> {
  await database
    .updateTable("tasks")
    .set(changingColumns(record))
    .where("task_id", "=", record.taskId)
    .execute();
}

export async function findTaskRecord(database: StateDatabase, upid: string): Promise<TaskRecord | undefined> {
  const row = await database.selectFrom("tasks").selectAll().where("upid", "=", upid).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** Queued and running ones, oldest first. */
export async function listActiveTaskRecords(database: StateDatabase): Promise<TaskRecord[]> {
  const rows = await database
    .selectFrom("tasks")
    .selectAll()
    .where("state", "in", ["queued", "running"])
    .orderBy("task_id")
    .execute();
  return rows.map(recordFromRow);
}

/**
 * One page, newest first. The cursor is the last task's number, so a page never repeats or misses one when new tasks
 * come in between.
 */
export async function listTaskRecords(
  database: StateDatabase,
  query: TaskListQuery,
  options: { readonly limit: number; readonly beforeTaskId: number | undefined },
): Promise<TaskRecord[]> {
  let select = database.selectFrom("tasks").selectAll();
  if (query.type !== undefined) select = select.where("type", "=", query.type);
  if (query.state !== undefined) select = select.where("state", "=", query.state);
  if (query.datastore !== undefined) select = select.where("datastore", "=", query.datastore);
  if (query.user !== undefined) select = select.where("auth_id", "=", query.user);
  if (query.since !== undefined) select = select.where("queued_at", ">=", query.since);
  if (query.until !== undefined) select = select.where("queued_at", "<=", query.until);
  if (options.beforeTaskId !== undefined) select = select.where("task_id", "<", options.beforeTaskId);
  const rows = await select.orderBy("task_id", "desc").limit(options.limit).execute();
  return rows.map(recordFromRow);
}

function rowFromRecord(record: TaskRecord): TaskRow {
  const { taskId, task, exclusiveKey, parameters } = record;
  return {
    task_id: taskId,
    upid: task.upid,
    type: task.type,
    auth_id: task.authId,
    datastore: task.datastore,
    source: task.source,
    queued_at: task.queuedAt,
    retry_of: task.retryOf ?? null,
    exclusive_key: exclusiveKey ?? null,
    parameters: JSON.stringify(parameters),
    ...changingColumns(record),
  };
}

/** The others stay as they were inserted, so an update leaves their indexes alone. */
function changingColumns({ task, attempt }: TaskRecord) {
  return {
    state: task.state,
    target: task.target,
    started_at: task.startedAt ?? null,
    ended_at: task.endedAt ?? null,
    attempt,
    bytes: task.bytes,
    warning_count: task.warningCount,
    error_count: task.errorCount,
    log_line_count: task.logLineCount,
    exit_status: task.exitStatus ?? null,
    cancel_requested: task.cancelRequested ? 1 : 0,
    stages: JSON.stringify(task.stages),
    error: task.error === undefined ? null : JSON.stringify(task.error),
    statistics: task.statistics === undefined ? null : JSON.stringify(task.statistics),
  };
}

function recordFromRow(row: TaskRow): TaskRecord {
  return {
    taskId: row.task_id,
    task: taskFromRow(row),
    attempt: row.attempt,
    exclusiveKey: row.exclusive_key ?? undefined,
    parameters: JSON.parse(row.parameters),
  };
}

/** The text columns were written by `rowFromRecord` from the same types; nobody else writes the store. */
function taskFromRow(row: TaskRow): Task {
  return {
    upid: row.upid,
    type: row.type as TaskType,
    state: row.state as TaskState,
    authId: row.auth_id,
    datastore: row.datastore,
    source: row.source,
    target: row.target,
    queuedAt: row.queued_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    stages: JSON.parse(row.stages) as Task["stages"],
    bytes: row.bytes,
    warningCount: row.warning_count,
    errorCount: row.error_count,
    logLineCount: row.log_line_count,
    ...(row.exit_status === null ? {} : { exitStatus: row.exit_status }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as NonNullable<Task["error"]> }),
    ...(row.statistics === null
      ? {}
      : { statistics: JSON.parse(row.statistics) as NonNullable<Task["statistics"]> }),
    cancelRequested: row.cancel_requested !== 0,
    ...(row.retry_of === null ? {} : { retryOf: row.retry_of }),
  };
}
