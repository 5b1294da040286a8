/** What is measured of datastores and of backups over time, what operators set on a datastore, and a task's own limit. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  // The name that the store at the path must carry; null: not known yet.
  `alter table datastores add column identity text`,
  `alter table datastores add column mode text not null default 'normal'`,
  `alter table datastores add column mode_reason text`,
  `alter table datastores add column bandwidth_limit integer`,
  `alter table datastores add column free_percent_min integer`,
  `alter table tasks add column bandwidth_limit integer`,
  `create table datastore_measures (
    datastore text not null,
    at integer not null,
    total_bytes integer not null,
    used_bytes integer not null,
    free_bytes integer not null,
    group_count integer,
    snapshot_count integer,
    logical_bytes integer,
    chunk_count integer,
    stored_bytes integer,
    chunks_are_estimate integer not null,
    primary key (datastore, at)
  ) without rowid`,
  // What the chunks of a store come to, kept up with each task that adds or removes some.
  `create table datastore_chunks (
    datastore text primary key,
    chunk_count integer not null,
    stored_bytes integer not null,
    is_estimate integer not null,
    counted_at integer not null
  ) without rowid`,
  // One row for each backup that ended well; outlives its task in the history.
  `create table run_statistics (
    run_id integer primary key,
    upid text not null unique,
    ended_at integer not null,
    auth_id text not null,
    datastore text not null,
    namespace text not null,
    group_name text not null,
    job text,
    project text,
    is_full integer not null,
    warning_count integer not null,
    duration_ms integer not null,
    source_read_bytes integer not null,
    pre_encrypt_bytes integer not null,
    on_disk_bytes integer not null,
    chunk_count integer not null,
    known_chunk_count integer not null,
    new_raw_bytes integer not null,
    new_compressed_bytes integer not null,
    new_stored_bytes integer not null,
    unusual text not null
  )`,
  `create index run_statistics_by_time on run_statistics (ended_at)`,
  `create index run_statistics_by_group on run_statistics (datastore, namespace, group_name, ended_at)`,
];

export async function createMeasureTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
