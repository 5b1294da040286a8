/** The Task Browser: pages of tasks, and how many there are in each state. */

import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import type { SomeHandlers } from "./handler.ts";

/** Administrators are the only callers there are; the door has refused all others. */
const visibilityOf = () => EVERYTHING_VISIBLE;

export const taskHistoryHandlers: SomeHandlers<"listTasks" | "countTasks"> = {
  listTasks: ({ history }, { query }) => history.list(visibilityOf(), query),
  countTasks: ({ history }, { query }) => history.count(visibilityOf(), query),
};
