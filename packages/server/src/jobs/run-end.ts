/**
 * How a run ends: when the last try of each of its tasks has. It is `met` when all did well within the allowed time, `late`
 * when they did well after it, and `missed` when one of them did not do well. The end is for good: a task that an operator
 * repeats later makes a snapshot, not another end.
 */

import { isFinishedTaskState } from "@ironcore-backup/protocol";
import type { RunCause, Task } from "@ironcore-backup/protocol";
import { endRunRecord, findRunRecord } from "../state/run-records.ts";
import type { RunEnd, RunRecord, RunSubject } from "../state/run-records.ts";
import { listTaskRecordsOfRun } from "../state/task-records.ts";
import type { JobDesk } from "./job-desk.ts";

export const ALLOWED_SECONDS_DEFAULT = 86_400;
const MESSAGE_LENGTH_MAX = 300;

/** Ends the run when there is nothing left of it to wait for. */
export async function settleRun(desk: JobDesk, runId: number): Promise<void> {
  const { database } = desk.state;
  const run = await findRunRecord(database, runId);
  if (run === undefined || run.state !== "running") return;
  const tasks = lastTries((await listTaskRecordsOfRun(database, runId)).map(({ task }) => task));
  const isGone = !desk.jobs.has(run.job);
  const outcomes = run.subjects.map((subject) => {
    const task = tasks.get(subject.workload);
    const error = task === undefined && isGone ? "the job was removed before this was queued" : subject.error;
    return outcomeOf({ ...subject, ...(error === undefined ? {} : { error }) }, task);
  });
  if (outcomes.includes(undefined)) return;
  const allowedSeconds = desk.jobs.get(run.job)?.record.definition.allowedSeconds ?? ALLOWED_SECONDS_DEFAULT;
  const end = endOf(run, {
    outcomes: outcomes.filter((outcome) => outcome !== undefined),
    now: desk.clock.now(),
    allowedMs: allowedSeconds * 1000,
  });
  const isEnded = await endRunRecord(database, runId, end);
  if (desk.running.get(run.job)?.runId === runId) desk.running.delete(run.job);
  if (!isEnded) return;
  await desk.state.flush();
  for (const listener of desk.endListeners) listener(run.job);
}

/** The newest try of each subject; a later one has a later number. */
function lastTries(tasks: readonly Task[]): ReadonlyMap<string | undefined, Task> {
  return new Map(tasks.map((task) => [task.workload, task]));
}

const CAUSES: Readonly<Record<Outcome["how"], RunCause | undefined>> = {
  well: undefined,
  "not-started": "start-failed",
  failed: "task-failed",
  cancelled: "task-cancelled",
};

interface Outcome {
  readonly how: "well" | "failed" | "cancelled" | "not-started";
  readonly endedAt: number | undefined;
  readonly message: string;
}

/** Undefined while it is not over. */
function outcomeOf({ subject, workload, error }: RunSubject, task: Task | undefined): Outcome | undefined {
  const what = workload === undefined ? "" : `${subject}: `;
  if (error !== undefined) return { how: "not-started", endedAt: undefined, message: `${what}${error}` };
  if (task === undefined || !isFinishedTaskState(task.state)) return undefined;
  const { state, endedAt, exitStatus = "" } = task;
  const how = state === "failed" || state === "cancelled" ? state : "well";
  return { how, endedAt, message: `${what}${exitStatus}` };
}

function endOf(
  { dueAt }: RunRecord,
  {
    outcomes,
    now,
    allowedMs,
  }: { readonly outcomes: readonly Outcome[]; readonly now: number; readonly allowedMs: number },
): RunEnd {
  const endedAt = Math.max(...outcomes.map((outcome) => outcome.endedAt ?? now));
  const bad = outcomes.filter(({ how }) => how !== "well");
  const worst =
    bad.find(({ how }) => how === "not-started") ?? bad.find(({ how }) => how === "failed") ?? bad[0];
  if (worst !== undefined) {
    const share = outcomes.length === 1 ? "" : `${bad.length} of ${outcomes.length} tasks did not succeed; `;
    return {
      state: "missed",
      cause: CAUSES[worst.how],
      message: shorten(`${share}${worst.message}`),
      endedAt,
    };
  }
  if (endedAt - dueAt > allowedMs) {
    const message = "It succeeded, but later than the job allows";
    return { state: "late", cause: "ended-late", message, endedAt };
  }
  return { state: "met", cause: undefined, message: undefined, endedAt };
}

function shorten(text: string): string {
  return text.length <= MESSAGE_LENGTH_MAX ? text : `${text.slice(0, MESSAGE_LENGTH_MAX)}…`;
}
