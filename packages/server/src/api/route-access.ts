/**
 * What each route asks of its caller. A route without a row does not compile, and none is open by oversight.
 *
 * A row names privileges with the place where each is needed, read from the checked request. `somewhere` is for lists,
 * which show what the caller may see, and for what is found only by its handler: a task by its UPID, a grant by its id. That handler
 * (or the function of `access` that it calls) asks with the real place. Before the body is read, a caller who has a
 * needed privilege nowhere at all is sent away.
 */

import { parseNamespace } from "@ironcore-backup/base";
import type { Privilege, PrunePlanRequest, RouteName, routes } from "@ironcore-backup/protocol";
import type { Static, TSchema } from "typebox";
import type { Access, Caller, Resource } from "../access/access.ts";
import { PLATFORM } from "../access/rights.ts";
import type { RequestParts } from "./request-check.ts";

interface Ask<Row> {
  readonly privilege: Privilege;
  readonly on: Resource | "somewhere" | ((request: CheckedParts<Row>) => Resource);
}

type PartOf<Row, Part extends string> = Row extends { readonly [P in Part]: infer Schema extends TSchema }
  ? Static<Schema>
  : undefined;
interface CheckedParts<Row> {
  readonly params: PartOf<Row, "params">;
  readonly query: PartOf<Row, "query">;
  readonly body: PartOf<Row, "body">;
}

type RouteAccess<Row> = "anyone" | "signed-in" | readonly Ask<Row>[];

const onPlatform = (privilege: Privilege) => [{ privilege, on: PLATFORM }] as const;
const somewhere = (privilege: Privilege) => [{ privilege, on: "somewhere" }] as const;
const inDatastore = (privilege: Privilege) =>
  [
    {
      privilege,
      on: ({ params }: { readonly params: { readonly datastore: string } }) => datastore(params.datastore),
    },
  ] as const;
const inSnapshot = (privilege: Privilege) =>
  [
    {
      privilege,
      on: ({ params }: { readonly params: { readonly datastore: string; readonly snapshot: string } }) =>
        namespaceOf(params.datastore, params.snapshot),
    },
  ] as const;

const inNamespace = (privilege: Privilege) =>
  [
    {
      privilege,
      on: ({ params }: { readonly params: { readonly datastore: string; readonly namespace: string } }) =>
        namespace(params.datastore, params.namespace),
    },
  ] as const;
const inGroup = (privilege: Privilege) =>
  [
    {
      privilege,
      on: ({ params }: { readonly params: { readonly datastore: string; readonly group: string } }) =>
        groupNamespace(params.datastore, params.group),
    },
  ] as const;
const inPruneScope = (privilege: Privilege) =>
  [{ privilege, on: ({ body }: { readonly body: PrunePlanRequest }) => pruneScope(body) }] as const;

export const routeAccess: { readonly [Name in RouteName]: RouteAccess<(typeof routes)[Name]> } = {
  ping: "anyone",
  getHealth: "anyone",
  getReadiness: "anyone",
  getStatus: onPlatform("status.read"),
  login: "anyone",
  logout: "signed-in",
  whoami: "signed-in",

  listDatastores: somewhere("datastore.read"),
  createDatastore: onPlatform("datastore.change"),
  getDatastore: inDatastore("datastore.read"),
  updateDatastore: inDatastore("datastore.change"),
  // It writes a file and reads what only its owner's eyes see of the disk.
  probeDatastore: inDatastore("datastore.change"),
  listDatastoreMeasures: inDatastore("datastore.read"),
  getStatistics: somewhere("task.read"),
  removeDatastore: onPlatform("datastore.change"),
  // The handler shows of a datastore what the caller may see in it.
  listSnapshots: somewhere("snapshot.read"),
  getSnapshot: inSnapshot("snapshot.read"),
  forgetSnapshot: inSnapshot("snapshot.forget"),
  compareSnapshots: inSnapshot("snapshot.read"),
  listSnapshotEntries: inSnapshot("snapshot.read"),
  // The handler shows the snapshots that the caller may see.
  listChunkUses: somewhere("snapshot.read"),
  listChunkFiles: inSnapshot("snapshot.read"),
  updateSnapshot: inSnapshot("snapshot.change"),

  listNamespaces: somewhere("snapshot.read"),
  createNamespace: [
    {
      privilege: "namespace.manage",
      on: ({ params, body }) => namespace(params.datastore, body.namespace),
    },
  ],
  updateNamespace: inNamespace("namespace.manage"),
  removeNamespace: inNamespace("namespace.manage"),
  listGroups: somewhere("snapshot.read"),
  updateGroup: inGroup("snapshot.change"),
  getGroupSpace: inGroup("snapshot.read"),
  changeGroupOwner: inGroup("namespace.manage"),
  forgetGroup: inGroup("snapshot.forget"),
  planPrune: inPruneScope("snapshot.read"),
  // It reads nothing but the request.
  simulatePrune: "signed-in",
  startPrune: inPruneScope("prune.start"),
  startGc: [{ privilege: "gc.start", on: ({ body }) => datastore(body.datastore) }],

  startBackup: [
    { privilege: "backup.start", on: ({ body }) => namespace(body.datastore, body.namespace ?? "") },
    { privilege: "host.use", on: PLATFORM },
  ],
  startRestore: [
    { privilege: "snapshot.restore", on: ({ body }) => namespaceOf(body.datastore, body.snapshot) },
    { privilege: "host.use", on: PLATFORM },
  ],
  startDrill: [
    { privilege: "snapshot.restore", on: ({ body }) => groupNamespace(body.datastore, body.group) },
  ],
  startVerify: [
    {
      privilege: "verify.start",
      on: ({ body }) =>
        body.snapshot === undefined ? pruneScope(body) : namespaceOf(body.datastore, body.snapshot),
    },
  ],
  // Whose a workload or a job is its handler finds by its name.
  listWorkloads: somewhere("job.read"),
  createWorkload: [
    { privilege: "job.manage", on: "somewhere" },
    { privilege: "host.use", on: PLATFORM },
  ],
  getWorkload: somewhere("job.read"),
  updateWorkload: [
    { privilege: "job.manage", on: "somewhere" },
    { privilege: "host.use", on: PLATFORM },
  ],
  removeWorkload: somewhere("job.manage"),
  checkWorkload: somewhere("job.run"),
  // The paths were named by who may name them: as with a job, it takes the right to run and the right to back up there.
  backUpWorkload: [
    { privilege: "job.run", on: "somewhere" },
    { privilege: "backup.start", on: ({ body }) => namespace(body.datastore, body.namespace ?? "") },
  ],
  listJobs: somewhere("job.read"),
  // What the job does its maker must be allowed to do: `job-rights.ts`.
  createJob: somewhere("job.manage"),
  getJob: somewhere("job.read"),
  updateJob: somewhere("job.manage"),
  removeJob: somewhere("job.manage"),
  runJob: somewhere("job.run"),
  listRuns: somewhere("job.read"),
  getCalendar: somewhere("job.read"),
  getProtection: somewhere("job.read"),
  // It reads nothing but the request.
  previewSchedule: "signed-in",

  // Each gets of the inbox what they may see.
  listInbox: "signed-in",
  countInbox: "signed-in",
  getNotice: "signed-in",
  markInbox: "signed-in",
  acknowledgeNotice: somewhere("notification.acknowledge"),
  resolveNotice: somewhere("notification.acknowledge"),
  // Whose a target, a group or a rule is its handler finds by its name.
  listTargets: somewhere("notification.read"),
  createTarget: somewhere("notification.manage"),
  getTarget: somewhere("notification.read"),
  updateTarget: somewhere("notification.manage"),
  removeTarget: somewhere("notification.manage"),
  testTarget: somewhere("notification.manage"),
  // It reads nothing but the request.
  previewTarget: "signed-in",
  listNotificationGroups: somewhere("notification.read"),
  createNotificationGroup: somewhere("notification.manage"),
  getNotificationGroup: somewhere("notification.read"),
  updateNotificationGroup: somewhere("notification.manage"),
  removeNotificationGroup: somewhere("notification.manage"),
  listNotificationRules: somewhere("notification.read"),
  createNotificationRule: somewhere("notification.manage"),
  getNotificationRule: somewhere("notification.read"),
  updateNotificationRule: somewhere("notification.manage"),
  removeNotificationRule: somewhere("notification.manage"),
  previewNotificationRule: somewhere("notification.manage"),
  listDeliveries: somewhere("notification.read"),
  getDelivery: somewhere("notification.read"),
  resendDelivery: somewhere("notification.manage"),

  listTasks: somewhere("task.read"),
  countTasks: somewhere("task.read"),
  getTask: somewhere("task.read"),
  getTaskLog: somewhere("task.read"),
  cancelTask: somewhere("task.cancel"),
  // Whoever may end a task may slow it down.
  updateTask: somewhere("task.cancel"),
  retryTask: somewhere("task.retry"),

  listWorkers: onPlatform("worker.read"),
  drainWorker: onPlatform("worker.manage"),
  resumeWorker: onPlatform("worker.manage"),
  getScheduler: onPlatform("worker.read"),
  pauseScheduler: onPlatform("worker.manage"),
  resumeScheduler: onPlatform("worker.manage"),

  listUsers: onPlatform("user.read"),
  createUser: onPlatform("user.manage"),
  // People read and change themselves, manage their own tokens, and give these of their own rights.
  getUser: "signed-in",
  updateUser: "signed-in",
  removeUser: onPlatform("user.manage"),
  listApiTokens: "signed-in",
  createApiToken: "signed-in",
  removeApiToken: "signed-in",
  listProjects: somewhere("project.read"),
  createProject: onPlatform("project.manage"),
  getProject: [{ privilege: "project.read", on: ({ params }) => project(params.project) }],
  updateProject: [{ privilege: "project.manage", on: ({ params }) => project(params.project) }],
  removeProject: onPlatform("project.manage"),
  listRoles: somewhere("grant.read"),
  createRole: onPlatform("grant.manage"),
  updateRole: onPlatform("grant.manage"),
  removeRole: onPlatform("grant.manage"),
  listGrants: "signed-in",
  createGrant: "signed-in",
  removeGrant: "signed-in",
  listAudit: onPlatform("audit.read"),
};

/** Rows differ in what their requests look like; here they are all alike. */
function rowOf(name: RouteName): RouteAccess<unknown> {
  return routeAccess[name];
}

/** For the API's description: the privileges that a caller needs, none for who need only be signed in. */
export function privilegesFor(name: RouteName): readonly Privilege[] {
  const row = rowOf(name);
  return typeof row === "string" ? [] : row.map(({ privilege }) => privilege);
}

export function isOpenRoute(name: RouteName): boolean {
  return rowOf(name) === "anyone";
}

/** Before the request is read. @throws FORBIDDEN to whom a needed privilege was granted nowhere */
export function assertMayAsk(access: Access, caller: Caller, name: RouteName): void {
  const row = rowOf(name);
  if (typeof row === "string") return;
  for (const { privilege, on } of row) {
    if (on === "somewhere" || typeof on === "function") access.assertMaySomewhere(caller, privilege);
    else access.assertMay(caller, privilege, on);
  }
}

/** With the checked request. @throws FORBIDDEN, *_NOT_FOUND, NAME_INVALID */
export function assertMayDo(access: Access, caller: Caller, name: RouteName, request: RequestParts): void {
  const row = rowOf(name);
  if (typeof row === "string") return;
  for (const { privilege, on } of row) {
    // Checked against the schemas that the row's types come from.
    if (typeof on === "function") access.assertMay(caller, privilege, on(request as CheckedParts<unknown>));
  }
}

function datastore(name: string): Resource {
  return { kind: "datastore", datastore: name };
}

function project(name: string): Resource {
  return { kind: "project", project: name };
}

function namespace(datastoreName: string, text: string): Resource {
  return { kind: "namespace", datastore: datastoreName, namespace: parseNamespace(text) };
}

/** @param group  `[NS/]type/id` */
function groupNamespace(datastoreName: string, group: string): Resource {
  return namespace(datastoreName, group.split("/").slice(0, -2).join("/"));
}

/** What a prune looks at: a group, or a namespace with all below it. Of an invalid pair the wider one. */
export function pruneScope({
  datastore: name,
  namespace: text,
  group,
}: Pick<PrunePlanRequest, "datastore" | "namespace" | "group">): Resource {
  if (group !== undefined && text === undefined) return groupNamespace(name, group);
  return text === undefined || text === "" ? datastore(name) : namespace(name, text);
}

/** @param snapshot  `[NS/]type/id/time`, or `latest` for the time */
export function namespaceOf(datastoreName: string, snapshot: string): Resource {
  return namespace(datastoreName, snapshot.split("/").slice(0, -3).join("/"));
}
