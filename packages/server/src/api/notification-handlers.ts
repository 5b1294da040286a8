/**
 * Targets, groups, rules and deliveries. They belong to a project or to the platform; what belongs to a project that the caller
 * does not know does not exist for them.
 */

import type { Privilege } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { ownedBy } from "../access/job-rights.ts";
import { PLATFORM } from "../access/rights.ts";
import { serverErrors } from "../errors.ts";
import { showRule } from "../notifications/present.ts";
import type { GroupRecord, RuleRecord, TargetRecord } from "../notifications/settings.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

// Long because it is the table of all that can be done with settings of three kinds.
export const notificationHandlers: SomeHandlers<
  | "listTargets"
  | "createTarget"
  | "getTarget"
  | "updateTarget"
  | "removeTarget"
  | "testTarget"
  | "previewTarget"
  | "listNotificationGroups"
  | "createNotificationGroup"
  | "getNotificationGroup"
  | "updateNotificationGroup"
  | "removeNotificationGroup"
  | "listNotificationRules"
  | "createNotificationRule"
  | "getNotificationRule"
  | "updateNotificationRule"
  | "removeNotificationRule"
  | "previewNotificationRule"
  | "listDeliveries"
  | "getDelivery"
  | "resendDelivery"
> = {
  listTargets: async (needs, { caller }) =>
    Promise.all(
      seen(needs, caller, needs.notifications.settings.targets).map((target) =>
        needs.notifications.showTarget(target),
      ),
    ),
  createTarget: async (needs, { caller, body }) => {
    const project = await projectOf(needs, caller, body.project);
    assertMayReach(needs, caller, body.allowPrivate);
    const { target, signingSecret } = await needs.notifications.settings.createTarget({
      ...body,
      ...project,
    });
    return {
      target: await needs.notifications.showTarget(target),
      ...(signingSecret === undefined ? {} : { signingSecret }),
    };
  },
  getTarget: async (needs, { caller, params }) =>
    needs.notifications.showTarget(targetFor(needs, caller, params.target, "notification.read")),
  updateTarget: async (needs, { caller, params, body }) => {
    const { name, definition } = targetFor(needs, caller, params.target, "notification.manage");
    // Who may not set it must not lead what has it somewhere else either.
    assertMayReach(
      needs,
      caller,
      body.allowPrivate === null ? undefined : (body.allowPrivate ?? definition.allowPrivate),
    );
    const target = await needs.notifications.settings.updateTarget(name, body);
    await needs.notifications.targetChanged(name);
    return needs.notifications.showTarget(target);
  },
  removeTarget: async (needs, { caller, params }) => {
    const { name } = targetFor(needs, caller, params.target, "notification.manage");
    await needs.notifications.removeTarget(name);
    return null;
  },
  testTarget: async (needs, { caller, params }) =>
    needs.notifications.testTarget(targetFor(needs, caller, params.target, "notification.manage")),
  previewTarget: async ({ notifications }, { body }) => notifications.previewTarget(body),

  listNotificationGroups: async (needs, { caller }) =>
    seen(needs, caller, needs.notifications.settings.groups).map((group) =>
      needs.notifications.showGroup(group),
    ),
  createNotificationGroup: async (needs, { caller, body }) => {
    const project = await projectOf(needs, caller, body.project);
    const group = await needs.notifications.settings.createGroup({ ...body, ...project });
    return needs.notifications.showGroup(group);
  },
  getNotificationGroup: async (needs, { caller, params }) =>
    needs.notifications.showGroup(groupFor(needs, caller, params.group, "notification.read")),
  updateNotificationGroup: async (needs, { caller, params, body }) => {
    const { name } = groupFor(needs, caller, params.group, "notification.manage");
    return needs.notifications.showGroup(await needs.notifications.settings.updateGroup(name, body));
  },
  removeNotificationGroup: async (needs, { caller, params }) => {
    const { name } = groupFor(needs, caller, params.group, "notification.manage");
    await needs.notifications.settings.removeGroup(name);
    return null;
  },

  listNotificationRules: async (needs, { caller }) =>
    seen(needs, caller, needs.notifications.settings.rules).map(showRule),
  createNotificationRule: async (needs, { caller, body }) => {
    const project = await projectOf(needs, caller, body.project);
    return showRule(await needs.notifications.settings.createRule({ ...body, ...project }));
  },
  getNotificationRule: async (needs, { caller, params }) =>
    showRule(ruleFor(needs, caller, params.rule, "notification.read")),
  updateNotificationRule: async (needs, { caller, params, body }) => {
    const { name } = ruleFor(needs, caller, params.rule, "notification.manage");
    return showRule(await needs.notifications.settings.updateRule(name, body));
  },
  removeNotificationRule: async (needs, { caller, params }) => {
    const { name } = ruleFor(needs, caller, params.rule, "notification.manage");
    await needs.notifications.settings.removeRule(name);
    return null;
  },
  previewNotificationRule: async (needs, { caller, body }) => {
    const project = await projectOf(needs, caller, body.project);
    needs.notifications.settings.assertGroupsOf(project.project, body.groups);
    return needs.notifications.previewRule({ ...body, ...project });
  },

  listDeliveries: async (needs, { caller, query }) => {
    const targets = seen(needs, caller, needs.notifications.settings.targets).map(({ name }) => name);
    return needs.notifications.listDeliveries(query, targets);
  },
  getDelivery: (needs, { caller, params }) =>
    deliveryFor(needs, caller, params.delivery, "notification.read"),
  resendDelivery: async (needs, { caller, params }) => {
    const { delivery } = await deliveryFor(needs, caller, params.delivery, "notification.manage");
    return needs.notifications.resend(delivery);
  },
};

function seen<Record extends { readonly project: string | undefined }>(
  { access }: ApiNeeds,
  caller: Caller,
  records: ReadonlyMap<string, Record>,
): Record[] {
  return [...records.values()].filter(({ project }) =>
    access.may(caller, "notification.read", ownedBy(project)),
  );
}

/** The caller may do it there. @throws what is thrown when there is none to whom may not know of it; FORBIDDEN */
function found<Record extends { readonly project: string | undefined }>(
  { access }: ApiNeeds,
  caller: Caller,
  record: Record,
  { privilege, missing }: { readonly privilege: Privilege; readonly missing: () => Error },
): Record {
  if (!access.may(caller, "notification.read", ownedBy(record.project))) throw missing();
  access.assertMay(caller, privilege, ownedBy(record.project));
  return record;
}

/** @throws TARGET_NOT_FOUND, FORBIDDEN */
function targetFor(needs: ApiNeeds, caller: Caller, name: string, privilege: Privilege): TargetRecord {
  const missing = (): Error => serverErrors.TARGET_NOT_FOUND({ target: name });
  return found(needs, caller, needs.notifications.settings.target(name), { privilege, missing });
}

/** @throws NOTIFICATION_GROUP_NOT_FOUND, FORBIDDEN */
function groupFor(needs: ApiNeeds, caller: Caller, name: string, privilege: Privilege): GroupRecord {
  const missing = (): Error => serverErrors.NOTIFICATION_GROUP_NOT_FOUND({ group: name });
  return found(needs, caller, needs.notifications.settings.group(name), { privilege, missing });
}

/** @throws RULE_NOT_FOUND, FORBIDDEN */
function ruleFor(needs: ApiNeeds, caller: Caller, name: string, privilege: Privilege): RuleRecord {
  const missing = (): Error => serverErrors.RULE_NOT_FOUND({ rule: name });
  return found(needs, caller, needs.notifications.settings.rule(name), { privilege, missing });
}

/** @throws DELIVERY_NOT_FOUND, FORBIDDEN */
async function deliveryFor(needs: ApiNeeds, caller: Caller, text: string, privilege: Privilege) {
  const delivery = await needs.notifications.getDelivery(Number(text));
  const missing = (): Error => serverErrors.DELIVERY_NOT_FOUND({ delivery: Number(text) });
  const target = needs.notifications.settings.targets.get(delivery.target);
  if (target === undefined) throw missing();
  found(needs, caller, target, { privilege, missing });
  return delivery;
}

/** A request from here to this machine or its neighbours is more than a message. @throws FORBIDDEN */
function assertMayReach({ access }: ApiNeeds, caller: Caller, allowPrivate: boolean | undefined): void {
  if (allowPrivate === true) access.assertMay(caller, "notification.manage", PLATFORM);
}

/** @throws PROJECT_NOT_FOUND, PROJECT_NEEDED, FORBIDDEN */
async function projectOf(
  { access }: ApiNeeds,
  caller: Caller,
  wanted: string | undefined,
): Promise<{ readonly project?: string }> {
  const project = await access.projectFor(caller, wanted, "notification.manage");
  if (project === undefined) access.assertMay(caller, "notification.manage", PLATFORM);
  return project === undefined ? {} : { project };
}

/**
 * Whether the caller may lead what a project's job or a datastore says to the group.
 * @throws NOTIFICATION_GROUP_NOT_FOUND also to whom may not know of it, NOTIFICATION_FOREIGN
 */
export function assertGroup(
  needs: ApiNeeds,
  caller: Caller,
  { group, project }: { readonly group: string | null | undefined; readonly project: string | undefined },
): void {
  if (group === undefined || group === null) return;
  const record = groupFor(needs, caller, group, "notification.read");
  if (record.project !== undefined && record.project !== project)
    throw serverErrors.NOTIFICATION_FOREIGN({ kind: "group", name: group });
}
