/**
 * The queue's questions to the tasks table. Every write of a task that was handed out is fenced: it names the attempt it
 * knows, and changes nothing when the task has another one by now or has ended.
 *
 * States are written out and not bound: SQLite uses an index over some states only where it can see that they are meant.
 * A claim is one statement, which SQLite runs as a write transaction of its own: two servers on one file take turns, and
 * the second sees what the first has taken.
 */

import { CompiledQuery, sql } from "kysely";
import type { StateDatabase, TaskRow } from "./schema.ts";
import { changingColumns, recordFromRow, rowFromRecord } from "./task-records.ts";
import type { TaskRecord } from "./task-records.ts";

/** Which hand-out of which task. */
export interface ClaimName {
  readonly taskId: number;
  readonly attempt: number;
}

export interface ClaimWish {
  /** `NODE/CLASS` */
  readonly worker: string;
  readonly class: string;
  readonly now: number;
  readonly leaseUntil: number;
  /** At most so many at once, by name. Who is not named has no limit. */
  readonly datastoreCountMax: ReadonlyMap<string, number>;
  readonly projectCountMax: ReadonlyMap<string, number>;
}

/** A project's or a datastore's name is in the list when as many of its tasks run as may. */
const full = (column: string, limits: string): string =>
  `select l.key from json_each(${limits}) l
   where (select count(*) from tasks r indexed by tasks_running where r.state = 'running' and r.${column} = l.key) >= l.value`;

/** The indexes are named, so that a claim can never come to read the history: without them the statement fails. */
export const CLAIM = `
  update tasks set state = 'running', worker = ?1, lease_until = ?2, started_at = ?3, attempt = attempt + 1
  where task_id = (
    select t.task_id from tasks t indexed by tasks_in_line
    where t.state = 'queued' and t.cancel_requested = 0 and t.class = ?4
      and t.after_parent = 0 and (t.not_before is null or t.not_before <= ?3)
      and t.datastore not in (${full("datastore", "?5")})
      and (t.project is null or t.project not in (${full("project", "?6")}))
      and (t.exclusive_key is null or (
        t.exclusive_key not in
          (select r.exclusive_key from tasks r indexed by tasks_running where r.state = 'running' and r.exclusive_key is not null)
        and t.task_id = (
          select h.task_id from tasks h indexed by tasks_by_lock
          where h.state = 'queued' and h.cancel_requested = 0 and h.exclusive_key = t.exclusive_key
            and h.after_parent = 0 and (h.not_before is null or h.not_before <= ?3)
          order by h.priority desc, h.task_id limit 1)))
    order by t.priority desc, t.task_id limit 1)
  returning *`;

/** The first task in line that may run, now running under its next attempt. */
export async function claimTaskRecord(
  database: StateDatabase,
  wish: ClaimWish,
): Promise<TaskRecord | undefined> {
  const { worker, leaseUntil, now } = wish;
  const limits = [wish.datastoreCountMax, wish.projectCountMax].map((map) =>
    JSON.stringify(Object.fromEntries(map)),
  );
  const { rows } = await database.executeQuery<TaskRow>(
    CompiledQuery.raw(CLAIM, [worker, leaseUntil, now, wish.class, ...limits]),
  );
  return rows[0] === undefined ? undefined : recordFromRow(rows[0]);
}

/** @returns false when the claim is over */
export async function renewClaimRecord(
  database: StateDatabase,
  claim: ClaimName,
  leaseUntil: number,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("tasks")
    .set({ lease_until: leaseUntil })
    .where("task_id", "=", claim.taskId)
    .where("attempt", "=", claim.attempt)
    .where("state", "=", sql.lit("running"))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Back in line as if it had not been claimed. The attempt moves on here, too: who gave the task back must not be able to
 * write into it while it waits.
 * @returns false when the claim is over
 */
export async function releaseClaimRecord(database: StateDatabase, claim: ClaimName): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("tasks")
    .set((e) => ({
      attempt: e("attempt", "+", 1),
      state: "queued",
      worker: null,
      lease_until: null,
      started_at: null,
      stages: "[]",
      bytes: 0,
    }))
    .where("task_id", "=", claim.taskId)
    .where("attempt", "=", claim.attempt)
    .where("state", "=", sql.lit("running"))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps a queued task from being claimed. @returns false when it is not queued any more */
export async function withdrawTaskRecord(database: StateDatabase, taskId: number): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("tasks")
    .set({ cancel_requested: 1 })
    .where("task_id", "=", taskId)
    .where("state", "=", sql.lit("queued"))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** All of them or none. A part counts with the task it belongs to. */
export async function insertQueuedRecords(
  database: StateDatabase,
  records: readonly TaskRecord[],
): Promise<void> {
  await database.transaction().execute((inside) => insertAll(inside, records));
}

/**
 * Writes running tasks' progress.
 * @returns the numbers of those whose claim is over; nothing was written of them
 */
export async function saveTaskRecords(
  database: StateDatabase,
  records: readonly TaskRecord[],
): Promise<number[]> {
  const refused: number[] = [];
  await database.transaction().execute(async (inside) => {
    for (const record of records) if (!(await saveFenced(inside, record))) refused.push(record.taskId);
  });
  return refused;
}

/**
 * Writes an end, what follows from it included: the try that repeats it, the parts that waited for it.
 * @returns false when the claim is over; nothing was written
 */
export async function finishTaskRecord(
  database: StateDatabase,
  record: TaskRecord,
  options: { readonly retry: TaskRecord | undefined },
): Promise<boolean> {
  return database.transaction().execute(async (inside) => {
    if (!(await saveFenced(inside, record, { lease_until: null }))) return false;
    if (options.retry !== undefined) await insertAll(inside, [options.retry]);
    const { state, childCount, upid } = record.task;
    if (childCount > 0 && (state === "ok" || state === "warning")) {
      await inside
        .updateTable("tasks")
        .set({ after_parent: 0 })
        .where("parent", "=", upid)
        .where("state", "=", sql.lit("queued"))
        .execute();
    }
    return true;
  });
}

/** A finished task learns that it was repeated. That is no change of how it ended. */
export async function insertRetryRecord(database: StateDatabase, record: TaskRecord): Promise<void> {
  await database.transaction().execute(async (inside) => {
    await insertAll(inside, [record]);
    await inside
      .updateTable("tasks")
      .set({ retried_by: record.task.upid })
      .where("upid", "=", record.task.retryOf ?? "")
      .execute();
  });
}

/**
 * Takes every claim whose lease is over: its attempt moves on, so the worker that had it is refused from now on.
 * @returns them as they are now, running under an attempt that only the caller knows
 */
export async function takeExpiredRecords(
  database: StateDatabase,
  options: { readonly now: number; readonly leaseUntil: number },
): Promise<TaskRecord[]> {
  const rows = await database
    .updateTable("tasks")
    .set((e) => ({ attempt: e("attempt", "+", 1), lease_until: options.leaseUntil }))
    .where("state", "=", sql.lit("running"))
    .where("lease_until", "<=", options.now)
    .returningAll()
    .execute();
  return rows.map(recordFromRow);
}

/** How long the newest runs took that came to their end, newest first. Looks at the newest tasks only. */
export async function listRunTimes(
  database: StateDatabase,
  options: { readonly limit: number; readonly lookBackCount: number },
) {
  return (
    database
      .selectFrom("tasks")
      .select(["type", "datastore", "source", "exclusive_key", "started_at", "ended_at"])
      // The plus keeps SQLite from choosing the index by state, whose rows it would have to sort.
      .where(sql<boolean>`+state in ('ok', 'warning')`)
      .where(sql<boolean>`task_id > (select coalesce(max(task_id), 0) from tasks) - ${options.lookBackCount}`)
      .orderBy("task_id", "desc")
      .limit(options.limit)
      .execute()
  );
}

async function insertAll(database: StateDatabase, records: readonly TaskRecord[]): Promise<void> {
  for (const record of records) {
    await database.insertInto("tasks").values(rowFromRecord(record)).execute();
    if (record.task.parent === undefined) continue;
    await database
      .updateTable("tasks")
      .set((e) => ({ child_count: e("child_count", "+", 1) }))
      .where("upid", "=", record.task.parent)
      .execute();
  }
}

async function saveFenced(
  database: StateDatabase,
  record: TaskRecord,
  more: { readonly lease_until?: null } = {},
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("tasks")
    .set({ ...changingColumns(record), ...more })
    .where("task_id", "=", record.taskId)
    .where("attempt", "=", record.attempt)
    .where("state", "in", [sql.lit("queued"), sql.lit("running")])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
