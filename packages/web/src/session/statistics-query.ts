/** What the Statistics page asks. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { StatisticsQuery } from "@ironcore-backup/protocol/calls";
import { AFTER_TASKS } from "./query.ts";

export const statisticsQuery = (client: Client, query: StatisticsQuery) =>
  queryOptions({
    queryKey: ["statistics", query],
    queryFn: ({ signal }) => client.call("getStatistics", { query, signal }),
    placeholderData: keepPreviousData,
    meta: AFTER_TASKS,
  });
