/**
 * The numbers of the house for Prometheus.
 *
 *   ends of tasks, answered requests ──► counters, histograms ─┐
 *   sources, each asked at most every so often ──► gauges ─────┴──► text, at a scrape
 *
 * A scrape costs what is kept in memory: what needs the store or a disk is asked seldom, waited for a bounded time, and
 * shown as it was when it does not answer. Counters begin at zero with the server; Prometheus knows how to read that.
 */

import type { Clock } from "@ironcore-backup/base";
import { EVENTS_PATH } from "@ironcore-backup/protocol";
import { cpuSeconds, readProcess } from "./process-reading.ts";
import {
  readDatastores,
  readDeliveries,
  readInstants,
  readJobs,
  readProtection,
  readTasks,
  readVerifications,
  readWorkers,
} from "./gauge-readings.ts";
import { createInstruments } from "./instruments.ts";
import type { Instruments } from "./instruments.ts";
import { keepSource } from "./kept-source.ts";
import type { KeptSource } from "./kept-source.ts";
import { LABEL_COUNTS_MAX, createLabelBound } from "./label-bound.ts";
import type { LabelBound } from "./label-bound.ts";
import type { EndedFacts, MetricSources } from "./metric-sources.ts";
import { sample } from "./sample.ts";
import type { Sample } from "./sample.ts";
import { createTaskCounts } from "./task-counts.ts";
import type { TaskCounts } from "./task-counts.ts";

export type { MetricSources } from "./metric-sources.ts";

/** Two statements for fifty jobs together; a thousand took 80 ms, with others let in between. */
const JOBS_KEPT_MS = 10_000;
/** It asks every datastore's disk. */
const DATASTORES_KEPT_MS = 10_000;
/** It walks the rows of a day, in a thread of its own. */
const INSTANTS_KEPT_MS = 60_000;
const INSTANTS_WITHIN_MS = 86_400_000;
/** It reads every report of a verification, in a thread of its own. */
const VERIFICATIONS_KEPT_MS = 60_000;
/** Several statements for each workload; a thousand took 0.7 s, with others let in between. */
const PROTECTION_KEPT_MS = 300_000;
const DELIVERIES_KEPT_MS = 10_000;

export interface AnsweredRequest {
  /** As it was mounted, `/api/v1/tasks/:upid`; undefined: none fits. */
  readonly route: string | undefined;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface Metrics {
  /** The text that Prometheus reads. Scrapes that come at the same time get the same one. */
  render(): Promise<MetricsText>;
  taskEnded(task: EndedFacts): void;
  requestAnswered(request: AnsweredRequest): void;
}

type Bounds = Readonly<Record<keyof typeof LABEL_COUNTS_MAX, LabelBound>>;

interface Sources {
  readonly jobs: KeptSource<Awaited<ReturnType<MetricSources["jobs"]>>>;
  readonly instants: KeptSource<Awaited<ReturnType<MetricSources["instants"]>>>;
  readonly datastores: KeptSource<Awaited<ReturnType<MetricSources["datastores"]>>>;
  readonly verifications: KeptSource<Awaited<ReturnType<MetricSources["verifications"]>>>;
  readonly protection: KeptSource<Awaited<ReturnType<MetricSources["protectionCounts"]>>>;
  readonly deliveries: KeptSource<Awaited<ReturnType<NonNullable<MetricSources["deliveries"]>>>> | undefined;
}

export function createMetrics(needs: { readonly clock: Clock }, given: MetricSources): Metrics {
  const instruments = createInstruments(
    (name) => given.deliveries !== undefined || !name.startsWith("ironcore_notification_"),
  );
  const bounds: Bounds = {
    job_name: createLabelBound(LABEL_COUNTS_MAX.job_name),
    datastore: createLabelBound(LABEL_COUNTS_MAX.datastore),
    code: createLabelBound(LABEL_COUNTS_MAX.code),
    target: createLabelBound(LABEL_COUNTS_MAX.target),
    route: createLabelBound(LABEL_COUNTS_MAX.route),
  };
  const taskCounts = createTaskCounts({ instruments, bounds });
  const sources = keepSources(needs, given, instruments);
  let countedCpuSeconds = 0;
  const countCpu = (): void => {
    const seconds = cpuSeconds();
    instruments.count("process_cpu_seconds_total", {}, Math.max(0, seconds - countedCpuSeconds));
    countedCpuSeconds = seconds;
  };
  const scrape = async (): Promise<MetricsText> => {
    const gauges = await readAll({ clock: needs.clock, given, sources, bounds, taskCounts });
    countCpu();
    return { contentType: instruments.contentType, text: await instruments.render(gauges) };
  };
  let scraping: Promise<MetricsText> | undefined;
  return {
    render: () => {
      scraping ??= scrape().finally(() => {
        scraping = undefined;
      });
      return scraping;
    },
    taskEnded: (task) => taskCounts.ended(task),
    requestAnswered: ({ route = "none", method, status, durationMs }) => {
      const known = METHODS.has(method) ? method : "OTHER";
      const labels = {
        route: bounds.route.fit(route),
        method: known,
        status: `${Math.floor(status / 100)}xx`,
      };
      instruments.count("ironcore_http_requests_total", labels);
      // A stream of events is answered when its reader leaves.
      if (route === EVENTS_PATH) return;
      instruments.observe("ironcore_http_request_duration_seconds", { method: known }, durationMs / 1000);
    },
  };
}

/** Anybody can send any word as a method. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function keepSources(
  needs: { readonly clock: Clock },
  given: MetricSources,
  { count }: Pick<Instruments, "count">,
): Sources {
  const keep = <Value>(source: string, ask: () => Promise<Value>, keptMs: number): KeptSource<Value> => {
    count("ironcore_metrics_source_failures_total", { source }, 0);
    const onFailure = (): void => count("ironcore_metrics_source_failures_total", { source });
    return keepSource(needs, ask, { keptMs, onFailure });
  };
  const instantsOfTheDay = () => {
    const now = needs.clock.now();
    return given.instants(now - INSTANTS_WITHIN_MS, now);
  };
  return {
    jobs: keep("jobs", given.jobs, JOBS_KEPT_MS),
    instants: keep("instants", instantsOfTheDay, INSTANTS_KEPT_MS),
    datastores: keep("datastores", given.datastores, DATASTORES_KEPT_MS),
    verifications: keep("verifications", given.verifications, VERIFICATIONS_KEPT_MS),
    protection: keep("protection", given.protectionCounts, PROTECTION_KEPT_MS),
    deliveries:
      given.deliveries === undefined ? undefined : keep("deliveries", given.deliveries, DELIVERIES_KEPT_MS),
  };
}

interface Scrape {
  readonly clock: Clock;
  readonly given: MetricSources;
  readonly sources: Sources;
  readonly bounds: Bounds;
  readonly taskCounts: TaskCounts;
}

async function readAll({ clock, given, sources, bounds, taskCounts }: Scrape): Promise<Sample[]> {
  const [jobs, instants, datastores, verifications, protection, deliveries] = await Promise.all([
    sources.jobs.read(),
    sources.instants.read(),
    sources.datastores.read(),
    sources.verifications.read(),
    sources.protection.read(),
    sources.deliveries?.read(),
  ]);
  const now = clock.now();
  if (jobs !== undefined) taskCounts.forget({ jobs: bounds.job_name.keepOnly(jobs.map(({ job }) => job)) });
  if (datastores !== undefined)
    taskCounts.forget({ datastores: bounds.datastore.keepOnly(datastores.map(({ name }) => name)) });
  const active = [...given.activeTasks()];
  taskCounts.look(active);
  return [
    ...readTasks(active, now),
    sample("ironcore_scheduler_paused", {}, given.isPaused() ? 1 : 0),
    ...(jobs === undefined ? [] : readJobs(jobs, bounds.job_name)),
    ...(instants === undefined ? [] : readInstants(instants)),
    ...(protection === undefined ? [] : readProtection(protection)),
    ...readWorkers(given.workers()),
    ...(datastores === undefined ? [] : readDatastores(datastores, bounds.datastore, now)),
    ...(verifications === undefined || datastores === undefined
      ? []
      : readVerifications(verifications, { datastores, bound: bounds.datastore, now })),
    ...(deliveries === undefined ? [] : readDeliveries(deliveries, bounds.target)),
    sample("ironcore_build_info", { version: given.version }, 1),
    sample("ironcore_event_loop_longest_pause_seconds", {}, given.longestPauseMs() / 1000),
    sample("ironcore_event_stream_readers", {}, given.eventReaderCount()),
    sample("ironcore_state_store_bytes", {}, given.stateSizeBytes()),
    ...Object.entries(bounds).map(([label, bound]) =>
      sample("ironcore_metrics_folded_names", { label }, bound.foldedCount()),
    ),
    ...readProcess(given.startedAt),
  ];
}
