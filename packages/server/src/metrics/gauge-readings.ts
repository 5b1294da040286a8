/** From the facts of the house to the values of its gauges. Nothing here asks anybody; `now` is milliseconds since 1970. */

import {
  DATASTORE_MODES,
  ENDED_RUN_STATES,
  PROTECTION_STATES,
  RUN_STATES,
  TASK_CLASSES,
  TASK_TYPES,
  WORKER_STATES,
} from "@ironcore-backup/protocol";
import type { Datastore, FillForecast, ProtectionState } from "@ironcore-backup/protocol";
import type { LabelBound } from "./label-bound.ts";
import type {
  ActiveFacts,
  DeliveryFacts,
  InstantFacts,
  JobFacts,
  MetricSources,
  VerificationFacts,
} from "./metric-sources.ts";
import type { GaugeOf } from "./metric-table.ts";
import { oneHot, sample, sampleIfKnown, secondsIfKnown } from "./sample.ts";
import type { Sample } from "./sample.ts";

const VERIFY_RESULTS = ["OK", "CORRUPT", "MISSING"] as const;

export function readTasks(active: readonly ActiveFacts[], now: number): Sample[] {
  const running = active.filter(({ state }) => state === "running");
  const queued = Map.groupBy(
    active.filter(({ state }) => state === "queued"),
    (task) => task.class,
  );
  return [
    ...TASK_TYPES.map((type) =>
      sample("ironcore_tasks_running", { type }, running.filter((task) => task.type === type).length),
    ),
    ...TASK_CLASSES.flatMap((name) => {
      const waiting = queued.get(name) ?? [];
      const oldestAt = waiting.reduce((oldest, { queuedAt }) => Math.min(oldest, queuedAt), now);
      return [
        sample("ironcore_tasks_queued", { class: name }, waiting.length),
        sample("ironcore_task_queue_oldest_age_seconds", { class: name }, (now - oldestAt) / 1000),
      ];
    }),
  ];
}

export function readJobs(jobs: readonly JobFacts[], bound: LabelBound): Sample[] {
  return jobs.filter(({ job }) => bound.has(job)).flatMap(readJob);
}

export function readInstants(counts: readonly InstantFacts[]): Sample[] {
  return RUN_STATES.map((state) =>
    sample("ironcore_runs", { state }, counts.find((one) => one.state === state)?.count ?? 0),
  );
}

function readJob(facts: JobFacts): Sample[] {
  const { job, type, datastore, isScheduled, isOverdue, lastRun, lastSuccess } = facts;
  const { startedAt, endedAt } = lastRun ?? {};
  const durationMs =
    startedAt === undefined || endedAt === undefined ? undefined : Math.max(0, endedAt - startedAt);
  const last = (name: GaugeOf<"job_name">, value: number | undefined): Sample[] =>
    sampleIfKnown(name, { job_name: job }, value);
  return [
    sample("ironcore_job_info", { job_name: job, type, datastore }, 1),
    sample("ironcore_job_enabled", { job_name: job }, isScheduled ? 1 : 0),
    sample("ironcore_job_overdue", { job_name: job }, isOverdue ? 1 : 0),
    ...last("ironcore_job_next_run_timestamp_seconds", secondsIfKnown(facts.nextRunAt)),
    ...last("ironcore_job_last_success_timestamp_seconds", secondsIfKnown(facts.lastSuccessAt)),
    ...last("ironcore_job_last_run_timestamp_seconds", secondsIfKnown(endedAt)),
    ...last("ironcore_job_last_run_duration_seconds", secondsIfKnown(durationMs)),
    ...oneHot(
      ENDED_RUN_STATES,
      ENDED_RUN_STATES.find((state) => state === lastRun?.state),
      (state, value) => sample("ironcore_job_last_run_state", { job_name: job, state }, value),
    ),
    ...last("ironcore_job_last_success_source_read_bytes", lastSuccess?.sourceReadBytes),
    ...last("ironcore_job_last_success_on_disk_bytes", lastSuccess?.onDiskBytes),
    ...last("ironcore_job_last_success_new_stored_bytes", lastSuccess?.newStoredBytes),
    ...last("ironcore_job_last_success_deduplication_hit_ratio", lastSuccess?.deduplicationHitRate),
    ...last("ironcore_job_last_success_compression_ratio", lastSuccess?.compressionRatio),
  ];
}

export function readProtection(counts: Readonly<Record<ProtectionState, number>>): Sample[] {
  return PROTECTION_STATES.map((state) => sample("ironcore_workloads", { state }, counts[state]));
}

export function readWorkers(workers: ReturnType<MetricSources["workers"]>): Sample[] {
  return workers.flatMap((worker) => {
    const labels = { class: worker.class };
    return [
      ...oneHot(WORKER_STATES, worker.state, (state, value) =>
        sample("ironcore_workers", { ...labels, state }, value),
      ),
      sample("ironcore_worker_slots", labels, worker.slotCount),
      sample("ironcore_worker_slots_used", labels, worker.usedSlotCount),
      sample("ironcore_worker_processes", labels, worker.processCount),
      sample("ironcore_worker_resident_memory_bytes", labels, worker.rssBytes),
    ];
  });
}

export function readDatastores(datastores: readonly Datastore[], bound: LabelBound, now: number): Sample[] {
  return datastores
    .filter(({ name }) => bound.has(name))
    .flatMap((facts) => {
      const labels = { datastore: facts.name };
      const known = (name: GaugeOf<"datastore">, value: number | undefined): Sample[] =>
        sampleIfKnown(name, labels, value);
      return [
        sample(
          "ironcore_datastore_up",
          labels,
          facts.status === "online" || facts.status === "read-only" ? 1 : 0,
        ),
        ...oneHot(DATASTORE_MODES, facts.mode ?? "normal", (mode, value) =>
          sample("ironcore_datastore_mode", { ...labels, mode }, value),
        ),
        ...known("ironcore_datastore_size_bytes", facts.totalBytes),
        ...known("ironcore_datastore_used_bytes", facts.usedBytes),
        ...known("ironcore_datastore_free_bytes", facts.freeBytes),
        ...known("ironcore_datastore_full_in_seconds", fullInSeconds(facts.fill, now)),
        ...known("ironcore_datastore_logical_bytes", facts.logicalBytes),
        ...known("ironcore_datastore_stored_bytes", facts.storedBytes),
        ...known("ironcore_datastore_chunks", facts.chunkCount),
        ...known("ironcore_datastore_deduplication_ratio", facts.deduplicationRatio),
        ...known("ironcore_datastore_groups", facts.groupCount),
        ...known("ironcore_datastore_snapshots", facts.snapshotCount),
      ];
    });
}

function fullInSeconds(fill: FillForecast | undefined, now: number): number | undefined {
  if (fill?.state === "full") return 0;
  if (fill?.state !== "filling" || fill.likelyAt === undefined) return undefined;
  return Math.max(0, fill.likelyAt - now) / 1000;
}

/** @param datastores  those there are: one that was never verified has no facts, and still counts */
export function readVerifications(
  facts: readonly VerificationFacts[],
  { datastores, bound, now }: { datastores: readonly Datastore[]; bound: LabelBound; now: number },
): Sample[] {
  const byDatastore = Map.groupBy(facts, ({ datastore }) => datastore);
  return datastores
    .filter(({ name }) => bound.has(name))
    .flatMap(({ name, snapshotCount }) => {
      const own = byDatastore.get(name) ?? [];
      const verifiedCount = own.reduce((sum, one) => sum + one.snapshotCount, 0);
      const oldestAt = own.reduce((oldest, one) => Math.min(oldest, one.oldestAt), Infinity);
      return [
        ...VERIFY_RESULTS.map((result) => {
          const count = own.find((one) => one.result === result)?.snapshotCount ?? 0;
          const labels = { datastore: name, result: result.toLowerCase() };
          return sample("ironcore_verified_snapshots", labels, count);
        }),
        ...sampleIfKnown(
          "ironcore_verified_snapshots",
          { datastore: name, result: "never" },
          // The two were counted at different moments.
          snapshotCount === undefined ? undefined : Math.max(0, snapshotCount - verifiedCount),
        ),
        ...sampleIfKnown(
          "ironcore_verification_oldest_age_seconds",
          { datastore: name },
          own.length === 0 ? undefined : Math.max(0, now - oldestAt) / 1000,
        ),
      ];
    });
}

export function readDeliveries(deliveries: readonly DeliveryFacts[], bound: LabelBound): Sample[] {
  const counts = new Map<
    string,
    { readonly target: string; readonly state: string; readonly count: number }
  >();
  for (const { target, state, count } of deliveries) {
    const fitted = bound.fit(target);
    const key = JSON.stringify([fitted, state]);
    counts.set(key, { target: fitted, state, count: (counts.get(key)?.count ?? 0) + count });
  }
  return [...counts.values()].map(({ target, state, count }) =>
    sample("ironcore_notification_deliveries", { target, state }, count),
  );
}
