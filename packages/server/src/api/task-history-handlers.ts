/** The Task Browser: pages of tasks, and how many there are in each state. */

import type { SomeHandlers } from "./handler.ts";
import { showTask } from "./task-handlers.ts";

export const taskHistoryHandlers: SomeHandlers<"listTasks" | "countTasks"> = {
  listTasks: async (needs, { caller, query }) => {
    const page = await needs.history.list(needs.access.taskVisibility(caller), query);
    return { ...page, tasks: page.tasks.map((task) => showTask(needs, caller, task)) };
  },
  countTasks: ({ access, history }, { caller, query }) => history.count(access.taskVisibility(caller), query),
};
