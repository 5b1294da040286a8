/** People and programs that may sign in. */

import type { StateDatabase, UserRow } from "./schema.ts";

export interface UserRecord {
  readonly authId: string;
  readonly role: string;
  readonly passwordHash: string;
  readonly enabled: boolean;
  readonly createdAt: number;
}

export async function countUserRecords(database: StateDatabase): Promise<number> {
  const row = await database
    .selectFrom("users")
    .select((e) => e.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function findUserRecord(
  database: StateDatabase,
  authId: string,
): Promise<UserRecord | undefined> {
  const row = await database.selectFrom("users").selectAll().where("auth_id", "=", authId).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function insertUserRecord(database: StateDatabase, record: UserRecord): Promise<void> {
  await database
    .insertInto("users")
    .values({
      auth_id: record.authId,
      role: record.role,
      password_hash: record.passwordHash,
      enabled: record.enabled ? 1 : 0,
      created_at: record.createdAt,
    })
    .execute();
}

function recordFromRow(row: UserRow): UserRecord {
  return {
    authId: row.auth_id,
    role: row.role,
    passwordHash: row.password_hash,
    enabled: row.enabled !== 0,
    createdAt: row.created_at,
  };
}
