/** What can be wrong with a task's log on disk. */

import { errorEntry } from "@ironcore-backup/base";

export const logErrorRows = {
  TASK_LOG_DAMAGED: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `The log ${c.path} is damaged: ${c.detail}`,
    "Check the disk below the data directory. The task's result is kept elsewhere and is not affected; the log can be restored from a copy.",
  ),
};
