/** Targets, groups and rules: one row for each, its definition as its makers said it. */

import type { StateDatabase } from "./schema.ts";

export type NotificationSettingKind = "target" | "group" | "rule";

export interface NotificationSettingRecord<Definition> {
  readonly name: string;
  /** Absent: the platform's. */
  readonly project: string | undefined;
  readonly definition: Definition;
  /** Sealed text; of targets alone. */
  readonly secrets: string | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
}

export async function listNotificationSettings<Definition>(
  database: StateDatabase,
  kind: NotificationSettingKind,
): Promise<NotificationSettingRecord<Definition>[]> {
  const rows = await database
    .selectFrom("notification_settings")
    .selectAll()
    .where("kind", "=", kind)
    .orderBy("name")
    .execute();
  return rows.map((row) => ({
    name: row.name,
    project: row.project ?? undefined,
    // Written by this file for the same kind; the state store has no other writer.
    definition: JSON.parse(row.definition) as Definition,
    secrets: row.secrets ?? undefined,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  }));
}

export async function putNotificationSetting(
  database: StateDatabase,
  kind: NotificationSettingKind,
  record: NotificationSettingRecord<unknown>,
): Promise<void> {
  const changes = {
    definition: JSON.stringify(record.definition),
    secrets: record.secrets ?? null,
    changed_at: record.changedAt,
  };
  await database
    .insertInto("notification_settings")
    .values({
      kind,
      name: record.name,
      project: record.project ?? null,
      created_at: record.createdAt,
      ...changes,
    })
    .onConflict((conflict) => conflict.columns(["kind", "name"]).doUpdateSet(changes))
    .execute();
}

export async function deleteNotificationSetting(
  database: StateDatabase,
  kind: NotificationSettingKind,
  name: string,
): Promise<void> {
  await database
    .deleteFrom("notification_settings")
    .where("kind", "=", kind)
    .where("name", "=", name)
    .execute();
}
