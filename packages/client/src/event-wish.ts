/**
 * Which facts a reader of the stream asks for, and how it asks for others without missing one: the reader opens the
 * stream anew behind the last number it has, so what happened in between comes under the new wish.
 */

import type { EventKind } from "@ironcore-backup/protocol/calls";

/** Everything that is given must hold; nothing given is everything but log lines. */
export interface EventFilter {
  /** Only facts about this task, its log lines among them. */
  readonly upid?: string;
  /** Log lines of these tasks, beside all else that is asked for. At most eight. */
  readonly logOf?: readonly string[];
  readonly kinds?: readonly EventKind[];
  readonly datastore?: string;
  readonly project?: string;
}

export interface EventWish {
  /** What is wished now. */
  filter(): EventFilter;
  /** From now on this. What holds already changes nothing. */
  change(filter: EventFilter): void;
  /** Fires when it is no longer what it was at this call. */
  changed(): AbortSignal;
}

export function createEventWish(first: EventFilter = {}): EventWish {
  let filter = first;
  let change = new AbortController();
  return {
    filter: () => filter,
    change: (next) => {
      if (formatEventFilter(next) === formatEventFilter(filter)) return;
      filter = next;
      const old = change;
      change = new AbortController();
      old.abort();
    },
    changed: () => change.signal,
  };
}

/** As the query of the request, with its `?`; "" when nothing is narrowed. */
export function formatEventFilter({ upid, logOf, kinds, datastore, project }: EventFilter): string {
  const query = new URLSearchParams();
  if (upid !== undefined) query.set("upid", upid);
  // A UPID holds no space.
  if (logOf !== undefined && logOf.length > 0) query.set("logOf", [...new Set(logOf)].toSorted().join(" "));
  if (kinds !== undefined) query.set("kinds", [...new Set(kinds)].toSorted().join(","));
  if (datastore !== undefined) query.set("datastore", datastore);
  if (project !== undefined) query.set("project", project);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
