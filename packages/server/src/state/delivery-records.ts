/** Messages on their way to targets, those that arrived and those that did not; and how each target is doing. */

import { sql } from "kysely";
import type { DeliveryState, MessageEntry, NotificationMessage, Severity } from "@ironcore-backup/protocol";
import type { DeliveryRow, TargetHealthRow } from "./notification-schema.ts";
import type { StateDatabase } from "./schema.ts";

export type MessageKind = NotificationMessage["kind"];
export type MessageSummary = NotificationMessage["summary"];

export interface DeliveryRecord {
  readonly deliveryId: number;
  readonly target: string;
  readonly group: string | undefined;
  readonly kind: MessageKind;
  readonly state: Exclude<DeliveryState, "sending">;
  readonly severity: Severity;
  readonly title: string;
  /** The worst of them, at most `MESSAGE_ENTRY_COUNT_MAX`. */
  readonly entries: readonly MessageEntry[];
  readonly entryCount: number;
  readonly summary: MessageSummary;
  readonly createdAt: number;
  readonly dueAt: number;
  readonly tryCount: number;
  readonly lastTriedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly response: string | undefined;
}

export async function insertDelivery(
  database: StateDatabase,
  delivery: Omit<DeliveryRecord, "deliveryId">,
): Promise<number> {
  const { delivery_id } = await database
    .insertInto("deliveries")
    .values(rowFromDelivery(delivery))
    .returning("delivery_id")
    .executeTakeFirstOrThrow();
  return delivery_id;
}

export async function updateDelivery(database: StateDatabase, delivery: DeliveryRecord): Promise<void> {
  await database
    .updateTable("deliveries")
    .set(rowFromDelivery(delivery))
    .where("delivery_id", "=", delivery.deliveryId)
    .execute();
}

/** How a try ended; what it tells stays as it was. */
export async function putDeliveryResult(
  database: StateDatabase,
  { deliveryId, ...result }: DeliveryResult,
): Promise<void> {
  await database
    .updateTable("deliveries")
    .set({
      state: result.state,
      due_at: result.dueAt,
      try_count: result.tryCount,
      last_tried_at: result.lastTriedAt ?? null,
      ended_at: result.endedAt ?? null,
      response: result.response ?? null,
    })
    .where("delivery_id", "=", deliveryId)
    .execute();
}

type DeliveryResult = Pick<
  DeliveryRecord,
  "deliveryId" | "state" | "dueAt" | "tryCount" | "lastTriedAt" | "endedAt" | "response"
>;

export async function findDelivery(
  database: StateDatabase,
  deliveryId: number,
): Promise<DeliveryRecord | undefined> {
  const row = await database
    .selectFrom("deliveries")
    .selectAll()
    .where("delivery_id", "=", deliveryId)
    .executeTakeFirst();
  return row === undefined ? undefined : deliveryFromRow(row);
}

/** The first of the target that is due, in the order in which they were made. */
export async function findNextDelivery(
  database: StateDatabase,
  target: string,
  now: number,
): Promise<DeliveryRecord | undefined> {
  const row = await database
    .selectFrom("deliveries")
    .selectAll()
    .where("target", "=", target)
    .where("state", "=", sql.lit("waiting"))
    .where("due_at", "<=", now)
    .orderBy("delivery_id")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : deliveryFromRow(row);
}

/** By target, when the first of what waits is due. */
export async function listWaitingTargets(database: StateDatabase): Promise<ReadonlyMap<string, number>> {
  const rows = await database
    .selectFrom("deliveries")
    .select(["target", (e) => e.fn.min("due_at").as("due_at")])
    .where("state", "=", sql.lit("waiting"))
    .groupBy("target")
    .execute();
  return new Map(rows.map(({ target, due_at }) => [target, due_at]));
}

/** Those that still gather: bundles and digests of the future. */
export async function listGatheringDeliveries(
  database: StateDatabase,
  now: number,
): Promise<Pick<DeliveryRecord, "deliveryId" | "target" | "group" | "kind" | "dueAt">[]> {
  const rows = await database
    .selectFrom("deliveries")
    .select(["delivery_id", "target", "group_name", "kind", "due_at"])
    .where("state", "=", sql.lit("waiting"))
    .where("kind", "in", ["bundle", "digest"])
    .where("due_at", ">", now)
    .execute();
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    target: row.target,
    group: row.group_name ?? undefined,
    kind: row.kind as MessageKind,
    dueAt: row.due_at,
  }));
}

/** When the messages of the last while were made that were no digest, by target, oldest first. */
export async function listRecentMessages(
  database: StateDatabase,
  since: number,
): Promise<ReadonlyMap<string, number[]>> {
  const rows = await database
    .selectFrom("deliveries")
    .select(["target", "due_at"])
    .where("created_at", ">=", since)
    .where("kind", "in", ["single", "bundle"])
    .orderBy("delivery_id")
    .execute();
  const byTarget = new Map<string, number[]>();
  for (const { target, due_at } of rows) byTarget.set(target, [...(byTarget.get(target) ?? []), due_at]);
  return byTarget;
}

export async function listDeliveries(
  database: StateDatabase,
  question: {
    readonly targets: readonly string[];
    readonly state: string | undefined;
    readonly before: number | undefined;
    readonly limit: number;
  },
): Promise<DeliveryRecord[]> {
  const { targets, state, before, limit } = question;
  if (targets.length === 0) return [];
  let query = database
    .selectFrom("deliveries")
    .selectAll()
    .where("target", "in", [...targets])
    .orderBy("delivery_id", "desc")
    .limit(limit);
  if (state !== undefined) query = query.where("state", "=", state);
  if (before !== undefined) query = query.where("delivery_id", "<", before);
  return (await query.execute()).map(deliveryFromRow);
}

/** By target and state. */
export async function countDeliveries(
  database: StateDatabase,
): Promise<readonly { readonly target: string; readonly state: string; readonly count: number }[]> {
  return database
    .selectFrom("deliveries")
    .select(["target", "state", (e) => e.fn.countAll<number>().as("count")])
    .groupBy(["target", "state"])
    .execute();
}

/** What waits for a target that is gone, and its history. */
export async function deleteDeliveriesOf(database: StateDatabase, target: string): Promise<void> {
  await database.deleteFrom("deliveries").where("target", "=", target).execute();
  await database.deleteFrom("target_health").where("target", "=", target).execute();
}

/** Takes away what has ended and is older than `before`, and the oldest ended ones beyond the count. */
export async function deleteOldDeliveries(
  database: StateDatabase,
  { before, countMax }: { readonly before: number; readonly countMax: number },
): Promise<void> {
  await sql`delete from deliveries where state <> 'waiting' and (created_at < ${before} or delivery_id <=
    (select delivery_id from deliveries order by delivery_id desc limit 1 offset ${countMax}))`.execute(
    database,
  );
}

export interface TargetHealth {
  readonly lastDeliveredAt: number | undefined;
  readonly failingSince: number | undefined;
  readonly lastFailure: string | undefined;
  /** Tries in a row that failed. */
  readonly failureCount: number;
  readonly retryAt: number | undefined;
}

export const GOOD_HEALTH: TargetHealth = {
  lastDeliveredAt: undefined,
  failingSince: undefined,
  lastFailure: undefined,
  failureCount: 0,
  retryAt: undefined,
};

export async function listTargetHealth(database: StateDatabase): Promise<ReadonlyMap<string, TargetHealth>> {
  const rows = await database.selectFrom("target_health").selectAll().execute();
  return new Map(rows.map((row) => [row.target, healthFromRow(row)]));
}

export async function putTargetHealth(
  database: StateDatabase,
  target: string,
  health: TargetHealth,
): Promise<void> {
  const changes = {
    last_delivered_at: health.lastDeliveredAt ?? null,
    failing_since: health.failingSince ?? null,
    last_failure: health.lastFailure ?? null,
    failure_count: health.failureCount,
    retry_at: health.retryAt ?? null,
  };
  await database
    .insertInto("target_health")
    .values({ target, ...changes })
    .onConflict((conflict) => conflict.column("target").doUpdateSet(changes))
    .execute();
}

function healthFromRow(row: TargetHealthRow): TargetHealth {
  return {
    lastDeliveredAt: row.last_delivered_at ?? undefined,
    failingSince: row.failing_since ?? undefined,
    lastFailure: row.last_failure ?? undefined,
    failureCount: row.failure_count,
    retryAt: row.retry_at ?? undefined,
  };
}

function rowFromDelivery(delivery: Omit<DeliveryRecord, "deliveryId">): Omit<DeliveryRow, "delivery_id"> {
  return {
    target: delivery.target,
    group_name: delivery.group ?? null,
    kind: delivery.kind,
    state: delivery.state,
    severity: delivery.severity,
    title: delivery.title,
    entries: JSON.stringify(delivery.entries),
    entry_count: delivery.entryCount,
    summary: JSON.stringify(delivery.summary),
    created_at: delivery.createdAt,
    due_at: delivery.dueAt,
    try_count: delivery.tryCount,
    last_tried_at: delivery.lastTriedAt ?? null,
    ended_at: delivery.endedAt ?? null,
    response: delivery.response ?? null,
  };
}

/** The words were written by `rowFromDelivery` from the same types; the state store has no other writer. */
function deliveryFromRow(
  row: Omit<DeliveryRow, "delivery_id"> & { readonly delivery_id: number },
): DeliveryRecord {
  return {
    deliveryId: row.delivery_id,
    target: row.target,
    group: row.group_name ?? undefined,
    kind: row.kind as MessageKind,
    state: row.state as DeliveryRecord["state"],
    severity: row.severity as Severity,
    title: row.title,
    entries: JSON.parse(row.entries) as MessageEntry[],
    entryCount: row.entry_count,
    summary: JSON.parse(row.summary) as MessageSummary,
    createdAt: row.created_at,
    dueAt: row.due_at,
    tryCount: row.try_count,
    lastTriedAt: row.last_tried_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    response: row.response ?? undefined,
  };
}
