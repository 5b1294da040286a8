/** The tables of notifications. Instants are milliseconds since 1970, JSON is text. */

import type { Generated } from "kysely";

export interface NotificationSettingRow {
  /** `target`, `group` or `rule`. */
  kind: string;
  name: string;
  project: string | null;
  definition: string;
  /** Sealed. */
  secrets: string | null;
  created_at: number;
  changed_at: number;
}

/** Written by triggers in the transaction that made it true. */
interface NotificationSignalRow {
  signal_id: Generated<number>;
  kind: string;
  ref: string;
}

export interface NoticeRow {
  notice_id: Generated<number>;
  incident_key: string | null;
  state: string;
  /** Who sees it: `task`, like a task there; `platform`, who sees all; `audit`, who reads the audit log. */
  audience: string;
  event: string;
  severity: string;
  title: string;
  text: string;
  remedy: string | null;
  code: string | null;
  project: string | null;
  datastore: string | null;
  namespace: string;
  job: string | null;
  workload: string | null;
  upid: string | null;
  /** JSON: what of its subject it is about. The incident is over when none is left. */
  parts: string | null;
  count: number;
  opened_at: number;
  changed_at: number;
  resolved_at: number | null;
  acknowledged_by: string | null;
  acknowledged_at: number | null;
  /** Grows with every change of any notice that a reader should see. */
  change_number: number;
}

interface NoticeReadRow {
  user_id: string;
  notice_id: number;
  change_number: number;
}

interface NoticeReaderRow {
  user_id: string;
  /** All up to this change are read. */
  all_read_number: number;
}

interface NoticeTellingRow {
  notice_id: number;
  group_name: string;
  told_at: number;
}

export interface NotificationEventRow {
  event_id: Generated<number>;
  at: number;
  event: string;
  change: string;
  severity: string;
  notice_id: number | null;
  title: string;
  project: string | null;
  datastore: string | null;
  job: string | null;
  workload: string | null;
}

export interface DeliveryRow {
  delivery_id: Generated<number>;
  target: string;
  group_name: string | null;
  kind: string;
  state: string;
  severity: string;
  title: string;
  entries: string;
  entry_count: number;
  summary: string;
  created_at: number;
  due_at: number;
  try_count: number;
  last_tried_at: number | null;
  ended_at: number | null;
  response: string | null;
}

export interface TargetHealthRow {
  target: string;
  last_delivered_at: number | null;
  failing_since: number | null;
  last_failure: string | null;
  failure_count: number;
  retry_at: number | null;
}

/** Joined into the tables of the state store. */
export interface NotificationTables {
  notification_settings: NotificationSettingRow;
  notification_signals: NotificationSignalRow;
  notices: NoticeRow;
  notice_reads: NoticeReadRow;
  notice_readers: NoticeReaderRow;
  notice_tellings: NoticeTellingRow;
  notification_events: NotificationEventRow;
  deliveries: DeliveryRow;
  target_health: TargetHealthRow;
}
