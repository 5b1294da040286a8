/**
 * The orders a list can have. Each has two parts: the tasks that have a value, in its order, and then, whichever way it
 * goes, those that have none yet (not ended, never started), the newest first. Tasks with the same value follow each
 * other by their number, so that a place is one task's alone.
 */

import type { TaskSortKey } from "@ironcore-backup/protocol";
import type { Condition } from "./task-history-filter.ts";
import { TIME_INDEX } from "./task-history-lead.ts";
import type { HistoryPlace } from "./task-history-question.ts";

export interface OrderPart {
  readonly value: string;
  /** Holds all tasks of the part in its order. */
  readonly index: string;
  /** Columns that say where a task stands. */
  readonly keys: readonly string[];
  readonly descending: boolean;
  readonly belongs: Condition;
  /** Leads are in this order themselves. */
  readonly isOrderOfLeads: boolean;
}

const ORDERS: Readonly<Record<TaskSortKey, { readonly value: string; readonly index: string }>> = {
  queued: { value: "queued_at", index: TIME_INDEX },
  ended: { value: "ended_at", index: "history_by_ended" },
  duration: { value: "duration_ms", index: "history_by_duration" },
  bytes: { value: "bytes", index: "history_by_bytes" },
};

export function partsOf(sort: TaskSortKey, descending: boolean): readonly OrderPart[] {
  const { value, index } = ORDERS[sort];
  const first: OrderPart = {
    value,
    index,
    keys: [value, "task_id"],
    descending,
    belongs: { sql: `${value} is not null`, parameters: [] },
    isOrderOfLeads: sort === "queued",
  };
  if (sort === "queued" || sort === "bytes") return [first];
  const last: OrderPart = {
    ...first,
    keys: ["task_id"],
    descending: true,
    belongs: { sql: `${value} is null`, parameters: [] },
  };
  return [first, last];
}

/** Which part of the order a place is in. */
export function isOfPart(part: OrderPart, place: HistoryPlace): boolean {
  return (place.value === undefined) === (part.keys.length === 1);
}

/** What comes after the place in the part's order; `orAt`: or is the place itself, up to it and not beyond. */
export function after(part: OrderPart, place: HistoryPlace): Condition {
  return compare(part, part.descending ? "<" : ">", place);
}

export function upTo(part: OrderPart, place: HistoryPlace): Condition {
  return compare(part, part.descending ? ">=" : "<=", place);
}

function compare(part: OrderPart, sign: string, { value, taskId }: HistoryPlace): Condition {
  if (part.keys.length === 1) return { sql: `task_id ${sign} ?`, parameters: [taskId] };
  return { sql: `(${part.keys.join(", ")}) ${sign} (?, ?)`, parameters: [value ?? 0, taskId] };
}

export function orderBy(part: OrderPart): string {
  const direction = part.descending ? "desc" : "asc";
  return `order by ${part.keys.map((key) => `${key} ${direction}`).join(", ")}`;
}

export function comparePlaces(part: OrderPart, left: HistoryPlace, right: HistoryPlace): number {
  const byValue = (left.value ?? 0) - (right.value ?? 0);
  const ascending = byValue === 0 ? left.taskId - right.taskId : byValue;
  return part.descending ? -ascending : ascending;
}
