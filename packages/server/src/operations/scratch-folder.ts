/** Where a drill puts what it restores: a folder of its own for each task, below the data directory's scratch space. */

import { join } from "node:path";
import { parseUpid } from "@ironcore-backup/base";

/** @param upid  its task's number and start make the name; the rest of it may hold anything */
export function scratchFolder(scratchPath: string, upid: string): string {
  const { taskId, startTime } = parseUpid(upid);
  return join(scratchPath, `drill-${taskId}-${startTime}`);
}
