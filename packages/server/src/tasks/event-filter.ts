/**
 * Which facts one reader gets: those it asks for, of those it may see.
 *
 * What is asked for narrows: every part that is given must hold, and a fact that has no such property (a worker has no
 * datastore) does not hold it. `logOf` alone adds: the log lines of those tasks come beside whatever else is asked for.
 * Log lines that nobody named do not come: they are most of all that is told.
 */

import { EVENT_KINDS } from "@ironcore-backup/protocol";
import type { EventKind, EventQuery } from "@ironcore-backup/protocol";
import { isTaskVisible } from "../state/task-visibility.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import type { RecordedEvent } from "./event-stream.ts";

export type EventFilter = Omit<EventQuery, "kinds" | "logOf" | "after"> & {
  readonly logOf?: ReadonlySet<string>;
  /** Absent: all. */
  readonly kinds?: ReadonlySet<EventKind>;
};

/** What a reader may see, as it was worked out last. */
export interface EventSight {
  readonly tasks: TaskVisibility;
  /** Workers and the scheduler. */
  readonly workers: boolean;
  readonly datastores: "all" | ReadonlySet<string>;
}

/** @param query  checked against its schema */
export function parseEventFilter(query: EventQuery): EventFilter {
  const { kinds, logOf, after: _after, ...rest } = query;
  const named = new Set(kinds?.split(","));
  return {
    ...rest,
    ...(logOf === undefined ? {} : { logOf: new Set(logOf.split(" ")) }),
    ...(kinds === undefined ? {} : { kinds: new Set(EVENT_KINDS.filter((kind) => named.has(kind))) }),
  };
}

/** Whether any log line can pass. */
export function wantsLines(filter: EventFilter): boolean {
  if (filter.logOf !== undefined && filter.logOf.size > 0) return true;
  return filter.upid !== undefined && (filter.kinds?.has("task-logged") ?? true);
}

export function isWanted(filter: EventFilter, event: RecordedEvent): boolean {
  const upid = event.task?.upid;
  if (event.kind === "task-logged") {
    if (upid !== undefined && filter.logOf?.has(upid) === true) return true;
    if (filter.upid !== upid) return false;
  }
  if (filter.kinds?.has(event.kind) === false) return false;
  if (filter.upid !== undefined && filter.upid !== upid) return false;
  if (filter.datastore !== undefined && filter.datastore !== datastoreOf(event)) return false;
  return filter.project === undefined || filter.project === event.task?.project;
}

function datastoreOf(event: RecordedEvent): string | undefined {
  return event.kind === "datastore-changed" ? event.name : event.task?.datastore;
}

/** Deny by default: a kind that is not named here is seen by nobody. */
export function isVisible(sight: EventSight, event: RecordedEvent): boolean {
  switch (event.kind) {
    case "task-changed":
    case "task-logged":
      return event.task !== undefined && isTaskVisible(sight.tasks, event.task);
    case "datastore-changed":
      return sight.datastores === "all" || (event.name !== undefined && sight.datastores.has(event.name));
    case "worker-changed":
    case "scheduler-changed":
      return sight.workers;
    // It says that there is something, not what: each reader gets of the inbox what it may see.
    case "inbox-changed":
      return true;
    default:
      return false;
  }
}
