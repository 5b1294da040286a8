/**
 * The pages' addresses. Everything but the sign-in page lies inside the shell, which is entered only by somebody the server
 * knows; whoever it does not know signs in and comes back to where they were going.
 */

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { toCodedError } from "@ironcore-backup/base";
import { parseAuditSearch } from "./pages/audit/audit-search.ts";
import { parseCalendarSearch } from "./pages/calendar/calendar-days.ts";
import { parseDeliverySearch, parseInboxSearch } from "./pages/notifications/notification-search.ts";
import { parsePruneSearch } from "./pages/prune-simulator/prune-search.ts";
import { parseSnapshotSearch } from "./pages/snapshots/snapshot-search.ts";
import { parseStatisticsSearch } from "./pages/statistics/statistics-search.ts";
import { parseTaskSearch } from "./pages/tasks/task-search.ts";
import { parseWorkloadSearch } from "./pages/workloads/workload-order.ts";
import type { Needs } from "./session/needs.tsx";
import { whoamiQuery } from "./session/query.ts";
import { HOME_PATH, readReturnPath } from "./session/return-path.ts";
import { NotFoundPage, TroublePage } from "./shell/trouble-page.tsx";
import { Shell } from "./shell/shell.tsx";

export interface RouterContext {
  readonly needs: Needs;
  readonly queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()();

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: ({ to }: Record<string, unknown>): { readonly to?: string } => {
    const path = readReturnPath(to);
    return path === HOME_PATH ? {} : { to: path };
  },
  component: lazyRouteComponent(() => import("./pages/sign-in/sign-in-page.tsx"), "SignInPage"),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    const { client, session, live } = context.needs;
    try {
      const whoami = await context.queryClient.ensureQueryData(whoamiQuery(client));
      session.begin(whoami.csrfToken);
      live.start();
    } catch (thrown) {
      if (toCodedError(thrown).code !== "UNAUTHENTICATED") throw thrown;
      const to = readReturnPath(location.href);
      throw redirect({ to: "/sign-in", search: to === HOME_PATH ? {} : { to } });
    }
  },
  component: Shell,
});

const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/dashboard/dashboard-page.tsx"), "DashboardPage"),
});

/** The list; its detail panel opens inside it, so that the list stays in view. */
const tasksRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/tasks",
  validateSearch: parseTaskSearch,
  component: lazyRouteComponent(() => import("./pages/tasks/tasks-page.tsx"), "TasksPage"),
});

const taskRoute = createRoute({
  getParentRoute: () => tasksRoute,
  path: "$upid",
  component: lazyRouteComponent(() => import("./pages/tasks/task-panel.tsx"), "TaskPanel"),
});

const workersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/workers",
  component: lazyRouteComponent(() => import("./pages/workers/workers-page.tsx"), "WorkersPage"),
});

/** Places at the left, what lies there in the middle; a snapshot opens beside them under its own name. */
const snapshotsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/snapshots",
  validateSearch: parseSnapshotSearch,
  component: lazyRouteComponent(() => import("./pages/snapshots/snapshots-page.tsx"), "SnapshotsPage"),
});

const snapshotPlaceRoute = createRoute({ getParentRoute: () => snapshotsRoute, path: "$datastore" });

/** `/snapshots/main/NS/host/web-1/2026-11-23T09:30:00Z` */
const snapshotRoute = createRoute({
  getParentRoute: () => snapshotPlaceRoute,
  path: "$",
  component: lazyRouteComponent(() => import("./pages/snapshots/detail/snapshot-panel.tsx"), "SnapshotPanel"),
});

const datastoresRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/datastores",
  component: lazyRouteComponent(() => import("./pages/datastores/datastores-page.tsx"), "DatastoresPage"),
});

const datastoreRoute = createRoute({
  getParentRoute: () => datastoresRoute,
  path: "$datastore",
  component: lazyRouteComponent(() => import("./pages/datastores/datastore-panel.tsx"), "DatastorePanel"),
});

const pruneSimulatorRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/prune-simulator",
  validateSearch: parsePruneSearch,
  component: lazyRouteComponent(
    () => import("./pages/prune-simulator/prune-simulator-page.tsx"),
    "PruneSimulatorPage",
  ),
});

const workloadsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/workloads",
  validateSearch: parseWorkloadSearch,
  component: lazyRouteComponent(() => import("./pages/workloads/workloads-page.tsx"), "WorkloadsPage"),
});

const workloadRoute = createRoute({
  getParentRoute: () => workloadsRoute,
  path: "$workload",
  component: lazyRouteComponent(() => import("./pages/workloads/workload-panel.tsx"), "WorkloadPanel"),
});

const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs",
  component: lazyRouteComponent(() => import("./pages/jobs/jobs-page.tsx"), "JobsPage"),
});

const jobRoute = createRoute({
  getParentRoute: () => jobsRoute,
  path: "$job",
  component: lazyRouteComponent(() => import("./pages/jobs/job-panel.tsx"), "JobPanel"),
});

const calendarRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/calendar",
  validateSearch: parseCalendarSearch,
  component: lazyRouteComponent(() => import("./pages/calendar/calendar-page.tsx"), "CalendarPage"),
});

const notificationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/notifications",
  component: lazyRouteComponent(
    () => import("./pages/notifications/notifications-page.tsx"),
    "NotificationsPage",
  ),
});

const inboxRoute = createRoute({
  getParentRoute: () => notificationsRoute,
  path: "/",
  validateSearch: parseInboxSearch,
  component: lazyRouteComponent(() => import("./pages/notifications/inbox-part.tsx"), "InboxPart"),
});

const targetsRoute = createRoute({
  getParentRoute: () => notificationsRoute,
  path: "targets",
  component: lazyRouteComponent(() => import("./pages/notifications/targets-part.tsx"), "TargetsPart"),
});

const notificationGroupsRoute = createRoute({
  getParentRoute: () => notificationsRoute,
  path: "groups",
  component: lazyRouteComponent(() => import("./pages/notifications/groups-part.tsx"), "GroupsPart"),
});

const rulesRoute = createRoute({
  getParentRoute: () => notificationsRoute,
  path: "rules",
  component: lazyRouteComponent(() => import("./pages/notifications/rules-part.tsx"), "RulesPart"),
});

const deliveriesRoute = createRoute({
  getParentRoute: () => notificationsRoute,
  path: "deliveries",
  validateSearch: parseDeliverySearch,
  component: lazyRouteComponent(() => import("./pages/notifications/deliveries-part.tsx"), "DeliveriesPart"),
});

const statisticsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/statistics",
  validateSearch: parseStatisticsSearch,
  component: lazyRouteComponent(() => import("./pages/statistics/statistics-page.tsx"), "StatisticsPage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/settings/settings-page.tsx"), "SettingsPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/audit",
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import("./pages/audit/audit-page.tsx"), "AuditPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  shellRoute.addChildren([
    dashboardRoute,
    tasksRoute.addChildren([taskRoute]),
    snapshotsRoute.addChildren([snapshotPlaceRoute.addChildren([snapshotRoute])]),
    datastoresRoute.addChildren([datastoreRoute]),
    workloadsRoute.addChildren([workloadRoute]),
    jobsRoute.addChildren([jobRoute]),
    calendarRoute,
    pruneSimulatorRoute,
    notificationsRoute.addChildren([
      inboxRoute,
      targetsRoute,
      notificationGroupsRoute,
      rulesRoute,
      deliveriesRoute,
    ]),
    statisticsRoute,
    workersRoute,
    auditRoute,
    settingsRoute,
  ]),
]);

export function createPageRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    defaultPreload: "intent",
    // What was fetched is kept and corrected by the query cache.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: TroublePage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
