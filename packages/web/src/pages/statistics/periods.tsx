/** All runs together, stretch of time by stretch of time: how much was protected, how much it cost. */

import { formatSize } from "@ironcore-backup/base";
import type { RunPeriod, Statistics } from "@ironcore-backup/protocol/calls";
import { drawnSince } from "../../parts/chart/scale.ts";
import { TimeChart } from "../../parts/chart/time-chart.tsx";
import { countOf, formatCount } from "../../parts/stage-text.ts";
import { formatMetric } from "./metric-text.ts";
import styles from "./statistics.module.css";

const HOUR_MS = 3_600_000;

interface View {
  readonly name: string;
  readonly unit: "bytes" | "plain";
  readonly format: (value: number) => string;
  readonly valueOf: (period: RunPeriod) => number | undefined;
}

const VIEWS: readonly View[] = [
  { name: "Backups", unit: "plain", format: formatCount, valueOf: ({ runCount }) => runCount },
  {
    name: "Backed up (pre-encrypt size)",
    unit: "bytes",
    format: formatSize,
    valueOf: ({ preEncryptBytes }) => preEncryptBytes,
  },
  { name: "Added on disk", unit: "bytes", format: formatSize, valueOf: ({ onDiskBytes }) => onDiskBytes },
  {
    name: "Read from sources",
    unit: "bytes",
    format: formatSize,
    valueOf: ({ sourceReadBytes }) => sourceReadBytes,
  },
  {
    name: "Deduplication hit rate",
    unit: "plain",
    format: (value) => formatMetric("deduplicationHitRate", value),
    valueOf: ({ metrics }) => metrics.deduplicationHitRate,
  },
  {
    name: "Compression ratio",
    unit: "plain",
    format: (value) => formatMetric("compressionRatio", value),
    valueOf: ({ metrics }) => metrics.compressionRatio,
  },
];

export function Periods({ statistics }: { readonly statistics: Statistics }) {
  const { periodMs, runCount } = statistics;
  return (
    <section className={styles["group"]} aria-label="All runs">
      <header className={styles["groupHead"]}>
        <h2>All runs</h2>
        <span className="quiet">
          {countOf(runCount, "backup")}, a point for each {lengthWord(periodMs)} with any
        </span>
      </header>
      <div className={styles["charts"]}>
        {VIEWS.map((view) => (
          <PeriodChart key={view.name} view={view} statistics={statistics} />
        ))}
      </div>
    </section>
  );
}

function PeriodChart({ view, statistics }: { readonly view: View; readonly statistics: Statistics }) {
  const { name, unit, format, valueOf } = view;
  const { since, until, periods } = statistics;
  const points = periods.flatMap((period) => {
    const value = valueOf(period);
    return value === undefined ? [] : [{ at: Math.max(period.at, since), value }];
  });
  const latest = points.at(-1);
  return (
    <figure className={styles["chart"]}>
      <figcaption>
        <b>{name}</b>
        {latest !== undefined && <span>{format(latest.value)}</span>}
      </figcaption>
      <TimeChart
        label={name}
        points={points}
        format={format}
        unit={unit}
        since={drawnSince(since, until, points[0]?.at)}
        until={until}
        isArea
        height={140}
      />
    </figure>
  );
}

function lengthWord(durationMs: number): string {
  const hours = Math.round(durationMs / HOUR_MS);
  if (hours <= 1) return "hour";
  if (hours < 24) return `${hours} hours`;
  return hours === 24 ? "day" : countOf(Math.round(hours / 24), "day");
}
