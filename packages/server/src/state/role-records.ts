/** Custom roles. The built-in ones are code and have no record. */

import { PRIVILEGES } from "@ironcore-backup/protocol";
import type { Privilege } from "@ironcore-backup/protocol";
import type { RoleRow, StateDatabase } from "./schema.ts";

export interface RoleRecord {
  readonly name: string;
  readonly comment: string | undefined;
  readonly privileges: readonly Privilege[];
  readonly createdAt: number;
}

export async function listRoleRecords(database: StateDatabase): Promise<RoleRecord[]> {
  const rows = await database.selectFrom("roles").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function findRoleRecord(database: StateDatabase, name: string): Promise<RoleRecord | undefined> {
  const row = await database.selectFrom("roles").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function insertRoleRecord(database: StateDatabase, record: RoleRecord): Promise<void> {
  await database
    .insertInto("roles")
    .values({
      name: record.name,
      comment: record.comment ?? null,
      privileges: JSON.stringify(record.privileges),
      created_at: record.createdAt,
    })
    .execute();
}

export async function updateRoleRecord(
  database: StateDatabase,
  { name, comment, privileges }: RoleRecord,
): Promise<void> {
  await database
    .updateTable("roles")
    .set({ comment: comment ?? null, privileges: JSON.stringify(privileges) })
    .where("name", "=", name)
    .execute();
}

export async function deleteRoleRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("roles").where("name", "=", name).execute();
}

/** Words that this version does not know allow nothing. */
export function parsePrivileges(json: string): Privilege[] {
  const words = new Set<unknown>(JSON.parse(json) as unknown[]); // Written by this file alone.
  return PRIVILEGES.filter((privilege) => words.has(privilege));
}

function recordFromRow(row: RoleRow): RoleRecord {
  return {
    name: row.name,
    comment: row.comment ?? undefined,
    privileges: parsePrivileges(row.privileges),
    createdAt: row.created_at,
  };
}
