/**
 * What pages ask the server, each question with the key under which its answer is kept. Answers do not grow old by
 * themselves: facts of the event stream correct or void them (`live-cache.ts`).
 */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { TaskCountQuery, TaskListQuery } from "@ironcore-backup/protocol/calls";

/** First words of keys, for voiding all that begin with them. */
export const QUERY_KEYS = {
  whoami: ["whoami"],
  status: ["status"],
  /** Answers with whole tasks in them: `Task`, `TaskList`, pages of `TaskList`. */
  tasks: ["tasks"],
  taskLists: ["tasks", "list"],
  taskCounts: ["task-counts"],
  datastores: ["datastores"],
} as const;

/** Asked anew some time after a task came or ended (`live-cache.ts`). */
export const AFTER_TASKS = { refresh: "after-tasks" } as const;

export const whoamiQuery = (client: Client) =>
  queryOptions({
    queryKey: QUERY_KEYS.whoami,
    queryFn: ({ signal }) => client.call("whoami", { signal }),
  });

export const statusQuery = (client: Client) =>
  queryOptions({
    queryKey: QUERY_KEYS.status,
    queryFn: ({ signal }) => client.call("getStatus", { signal }),
    meta: AFTER_TASKS,
  });

export const taskQuery = (client: Client, upid: string) =>
  queryOptions({
    queryKey: [...QUERY_KEYS.tasks, "one", upid],
    queryFn: ({ signal }) => client.call("getTask", { params: { upid }, signal }),
  });

export const taskListQuery = (client: Client, query: TaskListQuery) =>
  queryOptions({
    queryKey: [...QUERY_KEYS.taskLists, query],
    queryFn: ({ signal }) => client.call("listTasks", { query, signal }),
  });

export const taskCountsQuery = (client: Client, query: TaskCountQuery) =>
  queryOptions({
    queryKey: [...QUERY_KEYS.taskCounts, query],
    queryFn: ({ signal }) => client.call("countTasks", { query, signal }),
    placeholderData: keepPreviousData,
    meta: AFTER_TASKS,
  });

/** No fact tells how full a disk is: it is asked for after tasks ended, and once in a while. */
const DATASTORE_REFRESH_MS = 60_000;

export const datastoresQuery = (client: Client) =>
  queryOptions({
    queryKey: QUERY_KEYS.datastores,
    queryFn: ({ signal }) => client.call("listDatastores", { signal }),
    refetchInterval: DATASTORE_REFRESH_MS,
    meta: AFTER_TASKS,
  });
