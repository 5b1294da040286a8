/** How long snapshots are kept, for each place that says so itself. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  // The namespace '' stands for the datastore as a whole.
  `create table retentions (
    datastore text not null,
    namespace text not null,
    retention text not null,
    primary key (datastore, namespace)
  ) without rowid`,
];

export async function createRetentionTables(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
