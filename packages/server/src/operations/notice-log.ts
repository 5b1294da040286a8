/** What the agent has to say while it works, as lines of the task's log. */

import type { Notice } from "@ironcore-backup/agent";
import type { TaskRun } from "./operation.ts";

export function logNotice(run: TaskRun, notice: Notice): void {
  run.log(
    notice.severity,
    notice.code,
    notice.message,
    notice.path === undefined ? {} : { path: notice.path },
  );
}
