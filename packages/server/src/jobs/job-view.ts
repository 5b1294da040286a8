/** How jobs and runs are shown. */

import type { Job, Run, Workload } from "@ironcore-backup/protocol";
import type { JobRecord } from "../state/job-records.ts";
import { findLastEndedRun } from "../state/run-records.ts";
import type { RunRecord } from "../state/run-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import { listTaskRecordsOfRun } from "../state/task-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import { runsAfter, scheduleText } from "./instants.ts";
import type { JobDesk } from "./job-desk.ts";
import { selectWorkloads } from "./workload-selection.ts";

const NEXT_RUN_COUNT = 5;
const TASK_SHOWN_MAX = 50;

export async function showJob(desk: JobDesk, record: JobRecord): Promise<Job> {
  const { name, project, type, datastore, owner, definition, createdAt, changedAt } = record;
  const { database } = desk.state;
  const held = desk.jobs.get(name);
  const current = desk.running.get(name);
  const last = await findLastEndedRun(database, name);
  const text = scheduleText(record, desk.timeZone);
  return {
    ...definition,
    name,
    ...(project === undefined ? {} : { project }),
    type,
    datastore,
    owner,
    createdAt,
    changedAt,
    ...(text === undefined ? {} : { scheduleText: text }),
    nextRuns: held?.event === undefined ? [] : runsAfter(held.event, desk.clock.now(), NEXT_RUN_COUNT),
    ...(current === undefined ? {} : { currentRun: await showRun(database, current) }),
    ...(last === undefined ? {} : { lastRun: await showRun(database, last) }),
    ...(type === "backup"
      ? { workloads: selectWorkloads(record, desk.workloads.all()).map((workload) => workload.name) }
      : {}),
  };
}

/** With the newest try of each of its tasks. */
export async function showRun(database: StateDatabase, run: RunRecord): Promise<Run> {
  const { cause, message, askedBy, startedAt, endedAt } = run;
  const records = run.subjects.length === 0 ? [] : await listTaskRecordsOfRun(database, run.runId);
  const newest = new Map(records.map(({ task }) => [task.workload, task]));
  return {
    run: run.runId,
    job: run.job,
    origin: run.origin,
    dueAt: run.dueAt,
    state: run.state,
    ...(cause === undefined ? {} : { cause }),
    ...(message === undefined ? {} : { message }),
    ...(askedBy === undefined ? {} : { askedBy }),
    instantCount: run.instantCount,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    tasks: [...newest.values()]
      .slice(0, TASK_SHOWN_MAX)
      .map(({ upid, state, workload }) => ({ upid, state, ...(workload === undefined ? {} : { workload }) })),
    taskCount: run.subjects.length,
  };
}

export function showWorkload(desk: JobDesk, record: WorkloadRecord): Workload {
  const { name, project, definition, createdAt, changedAt } = record;
  const jobs = [...desk.jobs.values()]
    .map((held) => held.record)
    .filter((job) => job.type === "backup" && selectWorkloads(job, [record]).length > 0)
    .map((job) => job.name);
  return { ...definition, name, ...(project === undefined ? {} : { project }), createdAt, changedAt, jobs };
}
