/** API tokens: what programs sign in with. Only hashes of their secrets are kept. */

import type { ApiTokenRow, StateDatabase } from "./schema.ts";

export interface TokenRecord {
  /** `user@realm!name` */
  readonly authId: string;
  readonly userId: string;
  /** SHA-256, hex. */
  readonly secretHash: string;
  readonly comment: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** Coarsely. */
  readonly usedAt: number | undefined;
}

export async function listTokenRecords(database: StateDatabase, userId: string): Promise<TokenRecord[]> {
  const rows = await database
    .selectFrom("api_tokens")
    .selectAll()
    .where("user_id", "=", userId)
    .orderBy("auth_id")
    .execute();
  return rows.map(recordFromRow);
}

export async function findTokenRecord(
  database: StateDatabase,
  authId: string,
): Promise<TokenRecord | undefined> {
  const row = await database
    .selectFrom("api_tokens")
    .selectAll()
    .where("auth_id", "=", authId)
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function findTokenRecordBySecret(
  database: StateDatabase,
  secretHash: string,
): Promise<TokenRecord | undefined> {
  const row = await database
    .selectFrom("api_tokens")
    .selectAll()
    .where("secret_hash", "=", secretHash)
    .executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function insertTokenRecord(database: StateDatabase, record: TokenRecord): Promise<void> {
  await database
    .insertInto("api_tokens")
    .values({
      auth_id: record.authId,
      user_id: record.userId,
      secret_hash: record.secretHash,
      comment: record.comment ?? null,
      created_at: record.createdAt,
      expires_at: record.expiresAt ?? null,
      used_at: record.usedAt ?? null,
    })
    .execute();
}

export async function touchTokenRecord(
  database: StateDatabase,
  authId: string,
  usedAt: number,
): Promise<void> {
  await database.updateTable("api_tokens").set({ used_at: usedAt }).where("auth_id", "=", authId).execute();
}

export async function deleteTokenRecord(database: StateDatabase, authId: string): Promise<void> {
  await database.deleteFrom("api_tokens").where("auth_id", "=", authId).execute();
}

function recordFromRow(row: ApiTokenRow): TokenRecord {
  return {
    authId: row.auth_id,
    userId: row.user_id,
    secretHash: row.secret_hash,
    comment: row.comment ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    usedAt: row.used_at ?? undefined,
  };
}
