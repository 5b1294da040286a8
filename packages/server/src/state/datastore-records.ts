/** Which datastores the server was told of. What is in them is on their disks. */

import type { DatastoreRow, StateDatabase } from "./schema.ts";

export interface DatastoreRecord {
  readonly name: string;
  readonly path: string;
  readonly comment: string | undefined;
  readonly createdAt: number;
  readonly runningTaskCountMax: number | undefined;
}

/** What an operator may change later. */
export type DatastoreSettings = Pick<DatastoreRecord, "comment" | "runningTaskCountMax">;

export async function listDatastoreRecords(database: StateDatabase): Promise<DatastoreRecord[]> {
  const rows = await database.selectFrom("datastores").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function insertDatastoreRecord(database: StateDatabase, record: DatastoreRecord): Promise<void> {
  const { name, path, comment, createdAt, runningTaskCountMax } = record;
  await database
    .insertInto("datastores")
    .values({
      name,
      path,
      comment: comment ?? null,
      created_at: createdAt,
      running_task_count_max: runningTaskCountMax ?? null,
    })
    .execute();
}

export async function updateDatastoreRecord(
  database: StateDatabase,
  name: string,
  { comment, runningTaskCountMax }: DatastoreSettings,
): Promise<void> {
  await database
    .updateTable("datastores")
    .set({ comment: comment ?? null, running_task_count_max: runningTaskCountMax ?? null })
    .where("name", "=", name)
    .execute();
}

export async function deleteDatastoreRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("datastores").where("name", "=", name).execute();
}

function recordFromRow(row: DatastoreRow): DatastoreRecord {
  return {
    name: row.name,
    path: row.path,
    comment: row.comment ?? undefined,
    createdAt: row.created_at,
    runningTaskCountMax: row.running_task_count_max ?? undefined,
  };
}
