/** Damaged snapshots are few, and every list of groups asks for them: an index holds the reports that found damage, and no others. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

export async function addDamageIndex(database: Kysely<unknown>): Promise<void> {
  await sql`create index verifications_of_damage on verifications (datastore, snapshot, verification_id)
    where report ->> '$.result' <> 'OK'`.execute(database);
}
