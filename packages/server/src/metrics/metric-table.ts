/**
 * Every metric of the house: name, type, labels, unit, meaning. The registry is made from this table, and so is the page
 * docs/operating/metrics.md; the dashboard and the alert rules are compared with it.
 *
 * Names and units follow Prometheus: base units, `_total` on counters. Labels are words of the protocol, or names of jobs and
 * datastores up to a bound (label-bound.ts). Never a label: UPIDs, paths, users, snapshots, groups.
 * A job is `job_name`, because Prometheus gives each series a label `job` of its own.
 *
 * Long because it is the table of every metric.
 */

export interface MetricShape {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly unit: string;
  readonly help: string;
  /** Of a histogram: upper bounds. */
  readonly buckets?: readonly number[];
}

const MINUTE = 60;
const HOUR = 3600;

const taskMetrics = {
  ironcore_tasks_ended_total: {
    type: "counter",
    labels: ["type", "state"],
    unit: "tasks",
    help: "Tasks that ended, by how they ended.",
  },
  ironcore_tasks_running: { type: "gauge", labels: ["type"], unit: "tasks", help: "Tasks that run now." },
  ironcore_tasks_queued: {
    type: "gauge",
    labels: ["class"],
    unit: "tasks",
    help: "Tasks that wait for a worker of the class.",
  },
  ironcore_task_queue_oldest_age_seconds: {
    type: "gauge",
    labels: ["class"],
    unit: "seconds",
    help: "How long the oldest queued task of the class has waited; 0 when none waits.",
  },
  ironcore_task_queue_wait_seconds: {
    type: "histogram",
    labels: ["class"],
    unit: "seconds",
    help: "From queued to started, of tasks that ended.",
    buckets: [1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR],
  },
  ironcore_task_duration_seconds: {
    type: "histogram",
    labels: ["type"],
    unit: "seconds",
    help: "From started to ended, of tasks that ended.",
    buckets: [
      ...[1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE],
      ...[HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR],
    ],
  },
  ironcore_task_processed_bytes_total: {
    type: "counter",
    labels: ["type", "datastore"],
    unit: "bytes",
    help: "Bytes that tasks transferred (backup, restore) or read (verify); grows while they run.",
  },
  ironcore_task_errors_total: {
    type: "counter",
    labels: ["type", "code"],
    unit: "tasks",
    help: "Tasks that ended with an error, by its code.",
  },
  ironcore_scheduler_paused: {
    type: "gauge",
    labels: [],
    unit: "0 or 1",
    help: "1 while an operator has paused the scheduler.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

const jobMetrics = {
  ironcore_job_info: {
    type: "gauge",
    labels: ["job_name", "type", "datastore"],
    unit: "always 1",
    help: "What a job does and where, to join with its other metrics.",
  },
  ironcore_job_enabled: {
    type: "gauge",
    labels: ["job_name"],
    unit: "0 or 1",
    help: "1 when the job is enabled and has a schedule.",
  },
  ironcore_job_overdue: {
    type: "gauge",
    labels: ["job_name"],
    unit: "0 or 1",
    help: "1 when the job should have succeeded by now and has not: its allowed time is over, or its run failed.",
  },
  ironcore_job_next_run_timestamp_seconds: {
    type: "gauge",
    labels: ["job_name"],
    unit: "seconds since 1970",
    help: "Next instant of the schedule; absent without one.",
  },
  ironcore_job_last_success_timestamp_seconds: {
    type: "gauge",
    labels: ["job_name"],
    unit: "seconds since 1970",
    help: "When the last run that succeeded ended; absent before the first.",
  },
  ironcore_job_last_run_timestamp_seconds: {
    type: "gauge",
    labels: ["job_name"],
    unit: "seconds since 1970",
    help: "When the last run ended, however; absent before the first.",
  },
  ironcore_job_last_run_duration_seconds: {
    type: "gauge",
    labels: ["job_name"],
    unit: "seconds",
    help: "How long the last run took; absent when it never began.",
  },
  ironcore_job_last_run_state: {
    type: "gauge",
    labels: ["job_name", "state"],
    unit: "0 or 1",
    help: "1 for the state that the last run ended in: met, late, missed or skipped.",
  },
  ironcore_job_last_success_source_read_bytes: {
    type: "gauge",
    labels: ["job_name"],
    unit: "bytes",
    help: "Bytes that the last successful run of a backup job read from its sources.",
  },
  ironcore_job_last_success_on_disk_bytes: {
    type: "gauge",
    labels: ["job_name"],
    unit: "bytes",
    help: "Bytes on disk of all chunks of the last successful run of a backup job.",
  },
  ironcore_job_last_success_new_stored_bytes: {
    type: "gauge",
    labels: ["job_name"],
    unit: "bytes",
    help: "Bytes that the last successful run of a backup job added to its datastore.",
  },
  ironcore_job_last_success_deduplication_hit_ratio: {
    type: "gauge",
    labels: ["job_name"],
    unit: "0 to 1",
    help: "Share of the chunks of the last successful run of a backup job that were known already.",
  },
  ironcore_job_last_success_compression_ratio: {
    type: "gauge",
    labels: ["job_name"],
    unit: "ratio",
    help: "Raw size over compressed size of what the last successful run of a backup job added.",
  },
  ironcore_job_processed_bytes_total: {
    type: "counter",
    labels: ["job_name"],
    unit: "bytes",
    help: "Bytes that the tasks of the job transferred or read; grows while they run.",
  },
  ironcore_runs: {
    type: "gauge",
    labels: ["state"],
    unit: "runs",
    help: "Instants of schedules within the last 24 hours, by what became of them.",
  },
  ironcore_workloads: {
    type: "gauge",
    labels: ["state"],
    unit: "workloads",
    help: "Workloads, by how well they are protected.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

const workerMetrics = {
  ironcore_workers: {
    type: "gauge",
    labels: ["class", "state"],
    unit: "workers",
    help: "Workers of the class in the state.",
  },
  ironcore_worker_slots: {
    type: "gauge",
    labels: ["class"],
    unit: "slots",
    help: "Tasks of the class that can run at the same time.",
  },
  ironcore_worker_slots_used: {
    type: "gauge",
    labels: ["class"],
    unit: "slots",
    help: "Slots of the class that have a task.",
  },
  ironcore_worker_processes: {
    type: "gauge",
    labels: ["class"],
    unit: "processes",
    help: "Worker processes of the class.",
  },
  ironcore_worker_resident_memory_bytes: {
    type: "gauge",
    labels: ["class"],
    unit: "bytes",
    help: "Resident memory of the worker processes of the class.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

const datastoreMetrics = {
  ironcore_datastore_up: {
    type: "gauge",
    labels: ["datastore"],
    unit: "0 or 1",
    help: "1 when the datastore answers: online or read-only.",
  },
  ironcore_datastore_mode: {
    type: "gauge",
    labels: ["datastore", "mode"],
    unit: "0 or 1",
    help: "1 for the mode that an operator has set.",
  },
  ironcore_datastore_size_bytes: {
    type: "gauge",
    labels: ["datastore"],
    unit: "bytes",
    help: "Size of the file system that holds the datastore.",
  },
  ironcore_datastore_used_bytes: {
    type: "gauge",
    labels: ["datastore"],
    unit: "bytes",
    help: "Bytes used of that file system.",
  },
  ironcore_datastore_free_bytes: {
    type: "gauge",
    labels: ["datastore"],
    unit: "bytes",
    help: "Bytes free for use on that file system.",
  },
  ironcore_datastore_full_in_seconds: {
    type: "gauge",
    labels: ["datastore"],
    unit: "seconds",
    help: "Until the datastore is likely full; 0 when it is; absent when it does not fill or too little is known.",
  },
  ironcore_datastore_logical_bytes: {
    type: "gauge",
    labels: ["datastore"],
    unit: "bytes",
    help: "Sum of all snapshots before deduplication and compression, as last measured.",
  },
  ironcore_datastore_stored_bytes: {
    type: "gauge",
    labels: ["datastore"],
    unit: "bytes",
    help: "Bytes of all chunks on disk, as last measured.",
  },
  ironcore_datastore_chunks: {
    type: "gauge",
    labels: ["datastore"],
    unit: "chunks",
    help: "Chunks in the store, as last measured.",
  },
  ironcore_datastore_deduplication_ratio: {
    type: "gauge",
    labels: ["datastore"],
    unit: "ratio",
    help: "Logical bytes over stored bytes.",
  },
  ironcore_datastore_groups: {
    type: "gauge",
    labels: ["datastore"],
    unit: "groups",
    help: "Backup groups.",
  },
  ironcore_datastore_snapshots: {
    type: "gauge",
    labels: ["datastore"],
    unit: "snapshots",
    help: "Finished snapshots.",
  },
  ironcore_verified_snapshots: {
    type: "gauge",
    labels: ["datastore", "result"],
    unit: "snapshots",
    help: "Snapshots by what their last verification found: ok, corrupt, missing; never: not verified yet.",
  },
  ironcore_verification_oldest_age_seconds: {
    type: "gauge",
    labels: ["datastore"],
    unit: "seconds",
    help: "How long ago the snapshot with the oldest last verification was verified; absent when none was.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

const notificationMetrics = {
  ironcore_notification_deliveries: {
    type: "gauge",
    labels: ["target", "state"],
    unit: "deliveries",
    help: "Deliveries of notifications that the store holds, by state; absent without notifications.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

const serverMetrics = {
  ironcore_build_info: {
    type: "gauge",
    labels: ["version"],
    unit: "always 1",
    help: "The version that runs.",
  },
  ironcore_event_loop_longest_pause_seconds: {
    type: "gauge",
    labels: [],
    unit: "seconds",
    help: "Longest time in the last minute in which the server answered nobody.",
  },
  ironcore_http_requests_total: {
    type: "counter",
    labels: ["route", "method", "status"],
    unit: "requests",
    help: "Requests answered, by the pattern of the route and the class of the status (2xx).",
  },
  ironcore_http_request_duration_seconds: {
    type: "histogram",
    labels: ["method"],
    unit: "seconds",
    help: "From request to answer, of a download to its end; without streams of events.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  ironcore_event_stream_readers: {
    type: "gauge",
    labels: [],
    unit: "streams",
    help: "Open event streams.",
  },
  ironcore_state_store_bytes: {
    type: "gauge",
    labels: [],
    unit: "bytes",
    help: "Size of the state store with its write-ahead log.",
  },
  ironcore_metrics_folded_names: {
    type: "gauge",
    labels: ["label"],
    unit: "names",
    help: "Jobs, datastores and others over the bound, which have no series of their own.",
  },
  ironcore_metrics_source_failures_total: {
    type: "counter",
    labels: ["source"],
    unit: "reads",
    help: "Reads for these metrics that failed or took too long; what was known before is shown meanwhile.",
  },
  process_cpu_seconds_total: {
    type: "counter",
    labels: [],
    unit: "seconds",
    help: "User and system CPU time of the server process, without workers.",
  },
  process_resident_memory_bytes: {
    type: "gauge",
    labels: [],
    unit: "bytes",
    help: "Resident memory of the server process.",
  },
  process_open_fds: {
    type: "gauge",
    labels: [],
    unit: "descriptors",
    help: "Open file descriptors of the server process.",
  },
  process_start_time_seconds: {
    type: "gauge",
    labels: [],
    unit: "seconds since 1970",
    help: "When the server started.",
  },
} as const satisfies Readonly<Record<string, MetricShape>>;

/** By what they are about, for people. */
export const METRIC_GROUPS = {
  Tasks: taskMetrics,
  "Jobs and workloads": jobMetrics,
  Workers: workerMetrics,
  Datastores: datastoreMetrics,
  Notifications: notificationMetrics,
  Server: serverMetrics,
} as const satisfies Readonly<Record<string, Readonly<Record<string, MetricShape>>>>;

const METRICS = {
  ...taskMetrics,
  ...jobMetrics,
  ...workerMetrics,
  ...datastoreMetrics,
  ...notificationMetrics,
  ...serverMetrics,
};

type Table = typeof METRICS;
export type MetricName = keyof Table;
type NameOf<Type extends MetricShape["type"]> = {
  [Name in MetricName]: Table[Name]["type"] extends Type ? Name : never;
}[MetricName];
export type GaugeName = NameOf<"gauge">;
/** Gauges with this one label. */
export type GaugeOf<Label extends string> = {
  [Name in GaugeName]: Table[Name]["labels"] extends readonly [Label] ? Name : never;
}[GaugeName];
export type CounterName = NameOf<"counter">;
export type HistogramName = NameOf<"histogram">;
export type LabelsOf<Name extends MetricName> = Readonly<Record<Table[Name]["labels"][number], string>>;

/** All of them, in the order of the page. */
export const METRIC_ROWS: readonly (readonly [name: MetricName, shape: MetricShape])[] = Object.entries(
  METRICS,
) as [MetricName, MetricShape][]; // `entries` forgets that the keys are the table's.
