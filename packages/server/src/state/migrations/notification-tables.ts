/**
 * What is told to people: settings, notices, what was told to whom, messages on their way; and triggers that note what is
 * worth telling in the very transaction that makes it true, so that no kill comes between the two.
 */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `alter table datastores add column notification_group text`,
  // Targets, groups and rules. Secrets are sealed text.
  `create table notification_settings (
    kind text not null,
    name text not null,
    project text,
    definition text not null,
    secrets text,
    created_at integer not null,
    changed_at integer not null,
    primary key (kind, name)
  ) without rowid`,
  // What happened and was not looked at yet: a task, a run, an audit entry by its number, or an occurrence as JSON.
  `create table notification_signals (
    signal_id integer primary key autoincrement,
    kind text not null,
    ref text not null
  )`,
  `create trigger tasks_tell_start after update of state on tasks
    when new.state = 'running' and old.state = 'queued'
    begin insert into notification_signals (kind, ref) values ('task-started', new.task_id); end`,
  `create trigger tasks_tell_end after update of state on tasks
    when new.state in ('ok', 'warning', 'failed', 'cancelled') and old.state in ('queued', 'running')
    begin insert into notification_signals (kind, ref) values ('task-ended', new.task_id); end`,
  `create trigger runs_tell_end after update of state on runs
    when new.state in ('met', 'late', 'missed') and old.state in ('expected', 'running')
    begin insert into notification_signals (kind, ref) values ('run-ended', new.run_id); end`,
  `create trigger runs_tell_missed after insert on runs when new.state = 'missed'
    begin insert into notification_signals (kind, ref) values ('run-ended', new.run_id); end`,
  `create trigger audit_tells after insert on audit
    when new.action in ('login.done', 'login.failed', 'token.created', 'grant.created', 'grant.removed',
      'role.created', 'role.changed', 'role.removed', 'user.created', 'user.changed', 'user.removed', 'job.removed', 'datastore.removed')
    begin insert into notification_signals (kind, ref) values ('audit', new.audit_id); end`,
  // A note, or an incident: of one key at most one is open.
  `create table notices (
    notice_id integer primary key autoincrement,
    incident_key text,
    state text not null,
    audience text not null,
    event text not null,
    severity text not null,
    title text not null,
    text text not null,
    remedy text,
    code text,
    project text,
    datastore text,
    namespace text not null default '',
    job text,
    workload text,
    upid text,
    parts text,
    count integer not null,
    opened_at integer not null,
    changed_at integer not null,
    resolved_at integer,
    acknowledged_by text,
    acknowledged_at integer,
    change_number integer not null
  )`,
  `create unique index notices_open on notices (incident_key) where state = 'open'`,
  `create index notices_by_change on notices (changed_at, notice_id)`,
  `create index notices_by_number on notices (change_number)`,
  // A notice is read while it has not changed since.
  `create table notice_reads (
    user_id text not null,
    notice_id integer not null,
    change_number integer not null,
    primary key (user_id, notice_id)
  ) without rowid`,
  `create table notice_readers (
    user_id text primary key,
    all_read_number integer not null
  ) without rowid`,
  // Which group was told of which incident, so that it hears of its end and is not told too often.
  `create table notice_tellings (
    notice_id integer not null,
    group_name text not null,
    told_at integer not null,
    primary key (notice_id, group_name)
  ) without rowid`,
  // What a rule could have told: what happened, as it was then.
  `create table notification_events (
    event_id integer primary key autoincrement,
    at integer not null,
    event text not null,
    change text not null,
    severity text not null,
    notice_id integer,
    title text not null,
    project text,
    datastore text,
    job text,
    workload text
  )`,
  `create index notification_events_by_time on notification_events (at)`,
  `create table deliveries (
    delivery_id integer primary key autoincrement,
    target text not null,
    group_name text,
    kind text not null,
    state text not null,
    severity text not null,
    title text not null,
    entries text not null,
    entry_count integer not null,
    summary text not null,
    created_at integer not null,
    due_at integer not null,
    try_count integer not null,
    last_tried_at integer,
    ended_at integer,
    response text
  )`,
  `create index deliveries_waiting on deliveries (target, delivery_id) where state = 'waiting'`,
  `create index deliveries_by_target on deliveries (target, delivery_id)`,
  // What a target does not forget over a restart.
  `create table target_health (
    target text primary key,
    last_delivered_at integer,
    failing_since integer,
    last_failure text,
    failure_count integer not null,
    retry_at integer
  ) without rowid`,
];

export async function createNotificationTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
