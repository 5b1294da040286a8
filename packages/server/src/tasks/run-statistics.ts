/**
 * The statistics of backups over time: each run that ends well is kept with what was unusual about it, compared with the
 * runs before it of the same job (or, by hand, of the same group). The first run of a series is compared with nothing.
 */

import type { Clock } from "@ironcore-backup/base";
import { RUN_METRICS } from "@ironcore-backup/protocol";
import type {
  RunMetric,
  RunSeries,
  RunStatistics,
  Statistics,
  StatisticsQuery,
  Task,
} from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import {
  deleteRuns,
  insertRun,
  listLatestRuns,
  listRuns,
  listRunsBefore,
  sumRuns,
} from "../state/run-statistics-records.ts";
import type { RunQuestion, RunRecord } from "../state/run-statistics-records.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import { isBlind } from "../state/task-visibility.ts";
import { metricsOf } from "./run-metrics.ts";
import type { RunSums } from "./run-metrics.ts";
import { USUAL_RUN_COUNT_MAX, usualRange, verdictOf } from "./usual-range.ts";

const DAY_MS = 86_400_000;
const SINCE_DEFAULT_MS = 30 * DAY_MS;
const LIMIT_DEFAULT = 200;
const SERIES_COUNT_MAX = 200;
const PERIOD_COUNT_MAX = 400;
/** Whole, so that a period begins with an hour, a day, a week. */
const PERIODS_MS = [DAY_MS / 24, DAY_MS / 4, DAY_MS, 7 * DAY_MS, 28 * DAY_MS];
const KEPT_MS = 5 * 366 * DAY_MS;

export interface RunStatisticsRoom {
  /** A task has ended well; backups are kept. */
  runEnded(task: Task): Promise<void>;
  read(query: StatisticsQuery, visibility: TaskVisibility): Promise<Statistics>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
}

export function createRunStatistics(needs: Needs): RunStatisticsRoom {
  const { database } = needs.state;
  return {
    runEnded: async (task) => {
      const run = runOf(task, needs.clock.now());
      if (run === undefined) return;
      const unusual = await unusualOf(needs, run);
      await insertRun(database, { ...run, ...unusual });
      await deleteRuns(database, { before: run.ended_at - KEPT_MS });
    },
    read: (query, visibility) => read(needs, query, visibility),
  };
}

/** The group a backup went to is in its target: `main:NS/host/web-1[/TIME]`. */
function runOf(task: Task, now: number): RunRecord | undefined {
  if (task.statistics?.kind !== "backup") return undefined;
  const { snapshot, backup } = task.statistics;
  const [type = "", id = ""] = snapshot.split("/").slice(-3);
  return {
    upid: task.upid,
    ended_at: task.endedAt ?? now,
    auth_id: task.authId,
    datastore: task.datastore,
    namespace: task.namespace,
    group_name: `${type.slice(type.lastIndexOf(":") + 1)}/${id}`,
    job: task.job ?? null,
    project: task.project ?? null,
    is_full: 0,
    warning_count: task.warningCount,
    duration_ms: backup.durationMs,
    source_read_bytes: backup.sourceReadBytes,
    pre_encrypt_bytes: backup.preEncryptBytes,
    on_disk_bytes: backup.onDiskBytes,
    chunk_count: backup.chunkCount,
    known_chunk_count: backup.knownChunkCount,
    new_raw_bytes: backup.newRawBytes,
    new_compressed_bytes: backup.newCompressedBytes,
    new_stored_bytes: backup.newStoredBytes,
    unusual: "[]",
  };
}

async function unusualOf({ state }: Needs, run: RunRecord): Promise<Pick<RunRecord, "is_full" | "unusual">> {
  const before = await runsBefore(state, run);
  if (before.length === 0) return { is_full: 1, unusual: "[]" };
  const metrics = metricsOf(sumsOf(run));
  const unusual = RUN_METRICS.filter((metric) => {
    const verdict = verdictOf(metrics[metric], usualOf(metric, before));
    return verdict === "low" || verdict === "high";
  });
  return { is_full: 0, unusual: JSON.stringify(unusual) };
}

function runsBefore(state: State, run: RunRecord): Promise<RunRecord[]> {
  const key = {
    datastore: run.datastore,
    namespace: run.namespace,
    group: run.group_name,
    job: run.job ?? undefined,
  };
  // One more than is compared: the first of all is left out below.
  return listRunsBefore(state.database, key, { before: run.ended_at, limit: USUAL_RUN_COUNT_MAX + 1 });
}

function usualOf(metric: RunMetric, before: readonly RunRecord[]) {
  const values = before
    .filter((run) => run.is_full === 0)
    .map((run) => metricsOf(sumsOf(run))[metric])
    .filter((value) => value !== undefined);
  return usualRange(metric, values);
}

async function read(needs: Needs, query: StatisticsQuery, visibility: TaskVisibility): Promise<Statistics> {
  const { state, clock } = needs;
  const until = query.until ?? clock.now();
  const since = query.since ?? until - SINCE_DEFAULT_MS;
  const periodMs = periodFor(until - since);
  const empty = { since, until, runCount: 0, runs: [], series: [], periods: [], periodMs };
  if (isBlind(visibility)) return empty;
  const question: RunQuestion = {
    since,
    until,
    datastore: query.datastore,
    namespace: query.namespace,
    group: query.group,
    job: query.job,
    project: query.project,
    visibility,
  };
  const runs = await listRuns(state.database, question, { limit: query.limit ?? LIMIT_DEFAULT });
  const latest = await listLatestRuns(state.database, question, { limit: SERIES_COUNT_MAX });
  const series: RunSeries[] = [];
  for (const run of latest) series.push(await seriesOf(needs, run));
  const periods = await sumRuns(state.database, question, periodMs);
  return {
    ...empty,
    runCount: periods.reduce((sum, { runCount }) => sum + runCount, 0),
    runs: runs.map(presentRun),
    series,
    periods: periods.map(({ at, ...sums }) => ({
      at,
      runCount: sums.runCount,
      sourceReadBytes: sums.sourceReadBytes,
      preEncryptBytes: sums.preEncryptBytes,
      onDiskBytes: sums.onDiskBytes,
      metrics: metricsOf(sums),
    })),
  };
}

function periodFor(durationMs: number): number {
  return PERIODS_MS.find((one) => durationMs / one <= PERIOD_COUNT_MAX) ?? 28 * DAY_MS;
}

async function seriesOf(
  { state }: Needs,
  run: RunRecord & { readonly run_count: number },
): Promise<RunSeries> {
  const before = await runsBefore(state, run);
  const metrics = metricsOf(sumsOf(run));
  return {
    ...placeOf(run),
    runCount: run.run_count,
    latestUpid: run.upid,
    latestAt: run.ended_at,
    metrics: Object.fromEntries(
      RUN_METRICS.map((metric) => {
        const latest = metrics[metric];
        const usual = run.is_full === 1 ? undefined : usualOf(metric, before);
        const standing = {
          verdict: verdictOf(latest, usual),
          ...(latest === undefined ? {} : { latest }),
          ...(usual === undefined ? {} : { usual }),
        };
        return [metric, standing];
      }),
    ),
    unusual: unusualMetrics(run),
  };
}

function presentRun(run: RunRecord): RunStatistics {
  return {
    upid: run.upid,
    endedAt: run.ended_at,
    ...placeOf(run),
    ...(run.project === null ? {} : { project: run.project }),
    isFull: run.is_full === 1,
    warningCount: run.warning_count,
    sourceReadBytes: run.source_read_bytes,
    preEncryptBytes: run.pre_encrypt_bytes,
    onDiskBytes: run.on_disk_bytes,
    chunkCount: run.chunk_count,
    knownChunkCount: run.known_chunk_count,
    newRawBytes: run.new_raw_bytes,
    newCompressedBytes: run.new_compressed_bytes,
    metrics: metricsOf(sumsOf(run)),
    unusual: unusualMetrics(run),
  };
}

function placeOf({ datastore, namespace, group_name: group, job }: RunRecord) {
  return { datastore, namespace, group, ...(job === null ? {} : { job }) };
}

/** Written by this file from the same words. */
function unusualMetrics({ unusual }: RunRecord): RunMetric[] {
  return JSON.parse(unusual) as RunMetric[];
}

function sumsOf(run: RunRecord): RunSums {
  return {
    runCount: 1,
    durationMs: run.duration_ms,
    sourceReadBytes: run.source_read_bytes,
    preEncryptBytes: run.pre_encrypt_bytes,
    onDiskBytes: run.on_disk_bytes,
    chunkCount: run.chunk_count,
    knownChunkCount: run.known_chunk_count,
    newRawBytes: run.new_raw_bytes,
    newCompressedBytes: run.new_compressed_bytes,
    newStoredBytes: run.new_stored_bytes,
  };
}
