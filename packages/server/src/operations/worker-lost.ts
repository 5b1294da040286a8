/**
 * Tidies what a run left whose worker died. Called in the server process; the dying worker may still move for a moment,
 * so whatever is removed is removed under its lock, and what is locked is left for its holder.
 */

import type { TaskAssignment } from "../tasks/tasks.ts";

export async function cleanUpAfterWorkerLost(_assignment: TaskAssignment): Promise<void> {
  // The architect's part: remove the unfinished snapshot of a backup.
}
