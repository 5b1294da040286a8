/** Who is signed in. Only hashes of tokens are kept. */

import type { SessionRow, StateDatabase } from "./schema.ts";

export interface SessionRecord {
  readonly tokenHash: string;
  readonly authId: string;
  /** `session`: a program holds the token; `cookie`: a browser. */
  readonly via: "session" | "cookie";
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When it was used last, coarsely. */
  readonly usedAt: number;
}

export async function insertSessionRecord(database: StateDatabase, record: SessionRecord): Promise<void> {
  await database
    .insertInto("sessions")
    .values({
      token_hash: record.tokenHash,
      auth_id: record.authId,
      via: record.via,
      created_at: record.createdAt,
      expires_at: record.expiresAt,
      used_at: record.usedAt,
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
  return row === undefined ? undefined : recordFromRow(row);
}

export async function touchSessionRecord(
  database: StateDatabase,
  tokenHash: string,
  usedAt: number,
): Promise<void> {
  await database
    .updateTable("sessions")
    .set({ used_at: usedAt })
    .where("token_hash", "=", tokenHash)
    .execute();
}

export async function deleteSessionRecord(database: StateDatabase, tokenHash: string): Promise<void> {
  await database.deleteFrom("sessions").where("token_hash", "=", tokenHash).execute();
}

/** All sessions of a user, or all but the one that is named. */
export async function deleteSessionRecordsOf(
  database: StateDatabase,
  authId: string,
  exceptTokenHash = "",
): Promise<void> {
  await database
    .deleteFrom("sessions")
    .where("auth_id", "=", authId)
    .where("token_hash", "!=", exceptTokenHash)
    .execute();
}

export async function deleteExpiredSessionRecords(database: StateDatabase, now: number): Promise<void> {
  await database.deleteFrom("sessions").where("expires_at", "<=", now).execute();
}

/** Keeps the newest sessions of a user. */
export async function deleteOldestSessionRecords(
  database: StateDatabase,
  authId: string,
  keepCount: number,
): Promise<void> {
  const kept = database
    .selectFrom("sessions")
    .select("token_hash")
    .where("auth_id", "=", authId)
    .orderBy("created_at", "desc")
    .orderBy("token_hash")
    .limit(keepCount);
  await database
    .deleteFrom("sessions")
    .where("auth_id", "=", authId)
    .where("token_hash", "not in", kept)
    .execute();
}

function recordFromRow(row: SessionRow): SessionRecord {
  return {
    tokenHash: row.token_hash,
    authId: row.auth_id,
    via: row.via === "cookie" ? "cookie" : "session",
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  };
}
