/** What each built-in role allows, from least to most. docs/access.md shows this table; a test compares them. */

import type { BuiltInRole, Privilege } from "@ironcore-backup/protocol";
import { BUILT_IN_ROLES, PRIVILEGES } from "@ironcore-backup/protocol";

const PROJECT_READER: readonly Privilege[] = [
  "datastore.read",
  "snapshot.read",
  "job.read",
  "task.read",
  "project.read",
];
const PROJECT_OPERATOR: readonly Privilege[] = [
  ...PROJECT_READER,
  "backup.start",
  "verify.start",
  "job.run",
  "notification.read",
  "notification.acknowledge",
  "task.cancel",
  "task.retry",
];
const PROJECT_MEMBER: readonly Privilege[] = [...PROJECT_OPERATOR, "snapshot.restore", "snapshot.change"];
const PROJECT_ADMIN: readonly Privilege[] = [
  ...PROJECT_MEMBER,
  "snapshot.forget",
  "prune.start",
  "namespace.manage",
  "job.manage",
  "notification.manage",
  "project.manage",
  "grant.read",
  "grant.manage",
];
/** For the token of a monitoring system. */
const PLATFORM_METRICS: readonly Privilege[] = ["metrics.read"];
const PLATFORM_AUDITOR: readonly Privilege[] = [
  ...PLATFORM_METRICS,
  ...PROJECT_READER,
  "status.read",
  "notification.read",
  "worker.read",
  "user.read",
  "grant.read",
  "audit.read",
];
const PLATFORM_OPERATOR: readonly Privilege[] = [
  ...PLATFORM_AUDITOR,
  "host.use",
  "backup.start",
  "verify.start",
  "prune.start",
  "gc.start",
  "snapshot.restore",
  "snapshot.change",
  "job.manage",
  "job.run",
  "notification.acknowledge",
  "notification.manage",
  "task.cancel",
  "task.retry",
  "worker.manage",
];

export const BUILT_IN_PRIVILEGES: Readonly<Record<BuiltInRole, ReadonlySet<Privilege>>> = {
  "project-reader": new Set(PROJECT_READER),
  "project-operator": new Set(PROJECT_OPERATOR),
  "project-member": new Set(PROJECT_MEMBER),
  "project-admin": new Set(PROJECT_ADMIN),
  "platform-metrics": new Set(PLATFORM_METRICS),
  "platform-auditor": new Set(PLATFORM_AUDITOR),
  "platform-operator": new Set(PLATFORM_OPERATOR),
  "platform-administrator": new Set(PRIVILEGES),
};

export const ADMINISTRATOR_ROLE: BuiltInRole = "platform-administrator";

export function isBuiltInRole(name: string): name is BuiltInRole {
  return BUILT_IN_ROLES.some((role) => role === name);
}

export function isPlatformRole(name: string): boolean {
  return name.startsWith("platform-");
}
