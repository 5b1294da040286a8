/**
 * Every route of `/api/v1` in one table: the server mounts it, the client calls it, OpenAPI is generated from it.
 * Path parameters are strings; a snapshot travels as one parameter, percent-encoded.
 */

import { accessRoutes } from "./routes/access-routes.ts";
import { datastoreRoutes } from "./routes/datastore-routes.ts";
import { jobRoutes } from "./routes/job-routes.ts";
import { notificationRoutes } from "./routes/notification-routes.ts";
import { placeRoutes } from "./routes/place-routes.ts";
import { sessionRoutes } from "./routes/session-routes.ts";
import { statusRoutes } from "./routes/status-routes.ts";
import { taskRoutes } from "./routes/task-routes.ts";
import { workerRoutes } from "./routes/worker-routes.ts";

export type { Route } from "./routes/route.ts";

export const routes = {
  ...statusRoutes,
  ...sessionRoutes,
  ...datastoreRoutes,
  ...placeRoutes,
  ...jobRoutes,
  ...notificationRoutes,
  ...taskRoutes,
  ...workerRoutes,
  ...accessRoutes,
} as const;

export type RouteName = keyof typeof routes;
