/** Statistics of the backups that ended well, for longer than their tasks are kept. */

import { sql } from "kysely";
import type { ExpressionBuilder, ExpressionWrapper, Selectable, SqlBool } from "kysely";
import type { RunStatisticsRow, StateDatabase, StateTables } from "./schema.ts";
import type { TaskVisibility } from "./task-visibility.ts";

export type RunRecord = Omit<Selectable<RunStatisticsRow>, "run_id">;

export interface RunSeriesKey {
  readonly datastore: string;
  readonly namespace: string;
  readonly group: string;
  readonly job: string | undefined;
}

export interface RunQuestion {
  readonly since: number;
  readonly until: number;
  readonly datastore: string | undefined;
  readonly namespace: string | undefined;
  readonly group: string | undefined;
  readonly job: string | undefined;
  readonly project: string | undefined;
  readonly visibility: TaskVisibility;
}

/** A run is kept once, however often it is told. */
export async function insertRun(database: StateDatabase, run: RunRecord): Promise<void> {
  await database
    .insertInto("run_statistics")
    .values({ run_id: null, ...run })
    .onConflict((conflict) => conflict.column("upid").doNothing())
    .execute();
}

/** Runs of the series that ended before the instant, newest first. */
export function listRunsBefore(
  database: StateDatabase,
  key: RunSeriesKey,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<RunRecord[]> {
  return database
    .selectFrom("run_statistics")
    .selectAll()
    .where("datastore", "=", key.datastore)
    .where("namespace", "=", key.namespace)
    .where("group_name", "=", key.group)
    .where("job", key.job === undefined ? "is" : "=", key.job ?? null)
    .where("ended_at", "<", before)
    .orderBy("ended_at", "desc")
    .limit(limit)
    .execute();
}

/** Newest first. */
export function listRuns(
  database: StateDatabase,
  question: RunQuestion,
  { limit }: { readonly limit: number },
): Promise<RunRecord[]> {
  return database
    .selectFrom("run_statistics")
    .selectAll()
    .where((is) => matches(is, question))
    .orderBy("ended_at", "desc")
    .orderBy("run_id", "desc")
    .limit(limit)
    .execute();
}

/** Sums over stretches of time, oldest first; a stretch without a run has no row. */
export async function sumRuns(database: StateDatabase, question: RunQuestion, periodMs: number) {
  const period = sql<number>`ended_at / ${sql.lit(periodMs)}`;
  const rows = await database
    .selectFrom("run_statistics")
    .where((is) => matches(is, question))
    .select((is) => [
      period.as("period"),
      is.fn.countAll<number>().as("runCount"),
      is.fn.sum<number>("duration_ms").as("durationMs"),
      is.fn.sum<number>("source_read_bytes").as("sourceReadBytes"),
      is.fn.sum<number>("pre_encrypt_bytes").as("preEncryptBytes"),
      is.fn.sum<number>("on_disk_bytes").as("onDiskBytes"),
      is.fn.sum<number>("chunk_count").as("chunkCount"),
      is.fn.sum<number>("known_chunk_count").as("knownChunkCount"),
      is.fn.sum<number>("new_raw_bytes").as("newRawBytes"),
      is.fn.sum<number>("new_compressed_bytes").as("newCompressedBytes"),
      is.fn.sum<number>("new_stored_bytes").as("newStoredBytes"),
    ])
    .groupBy(period)
    .orderBy(period)
    .execute();
  return rows.map(({ period: number, ...sums }) => ({ at: number * periodMs, ...sums }));
}

/** The latest run of each series, those with something unusual first. */
export async function listLatestRuns(
  database: StateDatabase,
  question: RunQuestion,
  { limit }: { readonly limit: number },
): Promise<(RunRecord & { readonly run_count: number })[]> {
  return (
    database
      .selectFrom("run_statistics")
      .selectAll()
      .where((is) => matches(is, question))
      // With a lone maximum SQLite takes the other columns from the row that has it.
      .select((is) => [is.fn.countAll<number>().as("run_count"), is.fn.max("ended_at").as("ended_at")])
      .groupBy(["datastore", "namespace", "group_name", "job"])
      .orderBy(sql`unusual = '[]'`)
      .orderBy("ended_at", "desc")
      .limit(limit)
      .execute()
  );
}

/** Sums over the tasks of each of these runs of jobs, by run; a run without a backup that ended well has none. */
export async function sumRunsOfJobs(database: StateDatabase, runIds: readonly number[]) {
  const { rows } = await sql<{
    readonly runId: number;
    readonly runCount: number;
    readonly durationMs: number;
    readonly sourceReadBytes: number;
    readonly preEncryptBytes: number;
    readonly onDiskBytes: number;
    readonly chunkCount: number;
    readonly knownChunkCount: number;
    readonly newRawBytes: number;
    readonly newCompressedBytes: number;
    readonly newStoredBytes: number;
  }>`
    select t.run_id as "runId", count(*) as "runCount", sum(s.duration_ms) as "durationMs",
      sum(s.source_read_bytes) as "sourceReadBytes", sum(s.pre_encrypt_bytes) as "preEncryptBytes",
      sum(s.on_disk_bytes) as "onDiskBytes", sum(s.chunk_count) as "chunkCount",
      sum(s.known_chunk_count) as "knownChunkCount", sum(s.new_raw_bytes) as "newRawBytes",
      sum(s.new_compressed_bytes) as "newCompressedBytes", sum(s.new_stored_bytes) as "newStoredBytes"
    from tasks t indexed by tasks_by_run join run_statistics s on s.upid = t.upid
    where t.run_id in (select value from json_each(${JSON.stringify(runIds)}))
    group by t.run_id`.execute(database);
  return new Map(rows.map(({ runId, ...sums }) => [runId, sums]));
}

export async function deleteRuns(
  database: StateDatabase,
  { before }: { readonly before: number },
): Promise<void> {
  await database.deleteFrom("run_statistics").where("ended_at", "<", before).execute();
}

type Builder = ExpressionBuilder<StateTables, "run_statistics">;
type Condition = ExpressionWrapper<StateTables, "run_statistics", SqlBool>;

function matches(is: Builder, question: RunQuestion): Condition {
  const { since, until, datastore, namespace, group, job, project } = question;
  return is.and([
    is("ended_at", ">=", since),
    is("ended_at", "<=", until),
    ...(datastore === undefined ? [] : [is("datastore", "=", datastore)]),
    ...(namespace === undefined ? [] : [is("namespace", "=", namespace)]),
    ...(group === undefined ? [] : [is("group_name", "=", group)]),
    ...(job === undefined ? [] : [is("job", "=", job)]),
    ...(project === undefined ? [] : [is("project", "=", project)]),
    ...(question.visibility.everything ? [] : [sees(is, question.visibility)]),
  ]);
}

/** The same as `isTaskVisible` says of a task. */
function sees(is: Builder, visibility: TaskVisibility): Condition {
  const { authIds, projects, datastores, namespaces } = visibility;
  const oneOf = (column: "auth_id" | "project" | "datastore", names: ReadonlySet<string>): Condition[] =>
    names.size === 0 ? [] : [is(column, "in", [...names])];
  const within = [...namespaces].map((scope) => {
    const [datastore = "", ...rest] = scope.split(":");
    const name = rest.join(":");
    const below = sql<SqlBool>`substr(namespace, 1, ${name.length + 1}) = ${`${name}/`}`;
    return is.and([is("datastore", "=", datastore), is.or([is("namespace", "=", name), below])]);
  });
  return is.or([
    ...oneOf("auth_id", authIds),
    ...oneOf("project", projects),
    ...oneOf("datastore", datastores),
    ...within,
  ]);
}
