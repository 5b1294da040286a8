/** What the tests look at of a task that the command line prints. */

import type { VerifyStatistics } from "@ironcore-backup/protocol/calls";
import type { Installation } from "./installation.ts";

export interface TaskView {
  readonly upid: string;
  readonly state: string;
  readonly exitStatus?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  readonly statistics?: {
    readonly verify?: VerifyStatistics;
  };
}

/** The newest task of a type, as `task list` prints it. */
export function newestTask(ibs: Installation, type: string): TaskView {
  const [task] = ibs.json<TaskView[]>("task", "list", "--type", type, "--limit", "1");
  if (task === undefined) throw new Error(`no ${type} task`);
  return task;
}
