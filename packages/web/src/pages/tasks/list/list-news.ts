/**
 * What facts would change about a list that stands: tasks that belong into it and are not there, and tasks in it that no
 * longer belong. Rows that stay are corrected in place elsewhere; these two wait until nobody is pointing at the list.
 */

import type { Event, Task, TaskCountQuery, TaskSortKey } from "@ironcore-backup/protocol/calls";
import { matchesQuery } from "./task-match.ts";

export interface ListNews {
  readonly fresh: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

export const NO_NEWS: ListNews = { fresh: new Set(), gone: new Set() };

export interface ListedTasks {
  readonly upids: ReadonlySet<string>;
  readonly query: TaskCountQuery;
  readonly sort: TaskSortKey;
}

/** Facts are told within a second of what they tell; one that is older is progress of a task on another page. */
const FRESH_MS_MAX = 5000;

/** The news after these facts; the same thing when they add nothing. */
export function foldListNews(news: ListNews, facts: readonly Event[], list: ListedTasks): ListNews {
  const fresh = new Set(news.fresh);
  const gone = new Set(news.gone);
  let changed = false;
  const put = (set: Set<string>, upid: string, isIn: boolean): void => {
    if (set.has(upid) === isIn) return;
    changed = true;
    if (isIn) set.add(upid);
    else set.delete(upid);
  };
  for (const fact of facts) {
    if (fact.kind !== "task-changed") continue;
    const { upid, task } = fact;
    const belongs = matchesQuery(task, list.query);
    if (list.upids.has(upid)) put(gone, upid, !belongs);
    else if (!belongs) put(fresh, upid, false);
    else if (fact.at - arrivalOf(task, list) < FRESH_MS_MAX) put(fresh, upid, true);
  }
  return changed ? { fresh, gone } : news;
}

/** When the task came to where the list looks: into the queue, or into one of the states that are asked for. */
function arrivalOf({ queuedAt, startedAt, endedAt }: Task, { query, sort }: ListedTasks): number {
  const isByState = query.state !== undefined;
  return Math.max(
    queuedAt,
    (isByState ? startedAt : undefined) ?? 0,
    (isByState || sort !== "queued" ? endedAt : undefined) ?? 0,
  );
}

/** `3 new tasks, 1 no longer belongs here` */
export function describeNews({ fresh, gone }: ListNews): string {
  const words = [
    ...(fresh.size > 0 ? [`${fresh.size} new ${fresh.size === 1 ? "task" : "tasks"}`] : []),
    ...(gone.size > 0 ? [`${gone.size} no longer ${gone.size === 1 ? "belongs" : "belong"} here`] : []),
  ];
  return words.join(", ");
}
