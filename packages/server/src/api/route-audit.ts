/**
 * What the audit log says of each route that changes something: the action, what it was done to, and the few values that
 * are worth keeping. Named one by one: a body may hold a password, an answer a token. A route without a row does not
 * compile. Logins are written down by `access`, which knows why one failed.
 */

import type { Static, TSchema } from "typebox";
import type { RouteName, routes } from "@ironcore-backup/protocol";

type Values = Readonly<Record<string, string | number | boolean | null | undefined>>;

type PartOf<Row, Part extends string> = Row extends { readonly [P in Part]: infer Schema extends TSchema }
  ? Static<Schema>
  : undefined;

interface Asked<Row> {
  readonly params: PartOf<Row, "params">;
  readonly body: PartOf<Row, "body">;
}

export interface AuditRow<Row> {
  /** In past tense; for what was refused it says what was tried. */
  readonly action: string;
  readonly subject: (asked: Asked<Row>) => string;
  readonly detail?: (asked: Asked<Row>) => Values;
  /** What only the answer tells. */
  readonly made?: (
    answer: Row extends { readonly response: infer S extends TSchema } ? Static<S> : never,
  ) => Values;
}

type RowOf<Name extends RouteName> = (typeof routes)[Name];
type ChangingRouteName = {
  [Name in RouteName]: RowOf<Name>["method"] extends "GET" ? never : Name;
}[RouteName];

/** They only ask: their questions are too large for an address. */
type PlanningRouteName =
  | "planPrune"
  | "simulatePrune"
  | "previewSchedule"
  | "checkWorkload"
  | "previewTarget"
  | "previewNotificationRule"
  // What somebody has read is theirs alone.
  | "markInbox";

const SCHEDULER = (): string => "scheduler";
/** What was changed, not to what: a new value may be secret. */
const fieldsOf = (body: object): Values => ({ fields: Object.keys(body).toSorted().join(" ") });

/** How long snapshots are kept decides what is lost: the audit log has it in full. */
const retentionText = (retention: object | null | undefined): string | null | undefined =>
  retention === undefined ? undefined : retention === null ? "inherited" : JSON.stringify(retention);

export const routeAudit: {
  readonly [Name in Exclude<ChangingRouteName, "login" | PlanningRouteName>]: AuditRow<RowOf<Name>>;
} = {
  logout: { action: "logout.done", subject: () => "session" },
  createDatastore: {
    action: "datastore.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ path: body.path }),
  },
  updateDatastore: {
    action: "datastore.changed",
    subject: ({ params }) => params.datastore,
    detail: ({ body }) => ({
      ...fieldsOf(body),
      runningTaskCountMax: body.runningTaskCountMax,
      retention: retentionText(body.retention),
      bandwidthLimitBytesPerSecond: body.bandwidthLimitBytesPerSecond,
      mode: body.mode,
      modeReason: body.modeReason,
      acceptStore: body.acceptStore,
    }),
  },
  probeDatastore: { action: "datastore.probed", subject: ({ params }) => params.datastore },
  removeDatastore: { action: "datastore.removed", subject: ({ params }) => params.datastore },
  forgetSnapshot: {
    action: "snapshot.forgotten",
    subject: ({ params }) => `${params.datastore}:${params.snapshot}`,
  },
  updateSnapshot: {
    action: "snapshot.changed",
    subject: ({ params }) => `${params.datastore}:${params.snapshot}`,
    detail: ({ body }) => ({ ...fieldsOf(body), protected: body.protected }),
  },
  createNamespace: {
    action: "namespace.created",
    subject: ({ params, body }) => `${params.datastore}:${body.namespace}`,
    detail: ({ body }) => ({ retention: retentionText(body.retention) }),
  },
  updateNamespace: {
    action: "namespace.changed",
    subject: ({ params }) => `${params.datastore}:${params.namespace}`,
    detail: ({ body }) => ({ retention: retentionText(body.retention) }),
  },
  removeNamespace: {
    action: "namespace.removed",
    subject: ({ params }) => `${params.datastore}:${params.namespace}`,
  },
  updateGroup: {
    action: "group.changed",
    subject: ({ params }) => `${params.datastore}:${params.group}`,
    detail: ({ body }) => fieldsOf(body),
  },
  changeGroupOwner: {
    action: "group.owner-changed",
    subject: ({ params }) => `${params.datastore}:${params.group}`,
    detail: ({ body }) => ({ owner: body.owner }),
  },
  forgetGroup: {
    action: "group.forgotten",
    subject: ({ params }) => `${params.datastore}:${params.group}`,
    made: ({ removedCount, protectedCount, inUseCount }) => ({ removedCount, protectedCount, inUseCount }),
  },
  startPrune: {
    action: "prune.started",
    subject: ({ body }) => [body.datastore, body.group ?? body.namespace].filter(Boolean).join(":"),
    detail: ({ body }) => ({ retention: retentionText(body.retention), project: body.project }),
    made: ({ upid }) => ({ upid }),
  },
  startGc: {
    action: "gc.started",
    subject: ({ body }) => body.datastore,
    detail: ({ body }) => ({
      isDryRun: body.isDryRun,
      cutoffMinutes: body.cutoffMinutes,
      project: body.project,
    }),
    made: ({ upid }) => ({ upid }),
  },
  createWorkload: {
    action: "workload.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ project: body.project, kind: body.kind, paths: body.paths?.join(" ") }),
  },
  updateWorkload: {
    action: "workload.changed",
    subject: ({ params }) => params.workload,
    detail: ({ body }) => ({ ...fieldsOf(body), paths: body.paths?.join(" ") }),
  },
  removeWorkload: { action: "workload.removed", subject: ({ params }) => params.workload },
  createJob: {
    action: "job.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({
      project: body.project,
      type: body.type,
      datastore: body.datastore,
      schedule: body.schedule,
      retention: retentionText(body.retention),
    }),
  },
  updateJob: {
    action: "job.changed",
    subject: ({ params }) => params.job,
    detail: ({ body }) => ({
      ...fieldsOf(body),
      enabled: body.enabled,
      schedule: body.schedule,
      retention: retentionText(body.retention),
    }),
  },
  removeJob: { action: "job.removed", subject: ({ params }) => params.job },
  runJob: {
    action: "job.run",
    subject: ({ params }) => params.job,
    made: ({ run }) => ({ run }),
  },
  backUpWorkload: {
    action: "backup.started",
    subject: ({ body }) => body.datastore,
    detail: ({ params, body }) => ({ workload: params.workload, namespace: body.namespace }),
    made: ({ upid }) => ({ upid }),
  },
  acknowledgeNotice: { action: "notice.acknowledged", subject: ({ params }) => params.notice },
  resolveNotice: { action: "notice.resolved", subject: ({ params }) => params.notice },
  // Names of what was set: the values may be secret.
  createTarget: {
    action: "notification-target.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ kind: body.kind, project: body.project, to: body.to?.join(" ") }),
  },
  updateTarget: {
    action: "notification-target.changed",
    subject: ({ params }) => params.target,
    detail: ({ body }) => fieldsOf(body),
  },
  removeTarget: { action: "notification-target.removed", subject: ({ params }) => params.target },
  testTarget: {
    action: "notification-target.tested",
    subject: ({ params }) => params.target,
    made: ({ outcome }) => ({ outcome }),
  },
  createNotificationGroup: {
    action: "notification-group.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ project: body.project, targets: body.targets?.join(" ") }),
  },
  updateNotificationGroup: {
    action: "notification-group.changed",
    subject: ({ params }) => params.group,
    detail: ({ body }) => ({ ...fieldsOf(body), targets: body.targets?.join(" "), enabled: body.enabled }),
  },
  removeNotificationGroup: {
    action: "notification-group.removed",
    subject: ({ params }) => params.group,
  },
  createNotificationRule: {
    action: "notification-rule.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ project: body.project, groups: body.groups?.join(" ") }),
  },
  updateNotificationRule: {
    action: "notification-rule.changed",
    subject: ({ params }) => params.rule,
    detail: ({ body }) => ({ ...fieldsOf(body), groups: body.groups?.join(" "), enabled: body.enabled }),
  },
  removeNotificationRule: { action: "notification-rule.removed", subject: ({ params }) => params.rule },
  resendDelivery: { action: "notification-delivery.resent", subject: ({ params }) => params.delivery },
  startBackup: {
    action: "backup.started",
    subject: ({ body }) => body.datastore,
    detail: ({ body }) => ({
      paths: body.paths.join(" "),
      // Programs only: words and environment may hold secrets.
      commands: body.commands?.map(({ archive, argv }) => `${archive}: ${argv[0]}`).join(" "),
      namespace: body.namespace,
      project: body.project,
    }),
    made: ({ upid }) => ({ upid }),
  },
  startRestore: {
    action: "restore.started",
    subject: ({ body }) => `${body.datastore}:${body.snapshot}`,
    detail: ({ body }) => ({ target: body.target, archive: body.archive, project: body.project }),
    made: ({ upid }) => ({ upid }),
  },
  startDrill: {
    action: "drill.started",
    subject: ({ body }) => `${body.datastore}:${body.group}`,
    detail: ({ body }) => ({ check: body.check?.argv.join(" ") }),
    made: ({ upid }) => ({ upid }),
  },
  startVerify: {
    action: "verify.started",
    subject: ({ body }) => `${body.datastore}${body.snapshot === undefined ? "" : `:${body.snapshot}`}`,
    detail: ({ body }) => ({ project: body.project }),
    made: ({ upid }) => ({ upid }),
  },
  cancelTask: { action: "task.cancelled", subject: ({ params }) => params.upid },
  updateTask: {
    action: "task.changed",
    subject: ({ params }) => params.upid,
    detail: ({ body }) => ({ bandwidthLimitBytesPerSecond: body.bandwidthLimitBytesPerSecond }),
  },
  retryTask: {
    action: "task.retried",
    subject: ({ params }) => params.upid,
    made: ({ upid }) => ({ upid }),
  },
  drainWorker: {
    action: "worker.drained",
    subject: ({ params }) => params.worker,
    detail: ({ body }) => ({ reason: body.reason }),
  },
  resumeWorker: { action: "worker.resumed", subject: ({ params }) => params.worker },
  pauseScheduler: {
    action: "scheduler.paused",
    subject: SCHEDULER,
    detail: ({ body }) => ({ reason: body.reason }),
  },
  resumeScheduler: { action: "scheduler.resumed", subject: SCHEDULER },
  createUser: { action: "user.created", subject: ({ body }) => body.authId },
  updateUser: {
    action: "user.changed",
    subject: ({ params }) => params.user,
    detail: ({ body }) => ({ ...fieldsOf(body), enabled: body.enabled }),
  },
  removeUser: { action: "user.removed", subject: ({ params }) => params.user },
  createApiToken: {
    action: "token.created",
    subject: ({ body }) => `${body.user ?? ""}!${body.name}`,
    detail: ({ body }) => ({ expiresAt: body.expiresAt }),
    made: ({ token }) => ({ token: token.authId }),
  },
  removeApiToken: { action: "token.removed", subject: ({ params }) => params.token },
  createProject: {
    action: "project.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ runningTaskCountMax: body.runningTaskCountMax }),
  },
  updateProject: {
    action: "project.changed",
    subject: ({ params }) => params.project,
    detail: ({ body }) => ({ ...fieldsOf(body), runningTaskCountMax: body.runningTaskCountMax }),
  },
  removeProject: { action: "project.removed", subject: ({ params }) => params.project },
  createRole: {
    action: "role.created",
    subject: ({ body }) => body.name,
    detail: ({ body }) => ({ privileges: body.privileges.join(" ") }),
  },
  updateRole: {
    action: "role.changed",
    subject: ({ params }) => params.role,
    detail: ({ body }) => ({ ...fieldsOf(body), privileges: body.privileges?.join(" ") }),
  },
  removeRole: { action: "role.removed", subject: ({ params }) => params.role },
  createGrant: {
    action: "grant.created",
    subject: ({ body }) => body.authId,
    detail: ({ body }) => ({ role: body.role, scope: `${body.scope.kind} ${body.scope.name}`.trim() }),
    made: ({ id }) => ({ grant: id }),
  },
  removeGrant: { action: "grant.removed", subject: ({ params }) => params.grant },
};

/** Rows differ in what their requests look like; where they are written down they are all alike. */
export function findAuditRow(name: RouteName): AuditRow<unknown> | undefined {
  return (routeAudit as Readonly<Partial<Record<RouteName, unknown>>>)[name] as AuditRow<unknown> | undefined;
}
