/** What people stopped: the scheduler, or a worker that takes nothing new. A row is a pause; its absence is normal work. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  // 'scheduler', or NODE/CLASS of a worker
  `create table pauses (
    subject text primary key,
    auth_id text not null,
    paused_at integer not null,
    reason text
  ) without rowid`,
];

export async function createWorkerTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
