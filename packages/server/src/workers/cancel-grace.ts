/**
 * How long a cancelled task may go on until its process is killed. A backup with a command after it has put its source into a
 * state that somebody must take back (a frozen file system, a held snapshot), so that command is let finish.
 */

import { HOOK_TIMEOUT_SECONDS_DEFAULT } from "@ironcore-backup/protocol";
import type { TaskParameters } from "../operations/operation.ts";
import type { Patience } from "./patience.ts";

/** @param parameters  of the task, as its plan made them */
export function cancelGraceMsOf(patience: Pick<Patience, "cancelGraceMs">, parameters: unknown): number {
  // Plans are made by task-plan.ts; a task of a test may have none.
  const known = parameters as TaskParameters | undefined;
  const after = known?.type === "backup" ? known.request.postCommand : undefined;
  if (after === undefined) return patience.cancelGraceMs;
  return patience.cancelGraceMs + (after.timeoutSeconds ?? HOOK_TIMEOUT_SECONDS_DEFAULT) * 1000;
}
