/** What happened, kept a while, so that a rule can be tried on it. */

import { sql } from "kysely";
import type { NoticeChange, NotificationEventWord, Severity } from "@ironcore-backup/protocol";
import type { StateDatabase } from "./schema.ts";

export interface NotificationEventRecord {
  readonly at: number;
  readonly event: NotificationEventWord;
  readonly change: NoticeChange;
  readonly severity: Severity;
  /** Absent: a note that the inbox does not keep. */
  readonly noticeId: number | undefined;
  readonly title: string;
  readonly project: string | undefined;
  readonly datastore: string | undefined;
  readonly job: string | undefined;
  readonly workload: string | undefined;
}

export async function insertNotificationEvent(
  database: StateDatabase,
  event: NotificationEventRecord,
): Promise<void> {
  await database
    .insertInto("notification_events")
    .values({
      at: event.at,
      event: event.event,
      change: event.change,
      severity: event.severity,
      notice_id: event.noticeId ?? null,
      title: event.title,
      project: event.project ?? null,
      datastore: event.datastore ?? null,
      job: event.job ?? null,
      workload: event.workload ?? null,
    })
    .execute();
}

/** The next of them after a number, oldest first, with their numbers. */
export async function listNotificationEvents(
  database: StateDatabase,
  { since, after, limit }: { readonly since: number; readonly after: number; readonly limit: number },
): Promise<(NotificationEventRecord & { readonly eventId: number })[]> {
  const rows = await database
    .selectFrom("notification_events")
    .selectAll()
    .where("event_id", ">", after)
    .where("at", ">=", since)
    .orderBy("event_id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    eventId: row.event_id,
    at: row.at,
    // Written by this file from the same types; the state store has no other writer.
    event: row.event as NotificationEventWord,
    change: row.change as NoticeChange,
    severity: row.severity as Severity,
    noticeId: row.notice_id ?? undefined,
    title: row.title,
    project: row.project ?? undefined,
    datastore: row.datastore ?? undefined,
    job: row.job ?? undefined,
    workload: row.workload ?? undefined,
  }));
}

/** When the oldest that is kept happened. */
export async function findFirstEventAt(database: StateDatabase): Promise<number | undefined> {
  const row = await database
    .selectFrom("notification_events")
    .select("at")
    .orderBy("event_id")
    .limit(1)
    .executeTakeFirst();
  return row?.at;
}

export async function deleteOldNotificationEvents(
  database: StateDatabase,
  { before, countMax }: { readonly before: number; readonly countMax: number },
): Promise<void> {
  await sql`delete from notification_events where at < ${before} or event_id <=
    (select event_id from notification_events order by event_id desc limit 1 offset ${countMax})`.execute(
    database,
  );
}
