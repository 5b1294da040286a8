/** What can be allowed and where, without any schema. */

export const PRIVILEGES = [
  "status.read",
  /** Reading `/metrics`, which tells numbers of everything and the names of jobs and datastores. */
  "metrics.read",
  "datastore.read",
  "datastore.change",
  "snapshot.read",
  "snapshot.restore",
  "snapshot.change",
  "snapshot.forget",
  /** Naming paths of the server's own machine as source or target, with the rights of the server's process. */
  "host.use",
  "backup.start",
  "verify.start",
  /** Removing what the retention does not keep. With a retention of one's own it takes `snapshot.forget` too. */
  "prune.start",
  /** Removing the chunks that no snapshot needs. */
  "gc.start",
  /** Making and removing namespaces, how long they keep, and whose their groups are. */
  "namespace.manage",
  /** Seeing workloads, jobs and their runs. */
  "job.read",
  /** Making and changing them. What a job would do its maker must be allowed to do, too. */
  "job.manage",
  /** Running a job as it stands, with the rights of its owner. */
  "job.run",
  /** Seeing where notifications go, and what was sent. The inbox shows to each what they may see without it. */
  "notification.read",
  /** Saying that somebody sees to an incident, and ending one by hand. */
  "notification.acknowledge",
  "notification.manage",
  "task.read",
  "task.cancel",
  "task.retry",
  "worker.read",
  "worker.manage",
  "user.read",
  "user.manage",
  "token.manage",
  "project.read",
  "project.manage",
  "grant.read",
  "grant.manage",
  "audit.read",
] as const;
export type Privilege = (typeof PRIVILEGES)[number];

export const SCOPE_KINDS = ["platform", "project", "datastore", "namespace"] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** Roles that come with the product, from least to most; custom ones are made beside them. */
export const BUILT_IN_ROLES = [
  "project-reader",
  "project-operator",
  "project-member",
  "project-admin",
  "platform-metrics",
  "platform-auditor",
  "platform-operator",
  "platform-administrator",
] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];
