/** What the first version keeps: tasks, datastores, users, sessions, verification reports, counters. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const FIRST_TABLES: readonly string[] = [
  `create table tasks (
    task_id integer primary key,
    upid text not null unique,
    type text not null,
    state text not null,
    auth_id text not null,
    datastore text not null,
    source text not null,
    target text not null,
    queued_at integer not null,
    started_at integer,
    ended_at integer,
    attempt integer not null default 0,
    bytes integer not null default 0,
    warning_count integer not null default 0,
    error_count integer not null default 0,
    log_line_count integer not null default 0,
    exit_status text,
    cancel_requested integer not null default 0,
    retry_of text,
    exclusive_key text,
    stages text not null default '[]',
    error text,
    statistics text,
    parameters text not null
  )`,
  // Few rows are active at any time, so the recovery scan at start stays small however long the history is.
  `create index tasks_active on tasks (task_id) where state in ('queued', 'running')`,
  `create index tasks_by_state on tasks (state, task_id)`,
  `create index tasks_by_type on tasks (type, task_id)`,
  `create index tasks_by_datastore on tasks (datastore, task_id)`,
  `create index tasks_by_user on tasks (auth_id, task_id)`,
  `create index tasks_by_time on tasks (queued_at)`,
  `create table datastores (
    name text primary key,
    path text not null unique,
    comment text,
    created_at integer not null
  ) without rowid`,
  `create table users (
    auth_id text primary key,
    role text not null,
    password_hash text not null,
    enabled integer not null,
    created_at integer not null
  ) without rowid`,
  `create table sessions (
    token_hash text primary key,
    auth_id text not null references users (auth_id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
  ) without rowid`,
  `create index sessions_by_expiry on sessions (expires_at)`,
  `create table verifications (
    verification_id integer primary key,
    datastore text not null,
    snapshot text not null,
    upid text not null,
    started_at integer not null,
    report text not null
  )`,
  `create index verifications_by_snapshot on verifications (datastore, snapshot, verification_id)`,
  `create table counters (
    name text primary key,
    value integer not null
  ) without rowid`,
];

export async function createFirstTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of FIRST_TABLES) await sql.raw(statement).execute(database);
}
