/** What can go wrong between the server and its workers. */

import { errorEntry } from "@ironcore-backup/base";

export const workerErrorRows = {
  WORKER_NOT_FOUND: errorEntry(
    "never",
    (c: { worker: string }) => `There is no worker ${c.worker}`,
    "`ironcore-backup worker list` shows the workers there are, by node and class of work.",
  ),
  DRILL_SPACE_MISSING: errorEntry(
    "later",
    (c: { path: string; needed: string; free: string }) =>
      `The drill needs ${c.needed} of scratch space in ${c.path}, and ${c.free} is free`,
    "Free space there, or drill one archive of the snapshot.",
  ),
  DRILL_SOURCE_DIFFERS: errorEntry(
    "never",
    (c: { snapshot: string; workload: string; count: number }) =>
      `${c.snapshot} could be restored, but differs from the live source of ${c.workload} in ${c.count} paths`,
    "Look at the differences in the task's log. A source that goes on changing always differs: compare it right after a backup, or without failing.",
  ),
  DRILL_SOURCE_INVALID: errorEntry(
    "never",
    (c: { workload: string }) =>
      `A restored tree is compared with directories, and the workload ${c.workload} is none of kind files`,
    "Name a workload of kind files, or leave the comparison out.",
  ),
  DRILL_CHECK_FAILED: errorEntry(
    "never",
    (c: { snapshot: string; detail: string }) =>
      `${c.snapshot} could be restored, but the check did not pass: ${c.detail}`,
    "Look at what the check said in the task's log: either the backup does not hold what it should, or the check is wrong.",
  ),
  VERIFY_SCOPE_INVALID: errorEntry(
    "never",
    (_c: Record<never, never>) =>
      "A verify looks at one snapshot, at one group, or at a namespace and what is below it",
    "Give one of them, or none for the whole datastore.",
  ),
  VERIFY_EXTENT_INVALID: errorEntry(
    "never",
    (c: { rule: string }) => `How much is to be verified does not make sense: ${c.rule}`,
    "Say either which snapshots are read whole, or within how many days all bytes are read.",
  ),
  CLAIM_LOST: errorEntry(
    "now",
    (c: { reason: string }) => `The worker gave up before it made anything final: ${c.reason}`,
    "Start the task again. Nothing was published, finished snapshots are untouched. If it happens again, look whether the machine stands still for long: swapping, a suspended guest, a hanging disk.",
  ),
};
