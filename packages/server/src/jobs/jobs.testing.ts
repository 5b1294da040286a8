/** What tests of jobs speak with: the real room on a real state store, a clock that stands, and the test as the worker. */

import type { FakeClock } from "@ironcore-backup/base";
import { TASK_CLASSES } from "@ironcore-backup/protocol";
import type { JobCreate, Run } from "@ironcore-backup/protocol";
import { aBench, aFolder, plan, turns } from "../tasks/tasks.testing.ts";
import type { Bench } from "../tasks/tasks.testing.ts";
import type { TaskOutcome } from "../tasks/task-report.ts";
import type { JobsNeeds } from "./job-desk.ts";
import { openJobs } from "./jobs.ts";
import type { Jobs } from "./jobs.ts";
import { openWorkloads } from "./workloads.ts";
import type { Workloads } from "./workloads.ts";

export const OWNER = "admin@ibs";
const everything = (): boolean => true;

export interface JobHouse {
  readonly bench: Bench;
  readonly jobs: Jobs;
  readonly workloads: Workloads;
  setPaused(paused: boolean): Promise<void>;
  /** Lets time pass, and what is due then be done. */
  pass(durationMs: number): Promise<void>;
  /** Of one job, oldest first. */
  runs(job: string): Promise<Run[]>;
  /** Claims and ends every task that may run. @returns how many */
  work(outcome?: TaskOutcome): Promise<number>;
  /** As SIGKILL does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function aJobHouse(
  root = aFolder(),
  options: { readonly clock?: FakeClock; readonly planTask?: JobsNeeds["planTask"] } = {},
): Promise<JobHouse> {
  const { clock } = options;
  const bench = await aBench(root, clock === undefined ? {} : { clock });
  const { state, tasks } = bench;
  const workloads = await openWorkloads({ clock: bench.clock, state, searchPath: "/usr/bin:/bin" });
  let isPaused = false;
  const jobs = await openJobs({
    clock: bench.clock,
    state,
    tasks,
    workloads,
    timeZone: "Europe/Vienna",
    isPaused: () => isPaused,
    planTask:
      options.planTask ??
      ((job, workload) =>
        Promise.resolve(plan({ source: workload?.name ?? job.name, datastore: job.datastore }))),
    warn: (code) => bench.warnings.push(code),
  });
  await tasks.recover();
  await jobs.start();
  const idle = async (): Promise<void> => {
    await turns();
    await jobs.idle();
  };
  await idle();
  return {
    bench,
    jobs,
    workloads,
    setPaused: async (paused) => {
      isPaused = paused;
      jobs.wake();
      await idle();
    },
    pass: async (durationMs) => {
      bench.clock.advance(durationMs);
      await idle();
    },
    runs: async (job) => {
      const { runs } = await jobs.listRuns({ job, limit: 1000 }, everything);
      return runs.toReversed();
    },
    work: async (outcome = { kind: "done" }) => {
      const count = await work(bench, outcome);
      await jobs.idle();
      return count;
    },
    kill: async () => {
      await bench.kill();
      await jobs.close();
    },
    close: async () => {
      await jobs.close();
      await bench.close();
    },
  };
}

async function work({ tasks }: Bench, outcome: TaskOutcome): Promise<number> {
  let count = 0;
  for (const name of TASK_CLASSES)
    for (;;) {
      const one = await tasks.claim({ worker: `vm/${name}`, class: name });
      if (one === undefined) break;
      await tasks.finish(one.upid, one.attempt, outcome);
      count += 1;
    }
  return count;
}

export const aBackupJob = (changes: Partial<JobCreate> = {}): JobCreate => ({
  name: "nightly",
  type: "backup",
  datastore: "main",
  schedule: "02:00",
  sources: { workloads: ["web"] },
  ...changes,
});
