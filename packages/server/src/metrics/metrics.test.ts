import { expect, test } from "vitest";
import type { Datastore } from "@ironcore-backup/protocol";
import { LABEL_COUNTS_MAX } from "./label-bound.ts";
import type { ActiveFacts } from "./metric-sources.ts";
import { aJobsFact, aMetricsBench } from "./metrics.testing.ts";

const aTask = (changes: Partial<ActiveFacts> = {}): ActiveFacts => ({
  upid: "UPID:1",
  type: "backup",
  class: "worker",
  state: "running",
  datastore: "main",
  job: "nightly",
  queuedAt: 0,
  bytes: 0,
  ...changes,
});
const aStore = (name: string, changes: Partial<Datastore> = {}): Datastore => ({
  name,
  path: `/stores/${name}`,
  status: "online",
  createdAt: 0,
  ...changes,
});
const BYTES = 'ironcore_task_processed_bytes_total{type="backup",datastore="main"}';
const OF_JOB = 'ironcore_job_processed_bytes_total{job_name="nightly"}';

test("bytes are counted while a task runs, each once, and the rest when it ends", async () => {
  const { facts, metrics, value } = aMetricsBench();
  facts.activeTasks = () => [aTask({ bytes: 100 })];
  expect([await value(BYTES), await value(OF_JOB)]).toEqual([100, 100]);
  facts.activeTasks = () => [aTask({ bytes: 250 })];
  expect(await value(BYTES)).toBe(250);
  // Given back by a worker that was lost: it begins anew, and no counter goes back.
  facts.activeTasks = () => [aTask({ bytes: 30 })];
  expect(await value(BYTES)).toBe(280);
  facts.activeTasks = () => [];
  metrics.taskEnded({
    ...aTask({ state: "ok", bytes: 40 }),
    startedAt: 2000,
    endedAt: 9000,
  });
  expect([await value(BYTES), await value(OF_JOB)]).toEqual([290, 290]);
  expect(await value('ironcore_tasks_ended_total{type="backup",state="ok"}')).toBe(1);
  expect(await value('ironcore_task_duration_seconds_sum{type="backup"}')).toBe(7);
  expect(await value('ironcore_task_queue_wait_seconds_sum{class="worker"}')).toBe(2);
});

test("the queue tells how many wait and since when", async () => {
  const { facts, value, clock } = aMetricsBench();
  const now = clock.now();
  facts.activeTasks = () => [
    aTask({ state: "queued", queuedAt: now - 90_000 }),
    aTask({ state: "queued", queuedAt: now - 5000 }),
    aTask({ state: "queued", class: "gc", type: "gc", queuedAt: now }),
    aTask(),
  ];
  expect(await value('ironcore_tasks_queued{class="worker"}')).toBe(2);
  expect(await value('ironcore_task_queue_oldest_age_seconds{class="worker"}')).toBe(90);
  expect(await value('ironcore_task_queue_oldest_age_seconds{class="verifier"}')).toBe(0);
  expect(await value('ironcore_tasks_running{type="backup"}')).toBe(1);
});

test("what is not known has no series: no last success, no forecast, no verification", async () => {
  const { facts, value, clock } = aMetricsBench();
  const fill = { state: "filling", reason: "", measureCount: 9, likelyAt: clock.now() + 86_400_000 } as const;
  facts.instants = async () => [{ state: "late", count: 2 }];
  facts.jobs = async () => [
    aJobsFact("new"),
    aJobsFact("old", { lastRun: { state: "late", startedAt: 1000, endedAt: 3500 }, lastSuccessAt: 3500 }),
  ];
  facts.datastores = async () => [
    aStore("main", { fill, snapshotCount: 5 }),
    aStore("other", { status: "offline", fill: { state: "too-little-data", reason: "", measureCount: 0 } }),
  ];
  facts.verifications = async () => [
    { datastore: "main", result: "OK", snapshotCount: 2, oldestAt: clock.now() - 60_000 },
    { datastore: "main", result: "MISSING", snapshotCount: 1, oldestAt: clock.now() - 1000 },
    { datastore: "removed", result: "OK", snapshotCount: 1, oldestAt: 0 },
  ];
  const found: Record<string, number | undefined> = {};
  for (const series of [
    'ironcore_job_last_success_timestamp_seconds{job_name="new"}',
    'ironcore_job_last_success_timestamp_seconds{job_name="old"}',
    'ironcore_job_last_run_duration_seconds{job_name="old"}',
    'ironcore_job_last_run_state{job_name="old",state="late"}',
    'ironcore_job_last_run_state{job_name="old",state="met"}',
    'ironcore_runs{state="late"}',
    'ironcore_datastore_full_in_seconds{datastore="main"}',
    'ironcore_datastore_full_in_seconds{datastore="other"}',
    'ironcore_datastore_up{datastore="other"}',
    'ironcore_verified_snapshots{datastore="main",result="never"}',
    'ironcore_verified_snapshots{datastore="main",result="missing"}',
    'ironcore_verified_snapshots{datastore="other",result="never"}',
    'ironcore_verified_snapshots{datastore="removed",result="ok"}',
    'ironcore_verification_oldest_age_seconds{datastore="main"}',
    'ironcore_verification_oldest_age_seconds{datastore="other"}',
  ])
    found[series] = await value(series);
  expect(Object.values(found)).toEqual([
    ...[undefined, 3.5, 2.5, 1, 0, 2],
    ...[86_400, undefined, 0],
    ...[2, 1, undefined, undefined],
    ...[60, undefined],
  ]);
});

test("jobs over the bound are counted together, and one that is removed makes room", async () => {
  const { facts, metrics, value, clock } = aMetricsBench();
  const names = Array.from({ length: LABEL_COUNTS_MAX.job_name + 2 }, (_, at) => `job-${at}`);
  const list = (jobs: readonly string[]) => async () => jobs.map((job) => aJobsFact(job));
  const last = names.at(-1) ?? "";
  facts.jobs = list(names);
  expect(await value('ironcore_metrics_folded_names{label="job_name"}')).toBe(2);
  expect(await value(`ironcore_job_enabled{job_name="${last}"}`)).toBeUndefined();
  const end = (job: string): void =>
    metrics.taskEnded({
      ...aTask({ job, bytes: 7, state: "ok" }),
      startedAt: 0,
      endedAt: 1,
    });
  for (const job of [last, names.at(-2) ?? "", "job-0"]) end(job);
  expect(await value('ironcore_job_processed_bytes_total{job_name="other"}')).toBe(14);
  expect(await value('ironcore_job_processed_bytes_total{job_name="job-0"}')).toBe(7);
  facts.jobs = list(names.slice(2));
  clock.advance(60_000);
  expect(await value('ironcore_metrics_folded_names{label="job_name"}')).toBe(0);
  expect(await value('ironcore_job_processed_bytes_total{job_name="job-0"}')).toBeUndefined();
  expect(await value(`ironcore_job_enabled{job_name="${last}"}`)).toBe(1);
});

test("a job that is newer than the list keeps what was counted of it", async () => {
  const { metrics, value } = aMetricsBench();
  await metrics.render();
  metrics.taskEnded({ ...aTask({ bytes: 9, state: "ok" }), startedAt: 0, endedAt: 1 });
  expect(await value(OF_JOB)).toBe(9);
  expect(await value(OF_JOB)).toBe(9);
});

test("a source is asked again only after its time, and its last answer stands in for one that fails", async () => {
  const { facts, value, clock } = aMetricsBench();
  let askedCount = 0;
  facts.datastores = async () => {
    askedCount += 1;
    if (askedCount === 2) throw new Error("the disk is gone");
    return [aStore("main")];
  };
  const up = 'ironcore_datastore_up{datastore="main"}';
  const failures = 'ironcore_metrics_source_failures_total{source="datastores"}';
  expect([await value(up), await value(up), askedCount]).toEqual([1, 1, 1]);
  clock.advance(60_000);
  expect([await value(up), askedCount]).toEqual([1, 2]);
  expect(await value(failures)).toBe(1);
});

test("a source that hangs delays a scrape by three seconds at most, and the others are told", async () => {
  const { facts, value, clock } = aMetricsBench();
  facts.datastores = () => new Promise(() => undefined);
  facts.jobs = async () => [aJobsFact("nightly")];
  let isDone = false;
  const reading = value('ironcore_job_enabled{job_name="nightly"}').then((found) => {
    isDone = true;
    return found;
  });
  await new Promise((turn) => setImmediate(turn));
  expect(isDone).toBe(false);
  clock.advance(3000);
  expect(await reading).toBe(1);
});

test("requests are counted by the pattern of their route, and made-up methods are one", async () => {
  const { metrics, value } = aMetricsBench();
  const answered = { route: "/api/v1/tasks/:upid", method: "GET", status: 200, durationMs: 20 };
  metrics.requestAnswered(answered);
  metrics.requestAnswered({ ...answered, status: 404 });
  metrics.requestAnswered({ route: undefined, method: "BREW", status: 404, durationMs: 1 });
  metrics.requestAnswered({ route: undefined, method: "STEEP", status: 404, durationMs: 1 });
  // An event stream of an hour says nothing of how fast the server answers.
  metrics.requestAnswered({ ...answered, route: "/api/v1/events", durationMs: 3_600_000 });
  expect(await value('ironcore_http_request_duration_seconds_count{method="GET"}')).toBe(2);
  const of = (route: string, method: string, status: string) =>
    value(`ironcore_http_requests_total{route="${route}",method="${method}",status="${status}"}`);
  expect(await of("/api/v1/tasks/:upid", "GET", "2xx")).toBe(1);
  expect(await of("none", "OTHER", "4xx")).toBe(2);
  expect(await value('ironcore_http_request_duration_seconds_bucket{le="0.025",method="GET"}')).toBe(2);
});

test("deliveries are told when there are any to tell, targets over the bound together", async () => {
  const many = Array.from({ length: LABEL_COUNTS_MAX.target + 3 }, (_, at) => ({
    target: `t${at}`,
    state: "dead",
    count: 2,
  }));
  const { value } = aMetricsBench({ deliveries: async () => many });
  expect(await value('ironcore_notification_deliveries{target="t0",state="dead"}')).toBe(2);
  expect(await value('ironcore_notification_deliveries{target="other",state="dead"}')).toBe(6);
  const without = aMetricsBench();
  expect((await without.metrics.render()).text).not.toContain("ironcore_notification");
});
