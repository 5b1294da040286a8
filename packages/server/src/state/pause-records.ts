/** Who stopped what, and why: the scheduler as a whole, or one worker. Kept over restarts. */

import type { PauseRow, StateDatabase } from "./schema.ts";

/** A worker's subject is its name, `NODE/CLASS`, which always has a slash. */
export const SCHEDULER_SUBJECT = "scheduler";

export interface PauseRecord {
  readonly authId: string;
  readonly pausedAt: number;
  readonly reason: string | undefined;
}

export async function listPauseRecords(database: StateDatabase): Promise<Map<string, PauseRecord>> {
  const rows = await database.selectFrom("pauses").selectAll().execute();
  return new Map(rows.map((row) => [row.subject, recordFromRow(row)]));
}

/** A second pause of the same subject replaces the first. */
export async function putPauseRecord(
  database: StateDatabase,
  subject: string,
  { authId, pausedAt, reason }: PauseRecord,
): Promise<void> {
  const values = { auth_id: authId, paused_at: pausedAt, reason: reason ?? null };
  await database
    .insertInto("pauses")
    .values({ subject, ...values })
    .onConflict((conflict) => conflict.column("subject").doUpdateSet(values))
    .execute();
}

export async function deletePauseRecord(database: StateDatabase, subject: string): Promise<void> {
  await database.deleteFrom("pauses").where("subject", "=", subject).execute();
}

function recordFromRow({ auth_id, paused_at, reason }: PauseRow): PauseRecord {
  return { authId: auth_id, pausedAt: paused_at, reason: reason ?? undefined };
}
