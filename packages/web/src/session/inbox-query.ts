/**
 * What pages ask about the inbox and about notifications. A fact of the event stream says that the inbox is another one; the rest
 * is asked anew after a change that a person made here, and once in a while, because deliveries go on by themselves.
 */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { DeliveryListQuery, InboxQuery, RulePreviewRequest } from "@ironcore-backup/protocol/calls";

/** First words of keys. */
export const INBOX_KEY = ["inbox"] as const;
export const NOTIFICATIONS_KEY = ["notifications"] as const;
const REFRESH_MS = 30_000;
const fresh = { refetchInterval: REFRESH_MS } as const;

export const inboxCountsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...INBOX_KEY, "counts"],
    queryFn: ({ signal }) => client.call("countInbox", { signal }),
  });

export const inboxQuery = (client: Client, query: InboxQuery) =>
  infiniteQueryOptions({
    queryKey: [...INBOX_KEY, "list", query],
    queryFn: ({ signal, pageParam }) =>
      client.call("listInbox", {
        query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });

export const noticeQuery = (client: Client, notice: number) =>
  queryOptions({
    queryKey: [...INBOX_KEY, "one", notice],
    queryFn: ({ signal }) => client.call("getNotice", { params: { notice: String(notice) }, signal }),
  });

export const targetsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...NOTIFICATIONS_KEY, "targets"],
    queryFn: ({ signal }) => client.call("listTargets", { signal }),
    ...fresh,
  });

export const groupsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...NOTIFICATIONS_KEY, "groups"],
    queryFn: ({ signal }) => client.call("listNotificationGroups", { signal }),
    ...fresh,
  });

export const rulesQuery = (client: Client) =>
  queryOptions({
    queryKey: [...NOTIFICATIONS_KEY, "rules"],
    queryFn: ({ signal }) => client.call("listNotificationRules", { signal }),
    ...fresh,
  });

export const rulePreviewQuery = (client: Client, request: RulePreviewRequest) =>
  queryOptions({
    queryKey: [...NOTIFICATIONS_KEY, "preview", request],
    queryFn: ({ signal }) => client.call("previewNotificationRule", { body: request, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const deliveriesQuery = (client: Client, query: DeliveryListQuery) =>
  infiniteQueryOptions({
    queryKey: [...NOTIFICATIONS_KEY, "deliveries", query],
    queryFn: ({ signal, pageParam }) =>
      client.call("listDeliveries", {
        query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    ...fresh,
  });
