/** Which datastores the server was told of. What is in them is on their disks. */

import type { DatastoreMode } from "@ironcore-backup/protocol";
import type { DatastoreRow, StateDatabase } from "./schema.ts";

export interface DatastoreRecord {
  readonly name: string;
  readonly path: string;
  readonly comment: string | undefined;
  readonly createdAt: number;
  readonly runningTaskCountMax: number | undefined;
  /** The name that the store at the path carries; undefined: nobody has looked yet. */
  readonly identity: string | undefined;
  readonly mode: DatastoreMode;
  /** Who set the mode, and why. */
  readonly modeReason: string | undefined;
  readonly bandwidthLimitBytesPerSecond: number | undefined;
  readonly freePercentMin: number | undefined;
  readonly notificationGroup: string | undefined;
}

/** What an operator may change later. */
export type DatastoreSettings = Omit<DatastoreRecord, "name" | "path" | "createdAt">;

export async function listDatastoreRecords(database: StateDatabase): Promise<DatastoreRecord[]> {
  const rows = await database.selectFrom("datastores").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function insertDatastoreRecord(database: StateDatabase, record: DatastoreRecord): Promise<void> {
  const { name, path, createdAt } = record;
  await database
    .insertInto("datastores")
    .values({ name, path, created_at: createdAt, ...settingColumns(record) })
    .execute();
}

export async function updateDatastoreRecord(
  database: StateDatabase,
  name: string,
  settings: DatastoreSettings,
): Promise<void> {
  await database.updateTable("datastores").set(settingColumns(settings)).where("name", "=", name).execute();
}

export async function deleteDatastoreRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("datastores").where("name", "=", name).execute();
}

function settingColumns(settings: DatastoreSettings) {
  return {
    comment: settings.comment ?? null,
    running_task_count_max: settings.runningTaskCountMax ?? null,
    identity: settings.identity ?? null,
    mode: settings.mode,
    mode_reason: settings.modeReason ?? null,
    bandwidth_limit: settings.bandwidthLimitBytesPerSecond ?? null,
    free_percent_min: settings.freePercentMin ?? null,
    notification_group: settings.notificationGroup ?? null,
  };
}

function recordFromRow(row: DatastoreRow): DatastoreRecord {
  return {
    name: row.name,
    path: row.path,
    comment: row.comment ?? undefined,
    createdAt: row.created_at,
    runningTaskCountMax: row.running_task_count_max ?? undefined,
    identity: row.identity ?? undefined,
    // Written by this file from the same type.
    mode: row.mode as DatastoreMode,
    modeReason: row.mode_reason ?? undefined,
    bandwidthLimitBytesPerSecond: row.bandwidth_limit ?? undefined,
    freePercentMin: row.free_percent_min ?? undefined,
    notificationGroup: row.notification_group ?? undefined,
  };
}
