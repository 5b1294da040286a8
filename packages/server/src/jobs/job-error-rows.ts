/** What can be wrong with workloads, jobs and wishes about them. */

import { errorEntry } from "@ironcore-backup/base";

export const jobErrorRows = {
  WORKLOAD_NOT_FOUND: errorEntry(
    "never",
    (c: { workload: string }) => `There is no workload ${c.workload}`,
    "`ironcore-backup workload list` shows the workloads there are.",
  ),
  WORKLOAD_EXISTS: errorEntry(
    "never",
    (c: { workload: string }) => `There is a workload ${c.workload} already`,
    "Choose another name, or change the one that is there.",
  ),
  WORKLOAD_IN_USE: errorEntry(
    "never",
    (c: { workload: string; jobs: string }) => `The workload ${c.workload} is named by: ${c.jobs}`,
    "Take it out of these jobs' sources first.",
  ),
  WORKLOAD_INVALID: errorEntry(
    "never",
    (c: { rule: string }) => `The workload is not complete: ${c.rule}`,
    "Correct the field that is named.",
  ),
  JOB_NOT_FOUND: errorEntry(
    "never",
    (c: { job: string }) => `There is no job ${c.job}`,
    "`ironcore-backup job list` shows the jobs there are.",
  ),
  JOB_EXISTS: errorEntry(
    "never",
    (c: { job: string }) => `There is a job ${c.job} already`,
    "Choose another name, or change the one that is there.",
  ),
  JOB_INVALID: errorEntry(
    "never",
    (c: { type: string; rule: string }) => `The ${c.type} job does not make sense: ${c.rule}`,
    "Correct the field that is named.",
  ),
  PLACE_HAS_JOBS: errorEntry(
    "never",
    (c: { place: string; jobs: string }) => `${c.place} is what these jobs work on: ${c.jobs}`,
    "Remove these jobs first; `ironcore-backup job list` shows them.",
  ),
  JOB_RUNNING: errorEntry(
    "later",
    (c: { job: string; run: number }) => `The job ${c.job} runs already (run ${c.run})`,
    "Wait for that run, or cancel its tasks.",
  ),
  JOB_LIMIT_REACHED: errorEntry(
    "never",
    (c: { what: string; countMax: number }) => `There are ${c.countMax} ${c.what} already`,
    "Remove some that are not needed any more, or let one job take many workloads by a filter.",
  ),
  RUN_CURSOR_UNKNOWN: errorEntry(
    "never",
    (_c: Record<never, never>) => "The cursor is none that a list of runs gave",
    "Start the list from its beginning.",
  ),
  CALENDAR_TOO_LONG: errorEntry(
    "never",
    (c: { dayCountMax: number }) =>
      `A calendar shows at most ${c.dayCountMax} days at once, from earlier to later`,
    "Ask for a shorter stretch of time.",
  ),
};
