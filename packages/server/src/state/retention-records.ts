/** What was set on datastores and namespaces about how long snapshots are kept. */

import type { Retention } from "@ironcore-backup/protocol";
import type { StateDatabase } from "./schema.ts";

export interface RetentionRecord {
  readonly datastore: string;
  /** `""`: the datastore as a whole. */
  readonly namespace: string;
  readonly retention: Retention;
}

export async function listRetentionRecords(database: StateDatabase): Promise<RetentionRecord[]> {
  const rows = await database.selectFrom("retentions").selectAll().execute();
  return rows.map(({ datastore, namespace, retention }) => ({
    datastore,
    namespace,
    // Written by this file from the same type; the state store has no other writer.
    retention: JSON.parse(retention) as Retention,
  }));
}

export async function putRetentionRecord(database: StateDatabase, record: RetentionRecord): Promise<void> {
  const retention = JSON.stringify(record.retention);
  await database
    .insertInto("retentions")
    .values({ datastore: record.datastore, namespace: record.namespace, retention })
    .onConflict((conflict) => conflict.columns(["datastore", "namespace"]).doUpdateSet({ retention }))
    .execute();
}

/** Of one place, or of all places of a datastore. */
export async function deleteRetentionRecords(
  database: StateDatabase,
  subject: { readonly datastore: string; readonly namespace?: string },
): Promise<void> {
  let query = database.deleteFrom("retentions").where("datastore", "=", subject.datastore);
  if (subject.namespace !== undefined) query = query.where("namespace", "=", subject.namespace);
  await query.execute();
}
