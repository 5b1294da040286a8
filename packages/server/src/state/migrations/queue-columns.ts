/** What a queue with classes, priorities, limits, leases and retries keeps of each task. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `alter table tasks add column class text not null default 'worker'`,
  // 0 low, 1 normal, 2 high
  `alter table tasks add column priority integer not null default 1`,
  `alter table tasks add column project text`,
  `alter table tasks add column namespace text not null default ''`,
  `alter table tasks add column worker text`,
  `alter table tasks add column lease_until integer`,
  `alter table tasks add column not_before integer`,
  `alter table tasks add column retried_by text`,
  `alter table tasks add column try_number integer not null default 1`,
  `alter table tasks add column retry_policy text`,
  `alter table tasks add column parent text`,
  `alter table tasks add column child_count integer not null default 0`,
  `update tasks set class = 'verifier' where type = 'verify'`,
];

export async function addQueueColumns(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
