/** Every handler of the house in one table. */

import type { RouteName } from "@ironcore-backup/protocol";
import { auditHandlers } from "./audit-handlers.ts";
import { chunkHandlers } from "./chunk-handlers.ts";
import { datastoreHandlers } from "./datastore-handlers.ts";
import { grantHandlers } from "./grant-handlers.ts";
import type { AnyHandler, Handlers } from "./handler.ts";
import { healthHandlers } from "./health-handlers.ts";
import { jobHandlers } from "./job-handlers.ts";
import { notificationHandlers } from "./notification-handlers.ts";
import { inboxHandlers } from "./inbox-handlers.ts";
import { placeHandlers } from "./place-handlers.ts";
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

const handlers: Handlers = {
  ...sessionHandlers,
  ...statusHandlers,
  ...healthHandlers,
  ...datastoreHandlers,
  ...chunkHandlers,
  ...placeHandlers,
  ...jobHandlers,
  ...inboxHandlers,
  ...notificationHandlers,
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
};

// Each row fits its route as the table above says; whoever calls them treats all rows alike.
export const routeHandlers = handlers as unknown as Readonly<Record<RouteName, AnyHandler>>;
