/** `stats`: how full the datastores were and will be, how backups ran, and what was unusual about them. */

import type { Command } from "commander";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import { RUN_METRICS } from "@ironcore-backup/protocol/calls";
import type {
  Datastore,
  RunMetric,
  RunSeries,
  RunStatistics,
  Statistics,
  StatisticsQuery,
} from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { describeFill } from "../display/fill-view.ts";
import { plural, printable, showInstant, showPercent } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseMoment } from "../moment.ts";

interface StatsOptions {
  readonly datastore?: string;
  readonly namespace?: string;
  readonly group?: string;
  readonly job?: string;
  readonly project?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
}

const LIMIT_DEFAULT = "20";

export function statsCommand(context: CommandContext): Command {
  return createCommand(
    "stats",
    "how full the datastores are and will be, how backups ran, what was unusual",
    ["stats", "stats --datastore main --since 90d", "stats --group host/web-1"],
  )
    .option("--datastore <NAME>", "only this datastore")
    .option("--namespace <NS>", "only this namespace")
    .option("--group <GROUP>", "only this group, as type/id")
    .option("--job <NAME>", "only this job")
    .option("--project <NAME>", "only this project")
    .option("--since <TIME>", "an age like 30d, or a date", "30d")
    .option("--until <TIME>", "an age or a date")
    .option("--limit <N>", "so many of the newest runs", LIMIT_DEFAULT)
    .action(async (options: Options<StatsOptions>) => {
      const client = await context.connect(options);
      const statistics = await client.call("getStatistics", {
        query: queryOf(options, context.clock.now()),
        signal: context.signal,
      });
      const all = await client.call("listDatastores", { signal: context.signal });
      const datastores = all.filter(
        ({ name }) => options.datastore === undefined || name === options.datastore,
      );
      printResult(context, options, { statistics, datastores }, () => [
        ...datastores.flatMap((one) => [...describeSpace(one, context.clock.now()), ""]),
        ...describeStatistics(context.look, statistics),
      ]);
    });
}

function queryOf(options: StatsOptions, now: number): StatisticsQuery {
  const { datastore, namespace, group, job, project } = options;
  return {
    ...(datastore === undefined ? {} : { datastore }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(group === undefined ? {} : { group }),
    ...(job === undefined ? {} : { job }),
    ...(project === undefined ? {} : { project }),
    since: parseMoment(options.since ?? "30d", now),
    ...(options.until === undefined ? {} : { until: parseMoment(options.until, now) }),
    limit: Number(options.limit ?? LIMIT_DEFAULT),
  };
}

function describeSpace(one: Datastore, now: number): string[] {
  const { usedBytes, totalBytes, freeBytes, deduplicationRatio, chunkCount, storedBytes } = one;
  const about = one.chunksAreEstimate === true ? "about " : "";
  return [
    `${one.name}  ${one.status}${one.isSpaceLow === true ? ", little space left" : ""}`,
    ...(usedBytes === undefined || totalBytes === undefined || freeBytes === undefined
      ? []
      : [
          `  Disk         ${formatSize(usedBytes)} used, ${formatSize(freeBytes)} free of ${formatSize(totalBytes)}`,
        ]),
    ...(one.fill === undefined ? [] : [`  Full         ${describeFill(one.fill, now)}`]),
    ...(one.snapshotCount === undefined ? [] : [`  Snapshots    ${plural(one.snapshotCount, "snapshot")}`]),
    ...(chunkCount === undefined || storedBytes === undefined
      ? []
      : [`  Chunks       ${about}${plural(chunkCount, "chunk")}, ${formatSize(storedBytes)}`]),
    ...(deduplicationRatio === undefined
      ? []
      : [`  Saved        ${about}${deduplicationRatio.toFixed(1)} times what is stored`]),
  ];
}

function describeStatistics(look: Look, statistics: Statistics): string[] {
  const { runCount, runs, series } = statistics;
  if (runCount === 0) return [`No backup has ended well since ${showInstant(statistics.since)}`];
  const unusual = series.filter((one) => one.unusual.length > 0);
  return [
    `${plural(runCount, "backup")} since ${showInstant(statistics.since)}`,
    "",
    ...renderRuns(look, runs).split("\n"),
    ...(unusual.length === 0 ? [] : ["", ...unusual.flatMap((one) => describeUnusual(look, one))]),
  ];
}

function renderRuns(look: Look, runs: readonly RunStatistics[]): string {
  const heads = ["Ended", "Group", "Duration", "Read", "Sent", "Known", "Compressed", "Logical / disk", ""];
  const rows = runs.map((run) => [
    showInstant(run.endedAt),
    printable(`${run.datastore}:${run.namespace === "" ? "" : `${run.namespace}/`}${run.group}`),
    show("durationMs", run.metrics.durationMs),
    show("sourceReadRateBytesPerSecond", run.metrics.sourceReadRateBytesPerSecond),
    show("effectiveTransferRateBytesPerSecond", run.metrics.effectiveTransferRateBytesPerSecond),
    show("deduplicationHitRate", run.metrics.deduplicationHitRate),
    show("compressionRatio", run.metrics.compressionRatio),
    show("preEncryptToDiskRatio", run.metrics.preEncryptToDiskRatio),
    run.isFull ? "first" : run.unusual.length > 0 ? look.paint("yellow", "▲ unusual") : "",
  ]);
  return renderTable(look, heads, rows, [
    "left",
    "left",
    "right",
    "right",
    "right",
    "right",
    "right",
    "right",
    "left",
  ]);
}

function describeUnusual(look: Look, one: RunSeries): string[] {
  const name = printable(`${one.datastore}:${one.namespace === "" ? "" : `${one.namespace}/`}${one.group}`);
  return [
    `${look.paint("yellow", "▲")} ${name}: the backup of ${showInstant(one.latestAt)} is unlike those before it`,
    ...RUN_METRICS.flatMap((metric) => {
      const standing = one.metrics[metric];
      if (standing?.usual === undefined || (standing.verdict !== "low" && standing.verdict !== "high"))
        return [];
      const { low, high, runCount } = standing.usual;
      const range = `${show(metric, low)} to ${show(metric, high)} in ${plural(runCount, "run")}`;
      return [`    ${LABELS[metric]} ${show(metric, standing.latest)}, usually ${range}`];
    }),
  ];
}

const LABELS: Readonly<Record<RunMetric, string>> = {
  effectiveTransferRateBytesPerSecond: "Effective transfer rate",
  sourceReadRateBytesPerSecond: "Source read rate",
  deduplicationHitRate: "Deduplication hit rate",
  compressionRatio: "Compression ratio",
  preEncryptToDiskRatio: "Pre-encrypt size vs. on-disk size",
  durationMs: "Duration",
  newStoredBytes: "New data",
};

function show(metric: RunMetric, value: number | undefined): string {
  if (value === undefined) return "";
  switch (metric) {
    case "effectiveTransferRateBytesPerSecond":
    case "sourceReadRateBytesPerSecond":
      return `${formatSize(Math.round(value))}/s`;
    case "deduplicationHitRate":
      return showPercent(value);
    case "durationMs":
      return formatDuration(value);
    case "newStoredBytes":
      return formatSize(Math.round(value));
    case "compressionRatio":
    case "preEncryptToDiskRatio":
      return `${value >= 100 ? Math.round(value) : value.toFixed(1)}×`;
  }
}
