/**
 * How all jobs stand at this moment, for who watches them: when each ran, how it ended, whether it should have succeeded by
 * now. As cheap as it can be for a thousand jobs: some statements for many of them together.
 */

import type { JobType } from "@ironcore-backup/protocol";
import { findRunsOfJobs } from "../state/run-records.ts";
import type { JobRuns, RunRecord } from "../state/run-records.ts";
import { sumRunsOfJobs } from "../state/run-statistics-records.ts";
import { metricsOf } from "../tasks/run-metrics.ts";
import type { RunSums } from "../tasks/run-metrics.ts";
import { breath } from "./breath.ts";
import { runsAfter } from "./instants.ts";
import type { HeldJob } from "./instants.ts";
import type { JobDesk } from "./job-desk.ts";
import { ALLOWED_SECONDS_DEFAULT } from "./run-end.ts";

/** Some milliseconds. */
const JOBS_PER_BREATH = 50;

/** Instants are milliseconds since 1970. */
export interface JobStanding {
  readonly job: string;
  readonly type: JobType;
  readonly datastore: string;
  /** Enabled, with a schedule. */
  readonly isScheduled: boolean;
  /** It should have succeeded for an instant by now, and has not since. */
  readonly isOverdue: boolean;
  readonly nextRunAt: number | undefined;
  /** The last that is over. */
  readonly lastRun: Pick<RunRecord, "state" | "startedAt" | "endedAt"> | undefined;
  readonly lastSuccessAt: number | undefined;
  /** What the backups of the last run that succeeded came to; of other jobs undefined. */
  readonly lastSuccess:
    | {
        readonly sourceReadBytes: number;
        readonly onDiskBytes: number;
        readonly newStoredBytes: number;
        readonly deduplicationHitRate: number | undefined;
        readonly compressionRatio: number | undefined;
      }
    | undefined;
}

/** By name. */
export async function readStandings(desk: JobDesk): Promise<readonly JobStanding[]> {
  const held = [...desk.jobs.values()].toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1));
  const standings: JobStanding[] = [];
  for (let at = 0; at < held.length; at += JOBS_PER_BREATH) {
    standings.push(...(await readSome(desk, held.slice(at, at + JOBS_PER_BREATH))));
    await breath();
  }
  return standings;
}

async function readSome({ clock, state }: JobDesk, held: readonly HeldJob[]): Promise<JobStanding[]> {
  const now = clock.now();
  const runs = await findRunsOfJobs(
    state.database,
    held.map(({ record: { name, definition } }) => {
      const { allowedSeconds = ALLOWED_SECONDS_DEFAULT, randomDelaySeconds = 0 } = definition;
      return { job: name, before: now - (allowedSeconds + randomDelaySeconds) * 1000 };
    }),
  );
  const successes = [...runs.values()].flatMap(({ success }) =>
    success === undefined ? [] : [success.runId],
  );
  const sums = await sumRunsOfJobs(state.database, successes);
  return held.map((job) => standingOf(job, { runs, sums, now }));
}

function standingOf(
  { record, event }: HeldJob,
  read: {
    readonly runs: ReadonlyMap<string, JobRuns>;
    readonly sums: ReadonlyMap<number, RunSums>;
    readonly now: number;
  },
): JobStanding {
  const { name, type, datastore } = record;
  const { last, success, due } = read.runs.get(name) ?? {};
  const sums = success === undefined ? undefined : read.sums.get(success.runId);
  const isScheduled = event !== undefined;
  return {
    job: name,
    type,
    datastore,
    isScheduled,
    isOverdue: isScheduled && due !== undefined && (success?.startedAt ?? -Infinity) < due.dueAt,
    nextRunAt: event === undefined ? undefined : runsAfter(event, read.now, 1)[0],
    lastRun: last,
    lastSuccessAt: success?.endedAt,
    lastSuccess: sums === undefined ? undefined : sizesOf(sums),
  };
}

function sizesOf(sums: RunSums): NonNullable<JobStanding["lastSuccess"]> {
  const { deduplicationHitRate, compressionRatio } = metricsOf(sums);
  const { sourceReadBytes, onDiskBytes, newStoredBytes } = sums;
  return { sourceReadBytes, onDiskBytes, newStoredBytes, deduplicationHitRate, compressionRatio };
}
