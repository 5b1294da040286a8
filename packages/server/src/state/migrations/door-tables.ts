/** Answers kept for repeated requests, and how many tasks a datastore takes at once. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `create table idempotency_keys (
    auth_id text not null,
    route text not null,
    key text not null,
    request_hash text not null,
    status integer,
    answer text,
    created_at integer not null,
    primary key (auth_id, route, key)
  ) without rowid`,
  `create index idempotency_keys_by_age on idempotency_keys (created_at)`,
  `alter table datastores add column running_task_count_max integer`,
];

export async function createDoorTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
