/** What can be wrong with a question about many tasks. */

import { errorEntry } from "@ironcore-backup/base";

export const taskHistoryErrorRows = {
  TASK_QUERY_BUSY: errorEntry(
    "later",
    (c: { waitingCount: number }) => `${c.waitingCount} questions about the task history wait already`,
    "Ask again in a moment.",
  ),
  TASK_QUERY_TOO_SLOW: errorEntry(
    "never",
    (c: { limitMs: number }) => `The task history did not answer within ${c.limitMs / 1000} s`,
    "Narrow the filter: a time range, a state or a longer text.",
  ),
  TASK_QUERY_FAILED: errorEntry(
    "later",
    (c: { detail: string }) => `The task history cannot be read: ${c.detail}`,
    "Try again; if it stays so, look into the service's log and check the disk below the data directory.",
  ),
  TASK_CURSOR_FOREIGN: errorEntry(
    "never",
    (c: { detail: string }) => `The cursor does not belong to this list of tasks: ${c.detail}`,
    "Use nextCursor with the same sort and order as before, or begin again without a cursor.",
  ),
};
