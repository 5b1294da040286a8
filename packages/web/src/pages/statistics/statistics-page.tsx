/** How backups run over time: of everything, of one datastore, of one group; what is usual, and what fell out of it. */

import { useMemo } from "react";
import { SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { parseGroupRef } from "@ironcore-backup/base";
import type { Datastore, StatisticsQuery } from "@ironcore-backup/protocol/calls";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { withoutAbsent, wordOf } from "../../parts/search-words.ts";
import { useNeeds, useNow } from "../../session/needs.tsx";
import { datastoresQuery } from "../../session/query.ts";
import { statisticsQuery } from "../../session/statistics-query.ts";
import { GroupMetrics } from "./group-metrics.tsx";
import { Periods } from "./periods.tsx";
import { SeriesList } from "./series-list.tsx";
import { parseStatisticsSearch, SPAN_DEFAULT, SPAN_NAMES, SPANS } from "./statistics-search.ts";
import type { StatisticsSearch } from "./statistics-search.ts";
import styles from "./statistics.module.css";

const DAY_MS = 86_400_000;
const NOW_STEP_SECONDS = 60;
const RUN_COUNT_MAX = 1000;

export type ChangeSearch = (change: {
  readonly [Key in keyof StatisticsSearch]?: StatisticsSearch[Key] | undefined;
}) => void;

export function StatisticsPage() {
  const { client } = useNeeds();
  const search = useSearch({ from: "/shell/statistics" });
  const change = useChange();
  const now = useNow(NOW_STEP_SECONDS);
  const { data: datastores } = useQuery(datastoresQuery(client));
  const { data, error, refetch } = useQuery(statisticsQuery(client, queryOf(search, now)));
  return (
    <>
      <PageHead
        title="Statistics"
        aside={<Question search={search} change={change} datastores={datastores ?? []} />}
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.runCount === 0 && (
        <EmptyState command="ironcore-backup backup --path /etc --datastore main --wait">
          No backup has ended well in this time. Take one, or look further back:
        </EmptyState>
      )}
      {data !== undefined && data.runCount > 0 && (
        <div className={styles["page"]}>
          {search.group === undefined ? (
            <Periods statistics={data} />
          ) : (
            <GroupMetrics
              statistics={data}
              group={search.group}
              onClose={() => change({ group: undefined })}
            />
          )}
          <SeriesList statistics={data} search={search} change={change} />
        </div>
      )}
    </>
  );
}

function queryOf({ datastore, group, span = SPAN_DEFAULT }: StatisticsSearch, now: number): StatisticsQuery {
  const since = now - Number.parseInt(span, 10) * DAY_MS;
  const common = { since, limit: RUN_COUNT_MAX, ...(datastore === undefined ? {} : { datastore }) };
  if (group === undefined) return common;
  const { namespace, type, id } = parseGroupRef(group);
  return { ...common, namespace, group: `${type}/${id}` };
}

function useChange(): ChangeSearch {
  const navigate = useNavigate();
  return useMemo(
    () => (change) =>
      void navigate({
        to: "/statistics",
        search: (before) =>
          parseStatisticsSearch(withoutAbsent({ ...parseStatisticsSearch(before), ...change })),
        resetScroll: false,
      }),
    [navigate],
  );
}

function Question({
  search: { datastore, span = SPAN_DEFAULT },
  change,
  datastores,
}: {
  readonly search: StatisticsSearch;
  readonly change: ChangeSearch;
  readonly datastores: readonly Datastore[];
}) {
  return (
    <div className={styles["question"]}>
      <Select
        size="xs"
        aria-label="Datastore"
        placeholder="All datastores"
        clearable
        data={datastores.map(({ name }) => name)}
        value={datastore ?? null}
        onChange={(value) => change({ datastore: value ?? undefined, group: undefined })}
      />
      <SegmentedControl
        size="xs"
        aria-label="How far back"
        data={SPAN_NAMES.map((value) => ({ value, label: SPANS[value] }))}
        value={span}
        onChange={(value) => change({ span: wordOf(SPAN_NAMES, value) })}
      />
    </div>
  );
}
