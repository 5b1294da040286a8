/** One group's runs, a chart for each metric: what is usual lies in the band, a run outside of it is marked and leads to its task. */

import { ActionIcon } from "@mantine/core";
import { RUN_METRICS } from "@ironcore-backup/protocol/calls";
import type { RunMetric, RunSeries, RunStatistics, Statistics } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { drawnSince } from "../../parts/chart/scale.ts";
import { TimeChart } from "../../parts/chart/time-chart.tsx";
import type { ChartPoint } from "../../parts/chart/time-chart.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { formatMetric, METRIC_WORDS, metricUnit } from "./metric-text.ts";
import styles from "./statistics.module.css";

export function GroupMetrics({
  statistics,
  group,
  onClose,
}: {
  readonly statistics: Statistics;
  readonly group: string;
  readonly onClose: () => void;
}) {
  const { runs, runCount, series } = statistics;
  // Runs of a job and runs by hand are not compared with each other; the latest ones' range is drawn.
  const latest = series.find(({ latestUpid }) => latestUpid === runs[0]?.upid) ?? series[0];
  const oldestFirst = runs.toReversed();
  return (
    <section className={styles["group"]} aria-label={`Runs of ${group}`}>
      <header className={styles["groupHead"]}>
        <h2>{group}</h2>
        <span className="quiet">
          {countOf(runCount, "run")}
          {runCount > runs.length && `, the newest ${runs.length} drawn`}
        </span>
        <ActionIcon variant="subtle" color="gray" aria-label="Show all groups" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </header>
      <div className={styles["charts"]}>
        {RUN_METRICS.map((metric) => (
          <MetricChart
            key={metric}
            metric={metric}
            runs={oldestFirst}
            latest={latest}
            statistics={statistics}
          />
        ))}
      </div>
    </section>
  );
}

function MetricChart({
  metric,
  runs,
  latest,
  statistics: { since, until },
}: {
  readonly metric: RunMetric;
  readonly runs: readonly RunStatistics[];
  readonly latest: RunSeries | undefined;
  readonly statistics: Statistics;
}) {
  const points = runs.flatMap((run) => pointOf(run, metric));
  const standing = latest?.metrics[metric];
  const { name, meaning } = METRIC_WORDS[metric];
  return (
    <figure className={styles["chart"]}>
      <figcaption title={meaning}>
        <b>{name}</b>
        {standing?.latest !== undefined && (
          <span
            className={
              standing.verdict === "usual" || standing.verdict === "unknown" ? "" : styles["unusual"]
            }
          >
            {formatMetric(metric, standing.latest)}
          </span>
        )}
        {standing?.usual !== undefined && (
          <span className="quiet">
            usually {formatMetric(metric, standing.usual.low)} to {formatMetric(metric, standing.usual.high)}
          </span>
        )}
      </figcaption>
      {points.length === 0 ? (
        <p className="quiet">Nothing to divide in any of these runs.</p>
      ) : (
        <TimeChart
          label={name}
          points={points}
          format={(value) => formatMetric(metric, value)}
          unit={metricUnit(metric)}
          since={drawnSince(since, until, runs[0]?.endedAt)}
          until={until}
          band={standing?.usual}
          height={140}
        />
      )}
    </figure>
  );
}

function pointOf(
  { endedAt, upid, metrics, unusual, isFull }: RunStatistics,
  metric: RunMetric,
): ChartPoint[] {
  const value = metrics[metric];
  if (value === undefined) return [];
  return [{ at: endedAt, value, upid, isUnusual: unusual.includes(metric), isApart: isFull }];
}
