/** Workloads, jobs, the ledger of their runs, and which task belongs to which run. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `alter table tasks add column job text`,
  `alter table tasks add column run_id integer`,
  `alter table tasks add column workload text`,
  `alter table tasks add column run_key text`,
  `create unique index tasks_by_run_key on tasks (run_key) where run_key is not null`,
  `create index tasks_by_run on tasks (run_id) where run_id is not null`,
  `create index tasks_by_workload on tasks (workload, task_id) where workload is not null`,
  `create table workloads (
    name text primary key,
    project text,
    definition text not null,
    created_at integer not null,
    changed_at integer not null
  ) without rowid`,
  `create table jobs (
    name text primary key,
    project text,
    type text not null,
    datastore text not null,
    owner text not null,
    definition text not null,
    created_at integer not null,
    changed_at integer not null
  ) without rowid`,
  // One row for every instant that a schedule names, written before the instant comes, and one for each run by hand.
  `create table runs (
    run_id integer primary key autoincrement,
    job text not null,
    origin text not null,
    due_at integer not null,
    fire_at integer not null,
    state text not null,
    cause text,
    message text,
    asked_by text,
    instant_count integer not null,
    subjects text not null,
    started_at integer,
    ended_at integer
  )`,
  `create unique index runs_by_instant on runs (job, due_at) where origin = 'schedule'`,
  `create index runs_by_job on runs (job, run_id)`,
  `create index runs_by_time on runs (due_at)`,
  `create index runs_open on runs (state, fire_at) where state in ('expected', 'running')`,
];

export async function createJobTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
