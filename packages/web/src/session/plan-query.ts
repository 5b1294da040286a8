/**
 * What pages ask about workloads, jobs and runs. No fact of the event stream tells of them: they are asked anew after a task
 * ended, after a change that a person made here, and once in a while, because time itself changes them.
 */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { CalendarQuery, RunListQuery } from "@ironcore-backup/protocol/calls";
import { AFTER_TASKS } from "./query.ts";

/** The first word of every key below. */
export const PLANS_KEY = ["plans"] as const;
const REFRESH_MS = 30_000;
const fresh = { meta: AFTER_TASKS, refetchInterval: REFRESH_MS } as const;

export const workloadsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...PLANS_KEY, "workloads"],
    queryFn: ({ signal }) => client.call("listWorkloads", { signal }),
    ...fresh,
  });

export const jobsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...PLANS_KEY, "jobs"],
    queryFn: ({ signal }) => client.call("listJobs", { signal }),
    ...fresh,
  });

export const runsQuery = (client: Client, query: RunListQuery) =>
  queryOptions({
    queryKey: [...PLANS_KEY, "runs", query],
    queryFn: ({ signal }) => client.call("listRuns", { query, signal }),
    placeholderData: keepPreviousData,
    ...fresh,
  });

export const calendarQuery = (client: Client, query: CalendarQuery) =>
  queryOptions({
    queryKey: [...PLANS_KEY, "calendar", query],
    queryFn: ({ signal }) => client.call("getCalendar", { query, signal }),
    placeholderData: keepPreviousData,
    ...fresh,
  });

export const protectionQuery = (client: Client) =>
  queryOptions({
    queryKey: [...PLANS_KEY, "protection"],
    queryFn: ({ signal }) => client.call("getProtection", { signal }),
    ...fresh,
  });

/** What a schedule means; a mistake in it is the error. */
export const schedulePreviewQuery = (
  client: Client,
  { schedule, timeZone }: { readonly schedule: string; readonly timeZone: string | undefined },
) =>
  queryOptions({
    queryKey: ["schedule-preview", schedule, timeZone],
    queryFn: ({ signal }) =>
      client.call("previewSchedule", {
        body: { schedule, count: 5, ...(timeZone === undefined ? {} : { timeZone }) },
        signal,
      }),
    placeholderData: keepPreviousData,
    retry: false,
  });

/** Names to choose from; nobody who may not see them is asked. */
export const projectsQuery = (client: Client) =>
  queryOptions({
    queryKey: ["projects"],
    queryFn: ({ signal }) => client.call("listProjects", { signal }),
  });
