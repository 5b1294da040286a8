/** People who may sign in. */

import type { StateDatabase, UserRow } from "./schema.ts";

export interface UserRecord {
  readonly authId: string;
  readonly passwordHash: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly comment: string | undefined;
  readonly email: string | undefined;
  readonly lastLoginAt: number | undefined;
}

export type UserChange = Partial<Omit<UserRecord, "authId" | "createdAt">>;

export async function countUserRecords(database: StateDatabase): Promise<number> {
  const row = await database
    .selectFrom("users")
    .select((e) => e.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function listUserRecords(database: StateDatabase): Promise<UserRecord[]> {
  const rows = await database.selectFrom("users").selectAll().orderBy("auth_id").execute();
  return rows.map(recordFromRow);
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
      password_hash: record.passwordHash,
      enabled: record.enabled ? 1 : 0,
      created_at: record.createdAt,
      comment: record.comment ?? null,
      email: record.email ?? null,
      last_login_at: record.lastLoginAt ?? null,
    })
    .execute();
}

/** Properties that are there are set, to nothing when they are undefined. */
export async function updateUserRecord(
  database: StateDatabase,
  authId: string,
  change: UserChange,
): Promise<void> {
  const columns = {
    ...(change.passwordHash === undefined ? {} : { password_hash: change.passwordHash }),
    ...(change.enabled === undefined ? {} : { enabled: change.enabled ? 1 : 0 }),
    ...("comment" in change ? { comment: change.comment ?? null } : {}),
    ...("email" in change ? { email: change.email ?? null } : {}),
    ...("lastLoginAt" in change ? { last_login_at: change.lastLoginAt ?? null } : {}),
  };
  if (Object.keys(columns).length === 0) return;
  await database.updateTable("users").set(columns).where("auth_id", "=", authId).execute();
}

/** Sessions and tokens go with the user. */
export async function deleteUserRecord(database: StateDatabase, authId: string): Promise<void> {
  await database.deleteFrom("users").where("auth_id", "=", authId).execute();
}

function recordFromRow(row: UserRow): UserRecord {
  return {
    authId: row.auth_id,
    passwordHash: row.password_hash,
    enabled: row.enabled !== 0,
    createdAt: row.created_at,
    comment: row.comment ?? undefined,
    email: row.email ?? undefined,
    lastLoginAt: row.last_login_at ?? undefined,
  };
}
