/** What happened and was not looked at yet. Triggers write most of them (`migrations/notification-tables.ts`). */

import type { StateDatabase } from "./schema.ts";

export interface SignalRecord {
  readonly signalId: number;
  /** `task-started`, `task-ended`, `run-ended`, `audit`: a number in `ref`; `occurrence`: JSON. */
  readonly kind: string;
  readonly ref: string;
}

export async function insertSignal(
  database: StateDatabase,
  signal: Omit<SignalRecord, "signalId">,
): Promise<void> {
  await database.insertInto("notification_signals").values(signal).execute();
}

/** Oldest first. */
export async function listSignals(database: StateDatabase, limit: number): Promise<SignalRecord[]> {
  const rows = await database
    .selectFrom("notification_signals")
    .selectAll()
    .orderBy("signal_id")
    .limit(limit)
    .execute();
  return rows.map(({ signal_id, kind, ref }) => ({ signalId: signal_id, kind, ref }));
}

export async function deleteSignalsUpTo(database: StateDatabase, signalId: number): Promise<void> {
  await database.deleteFrom("notification_signals").where("signal_id", "<=", signalId).execute();
}
