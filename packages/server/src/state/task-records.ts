/** Every task there ever was. The record holds the task as it travels plus what only the server needs. */

import { sql } from "kysely";
import type { Task, TaskClass, TaskPriority, TaskState, TaskType } from "@ironcore-backup/protocol";
import { TASK_PRIORITIES } from "@ironcore-backup/protocol";
import type { StateDatabase, TaskRow } from "./schema.ts";

export interface TaskRecord {
  readonly taskId: number;
  /** Without a wait graph and a concern: they are true only at the instant of an answer. */
  readonly task: Task;
  /** Fencing number: how often the task was handed to a worker. */
  readonly attempt: number;
  readonly exclusiveKey: string | undefined;
  /** Plain data for the operation; nobody but it looks inside. */
  readonly parameters: unknown;
  /** A retry does not start before. */
  readonly notBefore: number | undefined;
  /** Starts only when its parent has ended well. */
  readonly afterParent: boolean;
  /** As it was queued; the task's own target becomes more precise while it runs. */
  readonly plannedTarget: string;
  /** What a run of a job queues, it queues once: `RUN:SUBJECT`. */
  readonly runKey?: string | undefined;
}

/** Rank of a priority, larger first in the queue. */
export function priorityRank(priority: TaskPriority): number {
  return TASK_PRIORITIES.indexOf(priority);
}

export async function insertTaskRecord(database: StateDatabase, record: TaskRecord): Promise<void> {
  await database.insertInto("tasks").values(rowFromRecord(record)).execute();
}

export async function findTaskRecord(database: StateDatabase, upid: string): Promise<TaskRecord | undefined> {
  const row = await database.selectFrom("tasks").selectAll().where("upid", "=", upid).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** By its number. */
export async function findTaskById(database: StateDatabase, taskId: number): Promise<Task | undefined> {
  const row = await database.selectFrom("tasks").selectAll().where("task_id", "=", taskId).executeTakeFirst();
  return row === undefined ? undefined : taskFromRow(row);
}

/** The task that a run of a job queued under this key, or undefined while it has not. */
export async function findTaskByRunKey(
  database: StateDatabase,
  runKey: string,
): Promise<TaskRecord | undefined> {
  const row = await database.selectFrom("tasks").selectAll().where("run_key", "=", runKey).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** Instants in ms since 1970. */
export interface LastBackup {
  readonly upid: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

/** The newest backup of the workload that ended well. */
export async function findLastBackupOf(
  database: StateDatabase,
  workload: string,
): Promise<LastBackup | undefined> {
  const row = await database
    .selectFrom("tasks")
    .select(["upid", "started_at", "ended_at"])
    .where("workload", "=", workload)
    .where("type", "=", "backup")
    .where("state", "in", ["ok", "warning"])
    .orderBy("task_id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { upid: row.upid, startedAt: row.started_at ?? undefined, endedAt: row.ended_at ?? undefined };
}

/** Those of a job's run, retries included, oldest first. */
export async function listTaskRecordsOfRun(database: StateDatabase, runId: number): Promise<TaskRecord[]> {
  const rows = await database
    .selectFrom("tasks")
    .selectAll()
    .where("run_id", "=", runId)
    .orderBy("task_id")
    .execute();
  return rows.map(recordFromRow);
}

/** By run, the UPID of the first task that it queued. */
export async function listFirstTasksOfRuns(
  database: StateDatabase,
  runIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (runIds.length === 0) return new Map();
  const { rows } = await sql<{ readonly run_id: number; readonly upid: string }>`
    select run_id, upid from tasks indexed by tasks_by_run
    where run_id in (select value from json_each(${JSON.stringify(runIds)})) order by task_id desc`.execute(
    database,
  );
  // Later entries replace earlier ones, so the first task stays.
  return new Map(rows.map(({ run_id, upid }) => [run_id, upid]));
}

/** The parts of a task, oldest first. */
export async function listChildTaskRecords(
  database: StateDatabase,
  parent: string,
  options: { readonly limit: number },
): Promise<TaskRecord[]> {
  const rows = await database
    .selectFrom("tasks")
    .selectAll()
    .where("parent", "=", parent)
    .orderBy("task_id")
    .limit(options.limit)
    .execute();
  return rows.map(recordFromRow);
}

/** Queued and running ones, oldest first. */
export async function listActiveTaskRecords(database: StateDatabase): Promise<TaskRecord[]> {
  const rows = await database
    .selectFrom("tasks")
    .selectAll()
    // Written out, so that SQLite sees that the index of these states is meant.
    .where("state", "in", [sql.lit("queued"), sql.lit("running")])
    .orderBy("task_id")
    .execute();
  return rows.map(recordFromRow);
}

export function rowFromRecord(record: TaskRecord): TaskRow {
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
    class: task.class,
    priority: priorityRank(task.priority),
    project: task.project ?? null,
    namespace: task.namespace,
    try_number: task.tryNumber,
    retry_policy: task.retryPolicy === undefined ? null : JSON.stringify(task.retryPolicy),
    parent: task.parent ?? null,
    not_before: record.notBefore ?? null,
    lease_until: null,
    planned_target: record.plannedTarget,
    job: task.job ?? null,
    run_id: task.run ?? null,
    workload: task.workload ?? null,
    run_key: record.runKey ?? null,
    ...changingColumns(record),
  };
}

/** The others stay as they were inserted, so an update leaves their indexes alone. */
export function changingColumns({ task, attempt, afterParent }: TaskRecord) {
  return {
    state: task.state,
    worker: task.worker ?? null,
    retried_by: task.retriedBy ?? null,
    child_count: task.childCount,
    bandwidth_limit: task.bandwidthLimitBytesPerSecond ?? null,
    after_parent: afterParent ? 1 : 0,
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

export function recordFromRow(row: TaskRow): TaskRecord {
  return {
    taskId: row.task_id,
    task: taskFromRow(row),
    attempt: row.attempt,
    exclusiveKey: row.exclusive_key ?? undefined,
    parameters: JSON.parse(row.parameters),
    notBefore: row.not_before ?? undefined,
    afterParent: row.after_parent !== 0,
    plannedTarget: row.planned_target,
    runKey: row.run_key ?? undefined,
  };
}

/** The text columns were written by `rowFromRecord` from the same types; nobody else writes the store. */
export function taskFromRow(row: Omit<TaskRow, "parameters">): Task {
  return {
    upid: row.upid,
    type: row.type as TaskType,
    state: row.state as TaskState,
    class: row.class as TaskClass,
    priority: TASK_PRIORITIES[row.priority] ?? "normal",
    authId: row.auth_id,
    ...(row.project === null ? {} : { project: row.project }),
    datastore: row.datastore,
    namespace: row.namespace,
    source: row.source,
    target: row.target,
    queuedAt: row.queued_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.worker === null ? {} : { worker: row.worker }),
    stages: stagesFromText(row.stages),
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
    ...(row.retried_by === null ? {} : { retriedBy: row.retried_by }),
    tryNumber: row.try_number,
    ...(row.retry_policy === null
      ? {}
      : { retryPolicy: JSON.parse(row.retry_policy) as NonNullable<Task["retryPolicy"]> }),
    ...(row.parent === null ? {} : { parent: row.parent }),
    ...(row.bandwidth_limit === null ? {} : { bandwidthLimitBytesPerSecond: row.bandwidth_limit }),
    ...(row.job === null ? {} : { job: row.job }),
    ...(row.run_id === null ? {} : { run: row.run_id }),
    ...(row.workload === null ? {} : { workload: row.workload }),
    childCount: row.child_count,
  };
}

/** Stages that the first version wrote have no counts of their own. */
function stagesFromText(text: string): Task["stages"] {
  type Counts = "warningCount" | "errorCount";
  type Stage = Task["stages"][number];
  const stages = JSON.parse(text) as (Omit<Stage, Counts> & Partial<Pick<Stage, Counts>>)[];
  return stages.map((stage) => ({
    ...stage,
    warningCount: stage.warningCount ?? 0,
    errorCount: stage.errorCount ?? 0,
  }));
}
