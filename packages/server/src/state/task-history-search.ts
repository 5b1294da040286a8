/** The two ways of finding tasks: along an index, or among numbers that are known. Both decide every filter. */

import { IN_TIME } from "./reader-database.ts";
import type { ReaderDatabase } from "./reader-database.ts";
import { filterConditions, joinConditions, visibilityCondition } from "./task-history-filter.ts";
import type { Condition } from "./task-history-filter.ts";
import type { Branch, Lead } from "./task-history-lead.ts";
import { comparePlaces, orderBy, upTo } from "./task-history-order.ts";
import type { OrderPart } from "./task-history-order.ts";
import type { HistoryCountQuestion, HistoryPageQuestion, HistoryPlace } from "./task-history-question.ts";

/** What every task that is found fulfils, but for its belonging to a family, which is decided by number. */
export function wishOf({
  filter,
  visibility,
}: Pick<HistoryPageQuestion | HistoryCountQuestion, "filter" | "visibility">): Condition {
  const seen = visibilityCondition(visibility);
  return joinConditions([...filterConditions(filter), ...(seen === undefined ? [] : [seen])]);
}

interface PlaceRow {
  readonly value: number | null;
  readonly task_id: number;
}

interface Walk {
  readonly part: OrderPart;
  readonly wish: Condition;
  readonly limit: number;
}

/** The first tasks of a lead in the part's order. */
export function findAlong(database: ReaderDatabase, lead: Lead, walk: Walk): HistoryPlace[] {
  const found = lead.branches.flatMap((branch) => findInBranch(database, branch, walk));
  return firstOf(walk, found);
}

export function firstOf({ part, limit }: Walk, places: HistoryPlace[]): HistoryPlace[] {
  return places.toSorted((left, right) => comparePlaces(part, left, right)).slice(0, limit);
}

function findInBranch(database: ReaderDatabase, branch: Branch, { part, wish, limit }: Walk): HistoryPlace[] {
  const where = joinConditions([branch.equal, part.belongs, wish, branch.also]);
  const rows = database.all<PlaceRow>(
    `select ${part.value} as value, task_id from tasks indexed by ${branch.index}
     where ${where.sql} and ${IN_TIME} ${orderBy(part)} limit ?`,
    [...where.parameters, limit],
  );
  return rows.map(placeOf);
}

/** The whole part of the order as a lead. */
export function wholeOf(part: OrderPart): Lead {
  const always = { sql: "true", parameters: [] };
  return { branches: [{ index: part.index, equal: always, also: always }] };
}

/** The same part of the order, ended after so many of a branch's tasks; undefined when it has no more. */
export function cut(
  database: ReaderDatabase,
  branch: Branch,
  part: OrderPart,
  taskCount: number,
): OrderPart | undefined {
  const where = joinConditions([branch.equal, part.belongs]);
  const [row] = database.all<PlaceRow>(
    `select ${part.value} as value, task_id from tasks indexed by ${branch.index}
     where ${where.sql} ${orderBy(part)} limit 1 offset ?`,
    [...where.parameters, taskCount],
  );
  if (row === undefined) return undefined;
  return { ...part, belongs: joinConditions([part.belongs, upTo(part, placeOf(row))]) };
}

/** Those of the numbered tasks that fit, in no order. */
export function findAmong(
  database: ReaderDatabase,
  taskIds: readonly number[],
  { part, wish }: Walk,
): HistoryPlace[] {
  database.assertInTime();
  const where = joinConditions([part.belongs, wish]);
  return database
    .all<PlaceRow>(
      `select ${part.value} as value, task_id from tasks
       where task_id in (select value from json_each(?)) and ${where.sql}`,
      [JSON.stringify(taskIds), ...where.parameters],
    )
    .map(placeOf);
}

function placeOf({ value, task_id }: PlaceRow): HistoryPlace {
  return { value: value ?? undefined, taskId: task_id };
}

/** The parts of a task, and the tries that repeated it, those that repeated these, and so on. */
export function familyOf(database: ReaderDatabase, upid: string): number[] {
  const parts = database.all<{ task_id: number }>("select task_id from tasks where parent = ?", [upid]);
  const tries = database.all<{ task_id: number }>(
    `with recursive tries (task_id, upid) as (
       select task_id, upid from tasks where retry_of = ?
       union select t.task_id, t.upid from tries join tasks t on t.retry_of = tries.upid)
     select task_id from tries`,
    [upid],
  );
  return [...parts, ...tries].map((row) => row.task_id);
}
