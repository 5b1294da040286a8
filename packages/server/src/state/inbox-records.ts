/** Notices as one person sees them: those at places that they see, with their own marks of what is read. */

import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Severity } from "@ironcore-backup/protocol";
import { SEVERITIES } from "@ironcore-backup/protocol";
import { noticeFromRow } from "./notice-records.ts";
import type { NoticeRecord } from "./notice-records.ts";
import type { NoticeRow } from "./notification-schema.ts";
import type { StateDatabase } from "./schema.ts";
import type { TaskVisibility } from "./task-visibility.ts";

/** What somebody may see of the inbox. */
export interface InboxSight {
  readonly userId: string;
  readonly tasks: TaskVisibility;
  /** Logins, grants, tokens. */
  readonly audit: boolean;
}

export interface InboxFilter {
  readonly isUnread?: boolean | undefined;
  readonly state?: string | undefined;
  readonly severityMin?: Severity | undefined;
  readonly text?: string | undefined;
  readonly after?: { readonly changedAt: number; readonly noticeId: number } | undefined;
  readonly limit: number;
}

export interface InboxRow {
  readonly notice: NoticeRecord;
  readonly isRead: boolean;
}

type Condition = RawBuilder<unknown>;

/** What changed last first. */
export async function listInbox(
  database: StateDatabase,
  sight: InboxSight,
  filter: InboxFilter,
): Promise<InboxRow[]> {
  const { isUnread, state, severityMin, text, after, limit } = filter;
  const conditions: Condition[] = [visible(sight)];
  if (isUnread !== undefined) conditions.push(isUnread ? unread(sight) : sql`not (${unread(sight)})`);
  if (state !== undefined) conditions.push(sql`n.state = ${state}`);
  if (severityMin !== undefined) conditions.push(severe(severityMin));
  if (text !== undefined) conditions.push(containing(text));
  if (after !== undefined)
    conditions.push(sql`(n.changed_at, n.notice_id) < (${after.changedAt}, ${after.noticeId})`);
  const { rows } = await sql<
    Omit<NoticeRow, "notice_id"> & { readonly notice_id: number; readonly is_unread: number }
  >`select n.*, (${unread(sight)}) as is_unread from notices n where ${sql.join(conditions, sql` and `)}
    order by n.changed_at desc, n.notice_id desc limit ${limit}`.execute(database);
  return rows.map((row) => ({ notice: noticeFromRow(row), isRead: row.is_unread === 0 }));
}

export async function findInboxRow(
  database: StateDatabase,
  sight: InboxSight,
  noticeId: number,
): Promise<InboxRow | undefined> {
  const { rows } = await sql<
    Omit<NoticeRow, "notice_id"> & { readonly notice_id: number; readonly is_unread: number }
  >`select n.*, (${unread(sight)}) as is_unread from notices n
    where n.notice_id = ${noticeId} and ${visible(sight)}`.execute(database);
  const [row] = rows;
  return row === undefined ? undefined : { notice: noticeFromRow(row), isRead: row.is_unread === 0 };
}

/** The store's other users wait for a count: it stops here. */
const UNREAD_COUNT_MAX = 1000;

/** @returns of what is unread at most `UNREAD_COUNT_MAX` */
export async function countInbox(
  database: StateDatabase,
  sight: InboxSight,
): Promise<{ readonly unreadCount: number; readonly openCount: number; readonly openErrorCount: number }> {
  const { rows } = await sql<{
    readonly fresh: number;
    readonly marked: number;
    readonly open: number;
    readonly errors: number | null;
  }>`select
    (select count(*) from (select 1 from notices n where ${isNewer(sight)} and ${isNotRead(sight)}
      and ${visible(sight)} limit ${UNREAD_COUNT_MAX})) as fresh,
    (select count(*) from notices n where not (${isNewer(sight)}) and ${isMarked(sight)} and ${visible(sight)})
      as marked,
    (select count(*) from notices n where n.state = 'open' and ${visible(sight)}) as open,
    (select count(*) from notices n where n.state = 'open' and n.severity = 'error' and ${visible(sight)})
      as errors`.execute(database);
  const [row] = rows;
  return {
    unreadCount: Math.min(UNREAD_COUNT_MAX, (row?.fresh ?? 0) + (row?.marked ?? 0)),
    openCount: row?.open ?? 0,
    openErrorCount: row?.errors ?? 0,
  };
}

/** Those of these that the reader sees. */
export async function markNotices(
  database: StateDatabase,
  sight: InboxSight,
  { noticeIds, isRead }: { readonly noticeIds: readonly number[]; readonly isRead: boolean },
): Promise<void> {
  if (noticeIds.length === 0) return;
  // -1: looked at once, and put back.
  const number = isRead ? sql`n.change_number` : sql`-1`;
  await sql`insert into notice_reads (user_id, notice_id, change_number)
    select ${sight.userId}, n.notice_id, ${number} from notices n
    where n.notice_id in (${sql.join([...noticeIds])}) and ${visible(sight)}
    on conflict (user_id, notice_id) do update set change_number = excluded.change_number`.execute(database);
}

export async function markAllNotices(
  database: StateDatabase,
  sight: InboxSight,
  { isRead }: { readonly isRead: boolean },
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("notice_reads").where("user_id", "=", sight.userId).execute();
    const number = isRead ? sql`(select coalesce(max(change_number), 0) from notices)` : sql`0`;
    await sql`insert into notice_readers (user_id, all_read_number) values (${sight.userId}, ${number})
      on conflict (user_id) do update set all_read_number = excluded.all_read_number`.execute(transaction);
  });
}

function visible({ tasks, audit }: InboxSight): Condition {
  const places: Condition[] = [];
  if (tasks.everything) places.push(sql`n.audience in ('task', 'platform')`);
  else {
    const spots: Condition[] = [];
    if (tasks.projects.size > 0) spots.push(sql`n.project in (${sql.join([...tasks.projects])})`);
    if (tasks.datastores.size > 0) spots.push(sql`n.datastore in (${sql.join([...tasks.datastores])})`);
    for (const place of tasks.namespaces) {
      const [datastore = "", ...rest] = place.split(":");
      const namespace = rest.join(":");
      spots.push(
        sql`(n.datastore = ${datastore} and (n.namespace = ${namespace} or substr(n.namespace, 1, ${namespace.length + 1}) = ${`${namespace}/`}))`,
      );
    }
    if (spots.length > 0) places.push(sql`(n.audience = 'task' and (${sql.join(spots, sql` or `)}))`);
  }
  if (audit) places.push(sql`n.audience = 'audit'`);
  return places.length === 0 ? sql`false` : sql`(${sql.join(places, sql` or `)})`;
}

/** What is up to the number at which the reader said "all read" is unread only where it was put back by hand. */
function unread(sight: InboxSight): Condition {
  return sql`((${isNewer(sight)} and ${isNotRead(sight)}) or ${isMarked(sight)})`;
}

/** A question without a look at the row: asked once. */
function isNewer({ userId }: InboxSight): Condition {
  return sql`n.change_number > (select coalesce(max(a.all_read_number), 0) from notice_readers a where a.user_id = ${userId})`;
}

function isNotRead({ userId }: InboxSight): Condition {
  return sql`n.change_number > coalesce(
    (select r.change_number from notice_reads r where r.user_id = ${userId} and r.notice_id = n.notice_id), 0)`;
}

/** Looked at once, and put back. */
function isMarked({ userId }: InboxSight): Condition {
  return sql`n.notice_id in (select m.notice_id from notice_reads m where m.user_id = ${userId} and m.change_number = -1)`;
}

function severe(min: Severity): Condition {
  const words = SEVERITIES.slice(SEVERITIES.indexOf(min));
  return sql`n.severity in (${sql.join([...words])})`;
}

const TEXT_COLUMNS = ["title", "text", "code", "project", "datastore", "job", "workload", "upid"] as const;

function containing(text: string): Condition {
  const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const columns = TEXT_COLUMNS.map((column) => sql`n.${sql.ref(column)} like ${pattern} escape '\\'`);
  return sql`(${sql.join(columns, sql` or `)})`;
}
