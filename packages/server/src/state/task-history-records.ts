/** Questions about many tasks at once: a page of them in some order, and how many there are in each state. */

import { CompiledQuery } from "kysely";
import { TASK_STATES } from "@ironcore-backup/protocol";
import type { Task, TaskCountQuery, TaskSortKey, TaskState } from "@ironcore-backup/protocol";
import type { StateDatabase, TaskRow } from "./schema.ts";
import { filterConditions, joinConditions, visibilityCondition } from "./task-history-filter.ts";
import type { Condition } from "./task-history-filter.ts";
import { taskFromRow } from "./task-records.ts";
import type { TaskVisibility } from "./task-visibility.ts";

/** The last task of a page: what it was sorted by, absent when it has no such value yet. */
export interface HistoryPlace {
  readonly value: number | undefined;
  readonly taskId: number;
}

export interface HistoryPageQuestion {
  readonly visibility: TaskVisibility;
  readonly filter: TaskCountQuery;
  readonly sort: TaskSortKey;
  readonly descending: boolean;
  readonly after: HistoryPlace | undefined;
  readonly limit: number;
}

export interface HistoryRow {
  readonly place: HistoryPlace;
  readonly task: Task;
}

const SORT_VALUES: Readonly<Record<TaskSortKey, string>> = {
  queued: "queued_at",
  ended: "ended_at",
  duration: "ended_at - started_at",
  bytes: "bytes",
};

/** What has no value yet (it has not ended, it never ran) comes last in either order, newest first. */
export async function listTaskHistory(
  database: StateDatabase,
  question: HistoryPageQuestion,
): Promise<HistoryRow[]> {
  const { limit, after } = question;
  const withValue =
    after !== undefined && after.value === undefined ? [] : await listWithValue(database, question);
  if (withValue.length >= limit) return withValue;
  return [...withValue, ...(await listWithout(database, { ...question, limit: limit - withValue.length }))];
}

async function listWithValue(database: StateDatabase, question: HistoryPageQuestion): Promise<HistoryRow[]> {
  const { sort, descending, after, limit } = question;
  const value = SORT_VALUES[sort];
  const direction = descending ? "desc" : "asc";
  const place: Condition =
    after?.value === undefined
      ? { sql: `${value} is not null`, parameters: [] }
      : {
          sql: `(${value}, task_id) ${descending ? "<" : ">"} (?, ?)`,
          parameters: [after.value, after.taskId],
        };
  const order = `${value} ${direction}, task_id ${direction}`;
  return select(database, question, { place, order, limit });
}

async function listWithout(database: StateDatabase, question: HistoryPageQuestion): Promise<HistoryRow[]> {
  const { sort, after, limit } = question;
  const isGoingOn = after !== undefined && after.value === undefined;
  const place: Condition = {
    sql: `${SORT_VALUES[sort]} is null${isGoingOn ? " and task_id < ?" : ""}`,
    parameters: isGoingOn ? [after.taskId] : [],
  };
  return select(database, question, { place, order: "task_id desc", limit });
}

async function select(
  database: StateDatabase,
  { visibility, filter, sort }: HistoryPageQuestion,
  part: { readonly place: Condition; readonly order: string; readonly limit: number },
): Promise<HistoryRow[]> {
  const seen = visibilityCondition(visibility);
  const where = joinConditions([
    part.place,
    ...filterConditions(filter),
    ...(seen === undefined ? [] : [seen]),
  ]);
  const { rows } = await database.executeQuery<TaskRow & { readonly sort_value: number | null }>(
    CompiledQuery.raw(
      `select *, ${SORT_VALUES[sort]} as sort_value from tasks where ${where.sql} order by ${part.order} limit ?`,
      [...where.parameters, part.limit],
    ),
  );
  return rows.map((row) => ({
    place: { value: row.sort_value ?? undefined, taskId: row.task_id },
    task: taskFromRow(row),
  }));
}

export interface HistoryCountQuestion {
  readonly visibility: TaskVisibility;
  /** Its own `state` does not matter. */
  readonly filter: TaskCountQuery;
  /** Counting of a state stops here. */
  readonly countMax: number;
}

export async function countTaskHistory(
  database: StateDatabase,
  { visibility, filter, countMax }: HistoryCountQuestion,
): Promise<Readonly<Record<TaskState, number>>> {
  const seen = visibilityCondition(visibility);
  const counts: Partial<Record<TaskState, number>> = {};
  for (const state of TASK_STATES) {
    const where = joinConditions([
      ...filterConditions({ ...filter, state }),
      ...(seen === undefined ? [] : [seen]),
    ]);
    const { rows } = await database.executeQuery<{ readonly count: number }>(
      CompiledQuery.raw(`select count(*) as count from (select 1 from tasks where ${where.sql} limit ?)`, [
        ...where.parameters,
        countMax,
      ]),
    );
    counts[state] = rows[0]?.count ?? 0;
  }
  return counts as Record<TaskState, number>; // Filled for every state in the loop.
}
