/** The audit log's rows. They are added and, when they are old or too many, taken away; nothing changes one. */

import type { AuditEntry } from "@ironcore-backup/protocol";
import type { AuditRow, StateDatabase } from "./schema.ts";

export interface AuditRecord {
  readonly at: number;
  readonly authId: string;
  readonly userId: string;
  readonly address: string;
  readonly requestId: string | undefined;
  readonly action: string;
  readonly subject: string;
  readonly outcome: AuditEntry["outcome"];
  readonly detail: AuditEntry["detail"];
}

export interface AuditFilter {
  /** With all their tokens. */
  readonly userId?: string | undefined;
  readonly authId?: string | undefined;
  readonly action?: string | undefined;
  /** Milliseconds, both inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where a page ended. */
export interface AuditPlace {
  readonly at: number;
  readonly id: number;
}

export async function insertAuditRecord(database: StateDatabase, record: AuditRecord): Promise<void> {
  await database
    .insertInto("audit")
    .values({
      at: record.at,
      auth_id: record.authId,
      user_id: record.userId,
      address: record.address,
      request_id: record.requestId ?? null,
      action: record.action,
      subject: record.subject,
      outcome: record.outcome,
      detail: JSON.stringify(record.detail),
    })
    .execute();
}

export async function findAuditEntry(
  database: StateDatabase,
  auditId: number,
): Promise<AuditEntry | undefined> {
  const row = await database
    .selectFrom("audit")
    .selectAll()
    .where("audit_id", "=", auditId)
    .executeTakeFirst();
  return row === undefined ? undefined : entryFromRow(row);
}

/** Newest first, behind `after`. */
export async function listAuditRecords(
  database: StateDatabase,
  filter: AuditFilter,
  { after, limit }: { readonly after: AuditPlace | undefined; readonly limit: number },
): Promise<AuditEntry[]> {
  let query = database.selectFrom("audit").selectAll().orderBy("at", "desc").orderBy("audit_id", "desc");
  if (filter.userId !== undefined) query = query.where("user_id", "=", filter.userId);
  if (filter.authId !== undefined) query = query.where("auth_id", "=", filter.authId);
  if (filter.action !== undefined) query = query.where("action", "=", filter.action);
  if (filter.since !== undefined) query = query.where("at", ">=", filter.since);
  if (filter.until !== undefined) query = query.where("at", "<=", filter.until);
  if (after !== undefined) {
    const { at, id } = after;
    query = query.where("at", "<=", at).where((e) => e.or([e("at", "<", at), e("audit_id", "<", id)]));
  }
  return (await query.limit(limit).execute()).map(entryFromRow);
}

/** Takes away what is older than `before`, and the oldest of each outcome beyond its count. */
export async function deleteOldAuditRecords(
  database: StateDatabase,
  before: number,
  countMax: Readonly<Record<AuditEntry["outcome"], number>>,
): Promise<void> {
  await database.deleteFrom("audit").where("at", "<", before).execute();
  for (const [outcome, count] of Object.entries(countMax)) {
    const oldestKept = await database
      .selectFrom("audit")
      .select("audit_id")
      .where("outcome", "=", outcome)
      .orderBy("audit_id", "desc")
      .offset(count - 1)
      .limit(1)
      .executeTakeFirst();
    if (oldestKept === undefined) continue;
    await database
      .deleteFrom("audit")
      .where("outcome", "=", outcome)
      .where("audit_id", "<", oldestKept.audit_id)
      .execute();
  }
}

function entryFromRow(row: Omit<AuditRow, "audit_id"> & { readonly audit_id: number }): AuditEntry {
  return {
    id: row.audit_id,
    at: row.at,
    authId: row.auth_id,
    address: row.address,
    ...(row.request_id === null ? {} : { requestId: row.request_id }),
    action: row.action,
    subject: row.subject,
    outcome: row.outcome === "done" ? "done" : "refused",
    detail: JSON.parse(row.detail) as AuditEntry["detail"], // Written by this file alone.
  };
}
