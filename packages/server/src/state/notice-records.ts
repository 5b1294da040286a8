/** Notices: notes and incidents, and which group was told of which. */

import { sql } from "kysely";
import type { Notice, NoticeState, NotificationEventWord, Severity } from "@ironcore-backup/protocol";
import type { NoticeRow } from "./notification-schema.ts";
import type { StateDatabase } from "./schema.ts";

export const NOTICE_AUDIENCES = ["task", "platform", "audit"] as const;
/** Who sees a notice: whoever sees a task at its place; who sees everything; who reads the audit log. */
export type NoticeAudience = (typeof NOTICE_AUDIENCES)[number];

export interface NoticeRecord {
  readonly noticeId: number;
  /** Absent: a note. */
  readonly key: string | undefined;
  readonly state: NoticeState;
  readonly audience: NoticeAudience;
  readonly event: NotificationEventWord;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly remedy: string | undefined;
  readonly code: string | undefined;
  readonly project: string | undefined;
  readonly datastore: string | undefined;
  readonly namespace: string;
  readonly job: string | undefined;
  readonly workload: string | undefined;
  readonly upid: string | undefined;
  readonly parts: readonly string[] | undefined;
  readonly count: number;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly resolvedAt: number | undefined;
  readonly acknowledgedBy: string | undefined;
  readonly acknowledgedAt: number | undefined;
  readonly changeNumber: number;
}

export type NewNotice = Omit<NoticeRecord, "noticeId">;

export async function insertNotice(database: StateDatabase, notice: NewNotice): Promise<number> {
  const { notice_id } = await database
    .insertInto("notices")
    .values(rowFromNotice(notice))
    .returning("notice_id")
    .executeTakeFirstOrThrow();
  return notice_id;
}

export async function updateNotice(database: StateDatabase, notice: NoticeRecord): Promise<void> {
  await database
    .updateTable("notices")
    .set(rowFromNotice(notice))
    .where("notice_id", "=", notice.noticeId)
    .execute();
}

export async function findNotice(
  database: StateDatabase,
  noticeId: number,
): Promise<NoticeRecord | undefined> {
  const row = await database
    .selectFrom("notices")
    .selectAll()
    .where("notice_id", "=", noticeId)
    .executeTakeFirst();
  return row === undefined ? undefined : noticeFromRow(row);
}

/** The open incident of a key. */
export async function findOpenNotice(
  database: StateDatabase,
  key: string,
): Promise<NoticeRecord | undefined> {
  const row = await database
    .selectFrom("notices")
    .selectAll()
    .where("incident_key", "=", key)
    .where("state", "=", sql.lit("open"))
    .executeTakeFirst();
  return row === undefined ? undefined : noticeFromRow(row);
}

/** Keys of the incidents that are open and begin like this. */
export async function listOpenKeys(database: StateDatabase, prefix = ""): Promise<string[]> {
  const rows = await database
    .selectFrom("notices")
    .select("incident_key")
    .where("state", "=", sql.lit("open"))
    .where("incident_key", ">=", prefix)
    .execute();
  return rows.flatMap(({ incident_key }) =>
    incident_key !== null && incident_key.startsWith(prefix) ? [incident_key] : [],
  );
}

/** Open incidents of these kinds that were quiet since then, for those that end by being quiet. */
export async function listQuietNotices(
  database: StateDatabase,
  events: readonly NotificationEventWord[],
  changedBefore: number,
): Promise<NoticeRecord[]> {
  const rows = await database
    .selectFrom("notices")
    .selectAll()
    .where("state", "=", sql.lit("open"))
    .where("event", "in", [...events])
    .where("changed_at", "<", changedBefore)
    .limit(1000)
    .execute();
  return rows.map(noticeFromRow);
}

/** The number of the newest change of any notice, 0 before the first. */
export async function findNewestChange(database: StateDatabase): Promise<number> {
  const row = await database
    .selectFrom("notices")
    .select((e) => e.fn.max("change_number").as("newest"))
    .executeTakeFirst();
  return row?.newest ?? 0;
}

/** Takes away what is over and older than `before`, and the oldest of those beyond the count. */
export async function deleteOldNotices(
  database: StateDatabase,
  { before, countMax }: { readonly before: number; readonly countMax: number },
): Promise<void> {
  await sql`delete from notices where state <> 'open' and (changed_at < ${before} or notice_id <=
    (select notice_id from notices order by notice_id desc limit 1 offset ${countMax}))`.execute(database);
  await sql`delete from notice_reads where notice_id not in (select notice_id from notices)`.execute(
    database,
  );
  await sql`delete from notice_tellings where notice_id not in (select notice_id from notices)`.execute(
    database,
  );
}

/** By group, when it was told of the incident last. */
export async function listTellings(
  database: StateDatabase,
  noticeId: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await database
    .selectFrom("notice_tellings")
    .select(["group_name", "told_at"])
    .where("notice_id", "=", noticeId)
    .execute();
  return new Map(rows.map(({ group_name, told_at }) => [group_name, told_at]));
}

export async function putTelling(
  database: StateDatabase,
  { noticeId, group, at }: { readonly noticeId: number; readonly group: string; readonly at: number },
): Promise<void> {
  await database
    .insertInto("notice_tellings")
    .values({ notice_id: noticeId, group_name: group, told_at: at })
    .onConflict((conflict) => conflict.columns(["notice_id", "group_name"]).doUpdateSet({ told_at: at }))
    .execute();
}

function rowFromNotice(notice: NewNotice): Omit<NoticeRow, "notice_id"> {
  return {
    incident_key: notice.key ?? null,
    state: notice.state,
    audience: notice.audience,
    event: notice.event,
    severity: notice.severity,
    title: notice.title,
    text: notice.text,
    remedy: notice.remedy ?? null,
    code: notice.code ?? null,
    project: notice.project ?? null,
    datastore: notice.datastore ?? null,
    namespace: notice.namespace,
    job: notice.job ?? null,
    workload: notice.workload ?? null,
    upid: notice.upid ?? null,
    parts: notice.parts === undefined ? null : JSON.stringify(notice.parts),
    count: notice.count,
    opened_at: notice.openedAt,
    changed_at: notice.changedAt,
    resolved_at: notice.resolvedAt ?? null,
    acknowledged_by: notice.acknowledgedBy ?? null,
    acknowledged_at: notice.acknowledgedAt ?? null,
    change_number: notice.changeNumber,
  };
}

/** The words were written by `rowFromNotice` from the same types; the state store has no other writer. */
export function noticeFromRow(
  row: Omit<NoticeRow, "notice_id"> & { readonly notice_id: number },
): NoticeRecord {
  return {
    noticeId: row.notice_id,
    key: row.incident_key ?? undefined,
    state: row.state as NoticeState,
    audience: row.audience as NoticeAudience,
    event: row.event as NotificationEventWord,
    severity: row.severity as Severity,
    title: row.title,
    text: row.text,
    remedy: row.remedy ?? undefined,
    code: row.code ?? undefined,
    project: row.project ?? undefined,
    datastore: row.datastore ?? undefined,
    namespace: row.namespace,
    job: row.job ?? undefined,
    workload: row.workload ?? undefined,
    upid: row.upid ?? undefined,
    parts: row.parts === null ? undefined : (JSON.parse(row.parts) as string[]),
    count: row.count,
    openedAt: row.opened_at,
    changedAt: row.changed_at,
    resolvedAt: row.resolved_at ?? undefined,
    acknowledgedBy: row.acknowledged_by ?? undefined,
    acknowledgedAt: row.acknowledged_at ?? undefined,
    changeNumber: row.change_number,
  };
}

/** As it travels. */
export function showNotice(notice: NoticeRecord, isRead: boolean): Notice {
  const { noticeId, key: _key, audience: _audience, parts: _parts, changeNumber: _number, ...rest } = notice;
  const { namespace, ...fields } = rest;
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    // Every field that is absent was left out, and every other one is of the protocol's name and type.
    ...(present as Omit<Notice, "notice" | "isRead">),
    ...(namespace === "" ? {} : { namespace }),
    notice: noticeId,
    isRead,
  };
}
