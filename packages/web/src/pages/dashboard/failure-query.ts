/** The failures that ended last, asked once for the verdict and for their list. */

import type { Client } from "@ironcore-backup/client";
import type { TaskListQuery } from "@ironcore-backup/protocol/calls";
import { AFTER_TASKS, taskListQuery } from "../../session/query.ts";

const FAILURES: TaskListQuery = { state: "failed", sort: "ended", order: "descending", limit: 5 };

export function failureQuery(client: Client) {
  return { ...taskListQuery(client, FAILURES), meta: AFTER_TASKS };
}
