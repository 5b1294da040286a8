/**
 * The ledger of runs: one row for every instant that a schedule names, written before the instant comes, and one for each
 * run by hand. An instant has one row whatever happens (`runs_by_instant`), and a row ends once.
 */

import { sql } from "kysely";
import type { RunCause, RunOrigin, RunState } from "@ironcore-backup/protocol";
import type { RunRow, StateDatabase } from "./schema.ts";

/** What a run queues one task for. */
export interface RunSubject {
  /** Unique within the run. */
  readonly subject: string;
  readonly workload?: string;
  /** Why there is no task for it. */
  readonly error?: string;
}

export interface RunRecord {
  readonly runId: number;
  readonly job: string;
  readonly origin: RunOrigin;
  readonly dueAt: number;
  readonly fireAt: number;
  readonly state: RunState;
  readonly cause: RunCause | undefined;
  readonly message: string | undefined;
  readonly askedBy: string | undefined;
  readonly instantCount: number;
  readonly subjects: readonly RunSubject[];
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

export type NewRun = Omit<RunRecord, "runId">;

/** How a run ended. */
export interface RunEnd {
  readonly state: RunState;
  readonly cause: RunCause | undefined;
  readonly message: string | undefined;
  readonly endedAt: number;
}

/** One statement takes at most this many, far below SQLite's limit on parameters. */
const INSERT_COUNT = 500;

/** Those whose instant has a row already are left out. */
export async function insertRunRecords(database: StateDatabase, runs: readonly NewRun[]): Promise<void> {
  for (let at = 0; at < runs.length; at += INSERT_COUNT)
    await database
      .insertInto("runs")
      .values(runs.slice(at, at + INSERT_COUNT).map(rowFromRun))
      .onConflict((conflict) =>
        conflict.columns(["job", "due_at"]).where("origin", "=", sql.lit("schedule")).doNothing(),
      )
      .execute();
}

/** Of a run by hand, which has no instant of its own. */
export async function insertRunByHand(database: StateDatabase, run: NewRun): Promise<number> {
  const { run_id } = await database
    .insertInto("runs")
    .values(rowFromRun(run))
    .returning("run_id")
    .executeTakeFirstOrThrow();
  return run_id;
}

/** @returns false when it was begun, or is over */
export async function beginRunRecord(
  database: StateDatabase,
  runId: number,
  { subjects, startedAt }: { readonly subjects: readonly RunSubject[]; readonly startedAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("runs")
    .set({ state: "running", subjects: JSON.stringify(subjects), started_at: startedAt })
    .where("run_id", "=", runId)
    .where("state", "=", sql.lit("expected"))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function updateRunSubjects(
  database: StateDatabase,
  runId: number,
  subjects: readonly RunSubject[],
): Promise<void> {
  await database
    .updateTable("runs")
    .set({ subjects: JSON.stringify(subjects) })
    .where("run_id", "=", runId)
    .execute();
}

/** @returns false when it is over already: an end is for good */
export async function endRunRecord(database: StateDatabase, runId: number, end: RunEnd): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable("runs")
    .set({ state: end.state, cause: end.cause ?? null, message: end.message ?? null, ended_at: end.endedAt })
    .where("run_id", "=", runId)
    .where("state", "in", [sql.lit("expected"), sql.lit("running")])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Instants that are no more expected: the job's schedule is another one. Those that have come stay. */
export async function deleteExpectedRuns(
  database: StateDatabase,
  job: string,
  { after }: { readonly after: number },
): Promise<void> {
  await database
    .deleteFrom("runs")
    .where("job", "=", job)
    .where("state", "=", sql.lit("expected"))
    .where("due_at", ">", after)
    .execute();
}

export async function findRunRecord(database: StateDatabase, runId: number): Promise<RunRecord | undefined> {
  const row = await database.selectFrom("runs").selectAll().where("run_id", "=", runId).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** Those that are expected or go on. @param jobs  of these; absent: of all */
export async function listOpenRuns(database: StateDatabase, jobs?: readonly string[]): Promise<RunRecord[]> {
  let query = database
    .selectFrom("runs")
    .selectAll()
    .where("state", "in", [sql.lit("expected"), sql.lit("running")]);
  if (jobs !== undefined) query = query.where("job", "in", [...jobs]);
  return (await query.orderBy("due_at").orderBy("run_id").execute()).map(recordFromRow);
}

/** The row of an instant. */
export async function findRunAt(
  database: StateDatabase,
  job: string,
  dueAt: number,
): Promise<RunRecord | undefined> {
  const row = await database
    .selectFrom("runs")
    .selectAll()
    .where("job", "=", job)
    .where("due_at", "=", dueAt)
    .where("origin", "=", sql.lit("schedule"))
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** The newest run of the job that is over. */
export async function findLastEndedRun(database: StateDatabase, job: string): Promise<RunRecord | undefined> {
  const row = await database
    .selectFrom("runs")
    .selectAll()
    .where("job", "=", job)
    .where("ended_at", "is not", null)
    .orderBy("run_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** The newest run of the job that succeeded, in time or late. */
export async function findLastSuccess(database: StateDatabase, job: string): Promise<RunRecord | undefined> {
  const row = await database
    .selectFrom("runs")
    .selectAll()
    .where("job", "=", job)
    .where("state", "in", [sql.lit("met"), sql.lit("late")])
    .orderBy("run_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** The newest instant of its schedule that is `before` (ms since 1970), or that is known to have failed. */
export async function findLastDue(
  database: StateDatabase,
  job: string,
  { before }: { readonly before: number },
): Promise<RunRecord | undefined> {
  const row = await database
    .selectFrom("runs")
    .selectAll()
    .where("job", "=", job)
    .where("origin", "=", sql.lit("schedule"))
    .where((where) => where.or([where("due_at", "<=", before), where("state", "=", sql.lit("missed"))]))
    .orderBy("due_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

/** Of one job: its newest run that is over, its newest that succeeded, and the newest that is due (see `findLastDue`). */
export interface JobRuns {
  readonly last: RunRecord | undefined;
  readonly success: RunRecord | undefined;
  readonly due: RunRecord | undefined;
}

/** Of many jobs with two statements. @param jobs  each with the instant `before` of `findLastDue` */
export async function findRunsOfJobs(
  database: StateDatabase,
  jobs: readonly { readonly job: string; readonly before: number }[],
): Promise<ReadonlyMap<string, JobRuns>> {
  const { rows } = await sql<{
    readonly job: string;
    readonly last: number | null;
    readonly success: number | null;
    readonly due: number | null;
  }>`
    select
      wanted.value ->> 'job' as job,
      (select run_id from runs where job = wanted.value ->> 'job' and ended_at is not null
        order by run_id desc limit 1) as last,
      (select run_id from runs where job = wanted.value ->> 'job' and state in ('met', 'late')
        order by run_id desc limit 1) as success,
      (select run_id from runs where job = wanted.value ->> 'job' and origin = 'schedule'
        and (due_at <= wanted.value ->> 'before' or state = 'missed') order by due_at desc limit 1) as due
    from json_each(${JSON.stringify(jobs)}) as wanted`.execute(database);
  const runIds = rows.flatMap(({ last, success, due }) => [last, success, due]);
  const found = await sql<Omit<RunRow, "run_id"> & { readonly run_id: number }>`
    select * from runs where run_id in (select value from json_each(${JSON.stringify(runIds)}))`.execute(
    database,
  );
  const runs = new Map(found.rows.map((row) => [row.run_id, recordFromRow(row)]));
  const runOf = (runId: number | null): RunRecord | undefined =>
    runId === null ? undefined : runs.get(runId);
  return new Map(
    rows.map(({ job, last, success, due }) => [
      job,
      { last: runOf(last), success: runOf(success), due: runOf(due) },
    ]),
  );
}

/** The newest instant that a row stands for; undefined before the first. */
export async function findLastInstant(database: StateDatabase, job: string): Promise<number | undefined> {
  const row = await database
    .selectFrom("runs")
    .select((e) => e.fn.max("due_at").as("at"))
    .where("job", "=", job)
    .where("origin", "=", sql.lit("schedule"))
    .executeTakeFirst();
  return row?.at ?? undefined;
}

export interface RunQuestion {
  /** Jobs that may be seen; undefined: all. */
  readonly jobs: readonly string[] | undefined;
  readonly state?: RunState | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only those that come later in the list, newest first. */
  readonly before?: { readonly dueAt: number; readonly runId: number } | undefined;
  readonly limit: number;
  readonly order: "newest" | "due";
}

export async function listRunRecords(database: StateDatabase, question: RunQuestion): Promise<RunRecord[]> {
  const { jobs, state, since, until, before, limit, order } = question;
  let query = database.selectFrom("runs").selectAll();
  if (jobs !== undefined) query = query.where("job", "in", [...jobs]);
  if (state !== undefined) query = query.where("state", "=", state);
  if (since !== undefined) query = query.where("due_at", ">=", since);
  if (until !== undefined) query = query.where("due_at", "<=", until);
  if (before !== undefined)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple("due_at", "run_id"), "<", tuple(before.dueAt, before.runId)),
    );
  const direction = order === "newest" ? "desc" : "asc";
  query = query.orderBy("due_at", direction).orderBy("run_id", direction);
  return (await query.limit(limit).execute()).map(recordFromRow);
}

/** Instants by what became of them, of rows that are due in a stretch of time. */
export async function countInstants(
  database: StateDatabase,
  question: { readonly jobs: readonly string[] | undefined; readonly since: number; readonly until: number },
): Promise<ReadonlyMap<RunState, number>> {
  let query = database
    .selectFrom("runs")
    .select(["state", (e) => e.fn.sum<number>("instant_count").as("count")])
    .where("origin", "=", sql.lit("schedule"))
    .where("due_at", ">=", question.since)
    .where("due_at", "<=", question.until);
  if (question.jobs !== undefined) query = query.where("job", "in", [...question.jobs]);
  const rows = await query.groupBy("state").execute();
  // Written by this file from the same type; the state store has no other writer.
  return new Map(rows.map(({ state, count }) => [state as RunState, count]));
}

function rowFromRun(run: NewRun): Omit<RunRow, "run_id"> {
  return {
    job: run.job,
    origin: run.origin,
    due_at: run.dueAt,
    fire_at: run.fireAt,
    state: run.state,
    cause: run.cause ?? null,
    message: run.message ?? null,
    asked_by: run.askedBy ?? null,
    instant_count: run.instantCount,
    subjects: JSON.stringify(run.subjects),
    started_at: run.startedAt ?? null,
    ended_at: run.endedAt ?? null,
  };
}

/** The words were written by `rowFromRun` from the same types; the state store has no other writer. */
function recordFromRow(row: Omit<RunRow, "run_id"> & { readonly run_id: number }): RunRecord {
  return {
    runId: row.run_id,
    job: row.job,
    origin: row.origin as RunOrigin,
    dueAt: row.due_at,
    fireAt: row.fire_at,
    state: row.state as RunState,
    cause: row.cause === null ? undefined : (row.cause as RunCause),
    message: row.message ?? undefined,
    askedBy: row.asked_by ?? undefined,
    instantCount: row.instant_count,
    subjects: JSON.parse(row.subjects) as RunSubject[],
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
