/** A room of metrics on facts that the test holds, and what it would tell Prometheus. */

import { createFakeClock } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { JobFacts, MetricSources } from "./metric-sources.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsBench {
  readonly clock: FakeClock;
  readonly metrics: Metrics;
  /** What the sources answer; a test changes it. */
  readonly facts: { -readonly [Name in keyof MetricSources]: MetricSources[Name] };
  /** Value of a series in the text of now, `name{label="…"}`; undefined when it is not there. */
  value(series: string): Promise<number | undefined>;
}

export const aJobsFact = (job: string, changes: Partial<JobFacts> = {}): JobFacts => ({
  job,
  type: "backup",
  datastore: "main",
  isScheduled: true,
  isOverdue: false,
  nextRunAt: undefined,
  lastRun: undefined,
  lastSuccessAt: undefined,
  lastSuccess: undefined,
  ...changes,
});

export function aMetricsBench(given: Partial<MetricSources> = {}): MetricsBench {
  const clock = createFakeClock();
  const facts: MetricsBench["facts"] = {
    version: "1.2.3",
    startedAt: clock.now(),
    activeTasks: () => [],
    isPaused: () => false,
    jobs: async () => [],
    instants: async () => [],
    protectionCounts: async () => ({ unprotected: 0, "at-risk": 0, weak: 0, protected: 0 }),
    workers: () => [],
    datastores: async () => [],
    verifications: async () => [],
    longestPauseMs: () => 0,
    eventReaderCount: () => 0,
    stateSizeBytes: () => 0,
    ...given,
  };
  const metrics = createMetrics(
    { clock },
    {
      ...facts,
      activeTasks: () => facts.activeTasks(),
      jobs: () => facts.jobs(),
      instants: (since, until) => facts.instants(since, until),
      datastores: () => facts.datastores(),
      verifications: () => facts.verifications(),
    },
  );
  return {
    clock,
    metrics,
    facts,
    value: async (series) => {
      const { text } = await metrics.render();
      const line = text.split("\n").find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}
