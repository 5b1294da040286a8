/**
 * What becomes of the instants of a job that have come. One of them, the newest, may start; the others were missed, or were
 * skipped because the scheduler was paused.
 *
 * - In time: it starts.
 * - Nobody was there (no server, or its clock jumped over it): by the job's policy the newest starts all the same, or none.
 * - The scheduler is paused: by the same policy the newest is held back until it goes on, or none is.
 * - The run before it goes on: it is skipped. No two runs of one job at once.
 */

import type { MissedRunPolicy, RunCause, RunState } from "@ironcore-backup/protocol";

/** So long after its instant a run counts as one that nobody was there for. */
export const GRACE_MS = 5 * 60_000;

export interface Situation {
  readonly now: number;
  readonly policy: MissedRunPolicy;
  readonly isPaused: boolean;
  /** The run that goes on. */
  readonly runningRun: number | undefined;
}

export interface Verdict {
  readonly state: RunState;
  readonly cause: RunCause;
  readonly message: string;
}

/** What becomes of the newest instant that has come: it starts, stays expected, or is over. */
export function decideNewest(fireAt: number, situation: Situation): "start" | "hold" | Verdict {
  const { now, policy, isPaused, runningRun } = situation;
  if (isPaused) return policy === "run-once" ? "hold" : PAUSED;
  if (policy === "skip" && now - fireAt > GRACE_MS) return NOBODY;
  if (runningRun !== undefined)
    return {
      state: "skipped",
      cause: "still-running",
      message: `Run ${runningRun} of this job had not ended`,
    };
  return "start";
}

/** What becomes of those before it. */
export function decideOlder({ isPaused }: Situation): Verdict {
  return isPaused ? PAUSED : NOBODY;
}

const PAUSED: Verdict = {
  state: "skipped",
  cause: "scheduler-paused",
  message: "The scheduler was paused at this time",
};
const NOBODY: Verdict = {
  state: "missed",
  cause: "server-down",
  message: "No server was running at this time",
};
