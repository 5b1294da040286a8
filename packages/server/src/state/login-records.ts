/** How often signing in failed, and from where it worked before. Keys are hashes made by `access`. */

import type { StateDatabase } from "./schema.ts";

export interface LoginFailureRecord {
  readonly failureCount: number;
  /** Tries since the last one that was looked at. */
  readonly throttledCount: number;
  /** Of the last failure. */
  readonly lastAt: number;
}

export async function findLoginFailures(
  database: StateDatabase,
  keyHash: string,
): Promise<LoginFailureRecord | undefined> {
  const row = await database
    .selectFrom("login_failures")
    .selectAll()
    .where("key_hash", "=", keyHash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { failureCount: row.failure_count, throttledCount: row.throttled_count, lastAt: row.last_at };
}

export async function putLoginFailures(
  database: StateDatabase,
  keyHash: string,
  { failureCount, throttledCount, lastAt }: LoginFailureRecord,
): Promise<void> {
  const values = { failure_count: failureCount, throttled_count: throttledCount, last_at: lastAt };
  await database
    .insertInto("login_failures")
    .values({ key_hash: keyHash, ...values })
    .onConflict((conflict) => conflict.column("key_hash").doUpdateSet(values))
    .execute();
}

export async function touchLoginFailures(
  database: StateDatabase,
  keyHash: string,
  lastAt: number,
): Promise<void> {
  await database
    .updateTable("login_failures")
    .set({ last_at: lastAt })
    .where("key_hash", "=", keyHash)
    .execute();
}

export async function deleteLoginFailures(
  database: StateDatabase,
  keyHashes: readonly string[],
): Promise<void> {
  await database.deleteFrom("login_failures").where("key_hash", "in", keyHashes).execute();
}

export async function isLoginPlace(database: StateDatabase, keyHash: string): Promise<boolean> {
  const row = await database
    .selectFrom("login_places")
    .select("key_hash")
    .where("key_hash", "=", keyHash)
    .executeTakeFirst();
  return row !== undefined;
}

export async function putLoginPlace(database: StateDatabase, keyHash: string, lastAt: number): Promise<void> {
  await database
    .insertInto("login_places")
    .values({ key_hash: keyHash, last_at: lastAt })
    .onConflict((conflict) => conflict.column("key_hash").doUpdateSet({ last_at: lastAt }))
    .execute();
}

/** Forgets what is older, and the oldest beyond the count. */
export async function deleteOldLoginRecords(
  database: StateDatabase,
  before: { readonly failures: number; readonly places: number },
  countMax: number,
): Promise<void> {
  const tables = [
    ["login_failures", before.failures],
    ["login_places", before.places],
  ] as const;
  for (const [table, olderThan] of tables) {
    await database.deleteFrom(table).where("last_at", "<", olderThan).execute();
    const surplus = database
      .selectFrom(table)
      .select("key_hash")
      .orderBy("last_at", "desc")
      .limit(-1)
      .offset(countMax);
    await database.deleteFrom(table).where("key_hash", "in", surplus).execute();
  }
}
