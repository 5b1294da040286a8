/** Who is signed in. Only hashes of tokens are kept. */

import type { StateDatabase } from "./schema.ts";

export interface SessionRecord {
  readonly tokenHash: string;
  readonly authId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export async function insertSessionRecord(database: StateDatabase, record: SessionRecord): Promise<void> {
  await database
    .insertInto("sessions")
    .values({
      token_hash: record.tokenHash,
      auth_id: record.authId,
      created_at: record.createdAt,
      expires_at: record.expiresAt,
    })
    .execute();
}

export async function findSessionRecord(
  database: StateDatabase,
  tokenHash: string,
): Promise<SessionRecord | undefined> {
  const row = await database
    .selectFrom("sessions")
    .selectAll()
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    tokenHash: row.token_hash,
    authId: row.auth_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export async function deleteSessionRecord(database: StateDatabase, tokenHash: string): Promise<void> {
  await database.deleteFrom("sessions").where("token_hash", "=", tokenHash).execute();
}

export async function deleteExpiredSessionRecords(database: StateDatabase, now: number): Promise<void> {
  await database.deleteFrom("sessions").where("expires_at", "<=", now).execute();
}
