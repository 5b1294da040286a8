/**
 * What was answered to requests that carried an `Idempotency-Key`, so that the same request again does nothing again.
 * A row without a status is a request that is carried out, or whose server died while it was.
 */

import type { StateDatabase } from "./schema.ts";

export interface IdempotencySubject {
  readonly authId: string;
  readonly route: string;
  readonly key: string;
}

export interface IdempotencyRecord {
  readonly requestHash: string;
  readonly status: number | undefined;
  /** JSON; absent when the answer is not kept. */
  readonly answer: string | undefined;
}

export async function findIdempotencyRecord(
  database: StateDatabase,
  { authId, route, key }: IdempotencySubject,
): Promise<IdempotencyRecord | undefined> {
  const row = await database
    .selectFrom("idempotency_keys")
    .select(["request_hash", "status", "answer"])
    .where("auth_id", "=", authId)
    .where("route", "=", route)
    .where("key", "=", key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    requestHash: row.request_hash,
    status: row.status ?? undefined,
    answer: row.answer ?? undefined,
  };
}

export async function insertIdempotencyRecord(
  database: StateDatabase,
  { authId, route, key }: IdempotencySubject,
  { requestHash, createdAt }: { readonly requestHash: string; readonly createdAt: number },
): Promise<void> {
  await database
    .insertInto("idempotency_keys")
    .values({ auth_id: authId, route, key, request_hash: requestHash, created_at: createdAt })
    .execute();
}

export async function completeIdempotencyRecord(
  database: StateDatabase,
  { authId, route, key }: IdempotencySubject,
  { status, answer }: { readonly status: number; readonly answer: string | undefined },
): Promise<void> {
  await database
    .updateTable("idempotency_keys")
    .set({ status, answer: answer ?? null })
    .where("auth_id", "=", authId)
    .where("route", "=", route)
    .where("key", "=", key)
    .execute();
}

export async function deleteIdempotencyRecord(
  database: StateDatabase,
  { authId, route, key }: IdempotencySubject,
): Promise<void> {
  await database
    .deleteFrom("idempotency_keys")
    .where("auth_id", "=", authId)
    .where("route", "=", route)
    .where("key", "=", key)
    .execute();
}

export async function deleteIdempotencyRecordsBefore(
  database: StateDatabase,
  createdAt: number,
): Promise<void> {
  await database.deleteFrom("idempotency_keys").where("created_at", "<", createdAt).execute();
}

/** Counts up to `countMax`. */
export async function countIdempotencyRecords(
  database: StateDatabase,
  authId: string,
  countMax: number,
): Promise<number> {
  const rows = await database
    .selectFrom(
      database
        .selectFrom("idempotency_keys")
        .select("key")
        .where("auth_id", "=", authId)
        .limit(countMax)
        .as("some"),
    )
    .select((build) => build.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return rows.count;
}
