/**
 * What a run queues: a backup one task for each workload, everything else one for the whole. What could not be queued
 * because the queue was full or the server about to stop is tried again; what cannot be queued at all is noted with the
 * run, which ends as missed then. A task is queued under the name of its run and subject, and that only once: a server that
 * was killed half-way goes on where it was.
 */

import { toCodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { findTaskByRunKey } from "../state/task-records.ts";
import type { JobRecord } from "../state/job-records.ts";
import { findRunRecord, updateRunSubjects } from "../state/run-records.ts";
import type { RunRecord, RunSubject } from "../state/run-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import type { JobDesk } from "./job-desk.ts";
import { settleRun } from "./run-end.ts";
import { selectWorkloads } from "./workload-selection.ts";

/** Of what is no backup. */
const WHOLE = "whole";
/** Tasks on their way into the store at once; they share the wait for the disk. */
const QUEUED_AT_ONCE_MAX = 64;
const LATER = new Set(["TASK_QUEUE_FULL", "SERVER_STOPPING"]);

export function subjectsOf(job: JobRecord, workloads: readonly WorkloadRecord[]): RunSubject[] {
  if (job.type !== "backup") return [{ subject: WHOLE }];
  return selectWorkloads(job, workloads).map(({ name }) => ({ subject: name, workload: name }));
}

/** One that is to be queued. */
interface Place {
  readonly run: RunRecord;
  readonly job: JobRecord;
  readonly subject: RunSubject;
}

/**
 * Queues what these runs have not queued yet: the first of each, then the second of each, so that a job of many workloads
 * does not keep those that came at the same second waiting.
 * @returns UPIDs of what was queued, by run
 */
export async function queueRuns(
  desk: JobDesk,
  runIds: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const upids = new Map<number, string[]>();
  const waiting = new Set<number>();
  const errors = new Map<number, Map<string, string>>();
  const places = interleave(await Promise.all(runIds.map((runId) => placesOf(desk, runId))));
  for (let at = 0; at < places.length; at += QUEUED_AT_ONCE_MAX)
    await Promise.all(
      places.slice(at, at + QUEUED_AT_ONCE_MAX).map(async ({ run, job, subject }) => {
        const { runId } = run;
        try {
          const upid = await queueSubject(desk, run, { job, subject });
          upids.set(runId, [...(upids.get(runId) ?? []), upid]);
        } catch (cause) {
          const { code, message } = toCodedError(cause);
          if (LATER.has(code)) waiting.add(runId);
          else
            errors.set(runId, (errors.get(runId) ?? new Map()).set(subject.subject, `${code}: ${message}`));
        }
      }),
    );
  for (const [runId, failed] of errors) await noteErrors(desk, runId, failed);
  for (const runId of runIds) {
    if (waiting.has(runId)) desk.unqueued.add(runId);
    else {
      desk.unqueued.delete(runId);
      await settleRun(desk, runId);
    }
  }
  return upids;
}

async function placesOf(desk: JobDesk, runId: number): Promise<Place[]> {
  const run = await findRunRecord(desk.state.database, runId);
  if (run === undefined || run.state !== "running") return [];
  const job = desk.jobs.get(run.job)?.record;
  if (job === undefined) return [];
  return run.subjects.filter(({ error }) => error === undefined).map((subject) => ({ run, job, subject }));
}

async function queueSubject(
  desk: JobDesk,
  { runId }: RunRecord,
  { job, subject }: { readonly job: JobRecord; readonly subject: RunSubject },
): Promise<string> {
  const known = await findTaskByRunKey(desk.state.database, `${runId}:${subject.subject}`);
  if (known !== undefined) return known.task.upid;
  const named = subject.workload ?? job.definition.drill?.compareSource?.workload;
  const workload = named === undefined ? undefined : desk.workloads.get(named);
  if (workload !== undefined) assertTakes(job, workload);
  const plan = await desk.planTask(job, workload);
  const run = { job: job.name, runId, workload: subject.workload, subject: subject.subject };
  return desk.tasks.queue({ authId: job.owner }, { ...plan, run });
}

/** A job of a project takes workloads of that project only, also where one was made anew elsewhere. @throws WORKLOAD_NOT_FOUND */
export function assertTakes({ project }: Pick<JobRecord, "project">, workload: WorkloadRecord): void {
  if (project !== undefined && workload.project !== project)
    throw serverErrors.WORKLOAD_NOT_FOUND({ workload: workload.name });
}

async function noteErrors(desk: JobDesk, runId: number, errors: ReadonlyMap<string, string>): Promise<void> {
  const run = await findRunRecord(desk.state.database, runId);
  if (run === undefined) return;
  const subjects = run.subjects.map((one) => {
    const error = errors.get(one.subject);
    return error === undefined ? one : { ...one, error };
  });
  await updateRunSubjects(desk.state.database, runId, subjects);
}

function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const mixed: T[] = [];
  for (let at = 0; at < longest; at++) for (const list of lists) mixed.push(...list.slice(at, at + 1));
  return mixed;
}
