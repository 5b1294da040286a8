/** Projects, roles, grants, API tokens, the audit log, failed logins. Who was an administrator by a column is one by a grant. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `create table projects (
    name text primary key,
    comment text,
    created_at integer not null,
    running_task_count_max integer
  ) without rowid`,
  // Only custom ones; those that come with the product are code.
  `create table roles (
    name text primary key,
    comment text,
    privileges text not null,
    created_at integer not null
  ) without rowid`,
  `create table grants (
    grant_id text primary key,
    auth_id text not null,
    role text not null,
    scope_kind text not null,
    scope_name text not null,
    created_at integer not null,
    created_by text not null,
    unique (auth_id, role, scope_kind, scope_name)
  ) without rowid`,
  `create index grants_by_scope on grants (scope_kind, scope_name)`,
  `create index grants_by_role on grants (role)`,
  `insert into grants
    select lower(hex(randomblob(8))), auth_id, 'platform-administrator', 'platform', '', created_at, auth_id
    from users where role = 'administrator'`,
  `alter table users drop column role`,
  `alter table users add column comment text`,
  `alter table users add column email text`,
  `alter table users add column last_login_at integer`,
  `alter table sessions add column via text not null default 'session'`,
  `alter table sessions add column used_at integer not null default 0`,
  `update sessions set used_at = created_at`,
  `create index sessions_by_user on sessions (auth_id)`,
  `create table api_tokens (
    auth_id text primary key,
    user_id text not null references users (auth_id) on delete cascade,
    secret_hash text not null unique,
    comment text,
    created_at integer not null,
    expires_at integer,
    used_at integer
  ) without rowid`,
  `create index api_tokens_by_user on api_tokens (user_id)`,
  `create table audit (
    audit_id integer primary key autoincrement,
    at integer not null,
    auth_id text not null,
    user_id text not null,
    address text not null,
    request_id text,
    action text not null,
    subject text not null,
    outcome text not null,
    detail text not null
  )`,
  `create index audit_by_time on audit (at, audit_id)`,
  `create index audit_by_user on audit (user_id, at, audit_id)`,
  `create index audit_by_action on audit (action, at, audit_id)`,
  `create index audit_by_outcome on audit (outcome, audit_id)`,
  `create trigger audit_is_not_rewritten before update on audit
    begin select raise(abort, 'the audit log is not rewritten'); end`,
  // Keys are hashes: what somebody typed as a user name may have been their password.
  `create table login_failures (
    key_hash text primary key,
    failure_count integer not null,
    throttled_count integer not null,
    last_at integer not null
  ) without rowid`,
  `create index login_failures_by_age on login_failures (last_at)`,
  `create table login_places (
    key_hash text primary key,
    last_at integer not null
  ) without rowid`,
  `create index login_places_by_age on login_places (last_at)`,
];

export async function createAccessTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
