/** What is compared with itself: each group, by job or by hand. Those with something unusual stand first. */

import { Link } from "@tanstack/react-router";
import type { RunMetric, RunSeries, Statistics } from "@ironcore-backup/protocol/calls";
import { Ago } from "../../parts/instant.tsx";
import { Mark } from "../../parts/mark.tsx";
import { formatCount } from "../../parts/stage-text.ts";
import { formatMetric, METRIC_WORDS } from "./metric-text.ts";
import type { ChangeSearch } from "./statistics-page.tsx";
import { groupName } from "./group-name.ts";
import type { StatisticsSearch } from "./statistics-search.ts";
import styles from "./statistics.module.css";

const SHOWN: readonly { readonly metric: RunMetric; readonly head: string }[] = [
  { metric: "durationMs", head: "Duration" },
  { metric: "newStoredBytes", head: "New" },
  { metric: "deduplicationHitRate", head: "Known" },
  { metric: "compressionRatio", head: "Compressed" },
  { metric: "effectiveTransferRateBytesPerSecond", head: "Sent" },
];

export function SeriesList({
  statistics: { series },
  search,
  change,
}: {
  readonly statistics: Statistics;
  readonly search: StatisticsSearch;
  readonly change: ChangeSearch;
}) {
  return (
    <section className={styles["list"]} aria-label="Groups">
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Latest</th>
            <th scope="col" className="number">
              Runs
            </th>
            {SHOWN.map(({ metric, head }) => (
              <th key={metric} scope="col" className="number" title={METRIC_WORDS[metric].meaning}>
                {head}
              </th>
            ))}
            <th scope="col">Stands</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => (
            <Row
              key={`${one.datastore} ${one.namespace} ${one.group} ${one.job ?? ""}`}
              one={one}
              search={search}
              change={change}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({
  one,
  search,
  change,
}: {
  readonly one: RunSeries;
  readonly search: StatisticsSearch;
  readonly change: ChangeSearch;
}) {
  const { datastore, job, latestAt, latestUpid, runCount, metrics } = one;
  const group = groupName(one);
  const isOpen = search.datastore === datastore && search.group === group;
  return (
    <tr data-open={isOpen}>
      <th scope="row">
        <button
          type="button"
          aria-pressed={isOpen}
          onClick={() => change({ datastore, group: isOpen ? undefined : group })}
        >
          {datastore}:{group}
        </button>
        {job !== undefined && <span className="quiet"> by job {job}</span>}
      </th>
      <td>
        <Link to="/tasks/$upid" params={{ upid: latestUpid }}>
          <Ago at={latestAt} />
        </Link>
      </td>
      <td className="number">{formatCount(runCount)}</td>
      {SHOWN.map(({ metric }) => {
        const standing = metrics[metric];
        const isUnusual = standing?.verdict === "high" || standing?.verdict === "low";
        return (
          <td key={metric} className={`number ${isUnusual ? (styles["unusual"] ?? "") : ""}`}>
            {standing?.latest === undefined ? "–" : formatMetric(metric, standing.latest)}
          </td>
        );
      })}
      <td>
        <Standing one={one} />
      </td>
    </tr>
  );
}

function Standing({ one: { unusual, metrics } }: { readonly one: RunSeries }) {
  if (unusual.length > 0) {
    const rule = unusual.map((metric) => unusualWords(metric, metrics[metric])).join("; ");
    return <Mark tone="warning" icon="warning" word={unusualNames(unusual)} rule={rule} />;
  }
  const isKnown = Object.values(metrics).some(({ verdict }) => verdict !== "unknown");
  return isKnown ? (
    <Mark tone="ok" icon="ok" word="as usual" rule="Every metric lies in the range of the runs before it" />
  ) : (
    <Mark tone="queued" icon="unknown" word="too few runs" rule="What is usual is known after some runs" />
  );
}

/** One unusual thing mostly makes others unusual too: the first stands for them, the rule names all. */
function unusualNames([first, ...others]: readonly RunMetric[]): string {
  const name = first === undefined ? "" : METRIC_WORDS[first].name.toLowerCase();
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}

function unusualWords(metric: RunMetric, standing: RunSeries["metrics"][RunMetric]): string {
  const { name } = METRIC_WORDS[metric];
  if (standing?.latest === undefined || standing.usual === undefined) return name;
  const { low, high } = standing.usual;
  return `${name} ${formatMetric(metric, standing.latest)}, usually ${formatMetric(metric, low)} to ${formatMetric(metric, high)}`;
}
