/** Every handler of the house in one table. */

import type { RouteName } from "@ironcore-backup/protocol";
import { auditHandlers } from "./audit-handlers.ts";
import { datastoreHandlers } from "./datastore-handlers.ts";
import { grantHandlers } from "./grant-handlers.ts";
import type { AnyHandler } from "./handler.ts";
import { healthHandlers } from "./health-handlers.ts";
import { projectHandlers } from "./project-handlers.ts";
import { roleHandlers } from "./role-handlers.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { statusHandlers } from "./status-handlers.ts";
import { taskHandlers } from "./task-handlers.ts";
import { taskHistoryHandlers } from "./task-history-handlers.ts";
import { taskLogHandlers } from "./task-log-handlers.ts";
import { tokenHandlers } from "./token-handlers.ts";
import { userHandlers } from "./user-handlers.ts";
import { workerHandlers } from "./worker-handlers.ts";

// The table of handlers is checked row by row where it is written; here all rows are alike.
export const routeHandlers = {
  ...sessionHandlers,
  ...statusHandlers,
  ...healthHandlers,
  ...datastoreHandlers,
  ...taskHandlers,
  ...taskHistoryHandlers,
  ...taskLogHandlers,
  ...workerHandlers,
  ...userHandlers,
  ...tokenHandlers,
  ...projectHandlers,
  ...roleHandlers,
  ...grantHandlers,
  ...auditHandlers,
} as unknown as Readonly<Partial<Record<RouteName, AnyHandler>>>;
