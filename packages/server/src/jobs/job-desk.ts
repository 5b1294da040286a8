/** What the steps of a job's life share: the jobs with their schedules, the open rows of the ledger, and whom they need. */

import type { Clock } from "@ironcore-backup/base";
import type { State } from "../state/database.ts";
import { listOpenRuns } from "../state/run-records.ts";
import type { RunRecord } from "../state/run-records.ts";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import type { TaskPlan, Tasks } from "../tasks/tasks.ts";
import type { HeldJob } from "./instants.ts";
import type { Workloads } from "./workloads.ts";

export interface JobsNeeds {
  readonly clock: Clock;
  readonly state: State;
  readonly tasks: Pick<Tasks, "queue" | "onEnded">;
  readonly workloads: Workloads;
  /** For schedules that name no zone. */
  readonly timeZone: string;
  readonly isPaused: () => boolean;
  /** What a run queues. @throws what keeps it from starting: the owner may not, the datastore is not there … */
  readonly planTask: (job: JobRecord, workload: WorkloadRecord | undefined) => Promise<TaskPlan>;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export interface JobDesk extends JobsNeeds {
  readonly jobs: Map<string, HeldJob>;
  /** Rows that are expected, by job, earliest first: the next instant, and those that are held back. */
  readonly expected: Map<string, RunRecord[]>;
  /** Rows that go on, by job: one from its schedule or one by hand. */
  readonly running: Map<string, RunRecord>;
  /** Runs with subjects that no task could be queued for yet. */
  readonly unqueued: Set<number>;
  readonly endListeners: Set<(job: string) => void>;
  /** Whatever changes a job or the ledger follows what went before. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
}

export function openJobDesk(needs: JobsNeeds): JobDesk {
  return {
    ...needs,
    jobs: new Map(),
    expected: new Map(),
    running: new Map(),
    unqueued: new Set(),
    endListeners: new Set(),
    inTurn: createTurns(),
  };
}

function createTurns(): JobDesk["inTurn"] {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const turn = last.then(step, step);
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** The desk's view of the ledger, as the store has it. @param jobs  only these; absent: of all */
export async function readOpenRuns(desk: JobDesk, jobs?: readonly string[]): Promise<void> {
  const open = await listOpenRuns(desk.state.database, jobs);
  for (const name of jobs ?? [...desk.expected.keys(), ...desk.running.keys()]) {
    desk.expected.delete(name);
    desk.running.delete(name);
  }
  for (const run of open) {
    if (run.state === "running") {
      desk.running.set(run.job, run);
      continue;
    }
    const rows = desk.expected.get(run.job) ?? [];
    rows.push(run);
    desk.expected.set(run.job, rows);
  }
  for (const rows of desk.expected.values()) rows.sort((a, b) => a.dueAt - b.dueAt);
}

/** The soonest that something is to be done. What is held back waits for the scheduler, not for a time. */
export function nextFireAt(desk: JobDesk): number {
  const now = desk.clock.now();
  let soonest = Infinity;
  for (const rows of desk.expected.values())
    for (const { fireAt } of rows) if (fireAt > now && fireAt < soonest) soonest = fireAt;
  return soonest;
}
