/** What can be wrong with a wish about a task. */

import { errorEntry } from "@ironcore-backup/base";

export const taskErrorRows = {
  TASK_NOT_RETRYABLE: errorEntry(
    "never",
    (c: { upid: string; state: string }) =>
      `The task ${c.upid} is ${c.state}; only a failed or cancelled task can be retried`,
    "Start a new task if the work is to be done once more.",
  ),
  TASK_RETRY_ACTIVE: errorEntry(
    "later",
    (c: { upid: string; retriedBy: string }) => `The task ${c.upid} is being retried already: ${c.retriedBy}`,
    "Wait for that task, or cancel it first.",
  ),
};
