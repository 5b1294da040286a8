/**
 * How a claimed task ends: its process says so, or its process is gone.
 *
 * What a lost operation left behind is cleaned up before the task reads as ended, so that whoever sees the end finds the
 * datastore tidy.
 */

import type { Clock } from "@ironcore-backup/base";
import { toCodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { TaskAssignment, Tasks } from "../tasks/tasks.ts";
import type { TaskOutcome } from "../tasks/task-report.ts";

const CLEAN_UP_MS_MAX = 5000;

/** Tidies what a lost run left, in the server process; short, and safe while the dying worker still moves. */
export type WorkerLostCleanUp = (assignment: TaskAssignment) => Promise<void>;

interface Needs {
  readonly clock: Clock;
  readonly tasks: Pick<Tasks, "get" | "finish" | "release">;
  readonly onWorkerLost: WorkerLostCleanUp;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
  /** The server stops: what it interrupts ends as `SERVER_STOPPED`. */
  readonly isClosing: () => boolean;
}

export interface ClaimEnds {
  /** The process told its task's end. */
  finished(assignment: TaskAssignment, outcome: TaskOutcome): void;
  /** The process is gone, and its claim with it. @param failure  an error of ours that ended it */
  lost(assignment: TaskAssignment, how: string, failure?: Error): void;
  /** Nobody has begun: the task waits in the queue again. */
  notBegun(assignment: TaskAssignment, why: string): void;
  /** Resolves when every end so far is stored, or told as not storable. */
  settled(): Promise<void>;
}

export function createClaimEnds(needs: Needs): ClaimEnds {
  const endings = new Set<Promise<void>>();
  const keep = (ending: Promise<unknown>): void => {
    const kept = ending
      .catch((cause: unknown) =>
        needs.warn("TASK_END_FAILED", `a task's end was not recorded: ${String(cause)}`, {}),
      )
      .then(() => {
        endings.delete(kept);
      });
    endings.add(kept);
  };
  return {
    finished: (assignment, outcome) => keep(endFinished(needs, assignment, outcome)),
    lost: (assignment, how, failure) => keep(endLost(needs, assignment, { how, failure })),
    notBegun: (assignment, why) => keep(giveBack(needs, assignment, why)),
    settled: async () => {
      await Promise.all(endings);
    },
  };
}

async function endFinished(needs: Needs, assignment: TaskAssignment, outcome: TaskOutcome): Promise<void> {
  const { upid, attempt } = assignment;
  const final = outcome.kind === "cancelled" ? await cancelledOutcome(needs, upid) : outcome;
  await needs.tasks.finish(upid, attempt, final);
}

/** The worker was asked to stop: by an operator, or by the server that stops. */
async function cancelledOutcome(needs: Needs, upid: string): Promise<TaskOutcome> {
  const isClosing = needs.isClosing();
  const task = await needs.tasks.get(upid);
  if (task.cancelRequested || !isClosing) return { kind: "cancelled" };
  return { kind: "failed", error: serverErrors.SERVER_STOPPED({}).toJSON() };
}

/** Not possible any more when it was asked to stop meanwhile; then it has stopped. */
async function giveBack(needs: Needs, { upid, attempt }: TaskAssignment, why: string): Promise<void> {
  if (await needs.tasks.release(upid, attempt, why)) return;
  await needs.tasks.finish(upid, attempt, { kind: "cancelled" });
}

async function endLost(
  needs: Needs,
  assignment: TaskAssignment,
  lost: { readonly how: string; readonly failure: Error | undefined },
): Promise<void> {
  const { upid, attempt } = assignment;
  const isClosing = needs.isClosing();
  await cleanUp(needs, assignment);
  const task = await needs.tasks.get(upid);
  await needs.tasks.finish(upid, attempt, lostOutcome(task, { ...lost, isClosing }));
}

function lostOutcome(
  task: { readonly cancelRequested: boolean },
  { how, failure, isClosing }: { how: string; failure: Error | undefined; isClosing: boolean },
): TaskOutcome {
  if (failure !== undefined) return { kind: "failed", error: toCodedError(failure).toJSON() };
  if (task.cancelRequested) return { kind: "cancelled" };
  if (isClosing) return { kind: "failed", error: serverErrors.SERVER_STOPPED({}).toJSON() };
  return { kind: "failed", error: serverErrors.WORKER_LOST({ reason: how }).toJSON() };
}

/** Bounded: a clean-up that hangs on a dead disk must not keep the task from ending. What it leaves is removed later. */
async function cleanUp(needs: Needs, assignment: TaskAssignment): Promise<void> {
  const done = new AbortController();
  const tooLong = needs.clock.sleep(CLEAN_UP_MS_MAX, done.signal).then(
    () => Promise.reject(new Error(`not done after ${CLEAN_UP_MS_MAX} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([needs.onWorkerLost(assignment), tooLong]);
  } catch (cause) {
    needs.warn("CLEAN_UP_FAILED", `what a lost task left was not removed: ${String(cause)}`, {
      upid: assignment.upid,
    });
  } finally {
    done.abort();
  }
}
