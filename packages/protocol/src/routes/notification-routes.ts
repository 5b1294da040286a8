/** The inbox, notification targets, groups and rules, and what was delivered. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import {
  DeliveryListQuerySchema,
  DeliveryListSchema,
  DeliverySchema,
  InboxCountsSchema,
  InboxMarkRequestSchema,
  InboxQuerySchema,
  InboxSchema,
  NoticeSchema,
  NotificationGroupCreateSchema,
  NotificationGroupSchema,
  NotificationGroupUpdateSchema,
  NotificationRuleCreateSchema,
  NotificationRuleSchema,
  NotificationRuleUpdateSchema,
  RulePreviewRequestSchema,
  RulePreviewSchema,
} from "../notification.ts";
import {
  TargetCreateSchema,
  TargetMadeSchema,
  TargetPreviewRequestSchema,
  TargetPreviewSchema,
  TargetSchema,
  TargetTestSchema,
  TargetUpdateSchema,
} from "../notification-target.ts";
import { strictObject } from "../shapes.ts";
import { nothing, route } from "./route.ts";

const NameText = Type.String({ maxLength: 64 });
const NumberText = Type.String({ pattern: "^\\d{1,15}$" });
const TargetParams = strictObject({ target: NameText });
const GroupParams = strictObject({ group: NameText });
const RuleParams = strictObject({ rule: NameText });
const DeliveryParams = strictObject({ delivery: NumberText });
const NoticeParams = strictObject({ notice: NumberText });

export const notificationRoutes = {
  listInbox: route({
    ...calls.listInbox,
    summary: "Notes and incidents at places that the caller sees, what changed last first",
    query: InboxQuerySchema,
    status: 200,
    response: InboxSchema,
  }),
  countInbox: route({
    ...calls.countInbox,
    summary: "How much the caller has not read, and how much is open",
    status: 200,
    response: InboxCountsSchema,
  }),
  getNotice: route({
    ...calls.getNotice,
    summary: "One note or incident",
    params: NoticeParams,
    status: 200,
    response: NoticeSchema,
  }),
  markInbox: route({
    ...calls.markInbox,
    summary: "Marks as read or unread, for the caller alone",
    body: InboxMarkRequestSchema,
    status: 200,
    response: InboxCountsSchema,
  }),
  acknowledgeNotice: route({
    ...calls.acknowledgeNotice,
    summary: "Says that somebody sees to an incident: nobody is reminded of it",
    params: NoticeParams,
    status: 200,
    response: NoticeSchema,
  }),
  resolveNotice: route({
    ...calls.resolveNotice,
    summary: "Ends an incident by hand; it opens again when it happens again",
    params: NoticeParams,
    status: 200,
    response: NoticeSchema,
  }),
  listTargets: route({
    ...calls.listTargets,
    summary: "Where notifications can be sent",
    status: 200,
    response: Type.Array(TargetSchema),
  }),
  createTarget: route({
    ...calls.createTarget,
    summary: "Makes a target; its secrets are kept encrypted and never shown",
    body: TargetCreateSchema,
    status: 201,
    response: TargetMadeSchema,
    answersSecret: true,
  }),
  getTarget: route({
    ...calls.getTarget,
    summary: "One target, without its secrets",
    params: TargetParams,
    status: 200,
    response: TargetSchema,
  }),
  updateTarget: route({
    ...calls.updateTarget,
    summary: "Changes a target; what waits for it is tried at once",
    params: TargetParams,
    body: TargetUpdateSchema,
    status: 200,
    response: TargetSchema,
  }),
  removeTarget: route({
    ...calls.removeTarget,
    summary: "Removes a target that no group names, with what waits for it",
    params: TargetParams,
    status: 204,
    response: nothing,
  }),
  testTarget: route({
    ...calls.testTarget,
    summary: "Sends a real message and tells the other side's answer",
    params: TargetParams,
    status: 200,
    response: TargetTestSchema,
  }),
  previewTarget: route({
    ...calls.previewTarget,
    summary: "How a message would look",
    body: TargetPreviewRequestSchema,
    status: 200,
    response: TargetPreviewSchema,
  }),
  listNotificationGroups: route({
    ...calls.listNotificationGroups,
    summary: "Who hears of something, and how",
    status: 200,
    response: Type.Array(NotificationGroupSchema),
  }),
  createNotificationGroup: route({
    ...calls.createNotificationGroup,
    summary: "Makes a group",
    body: NotificationGroupCreateSchema,
    status: 201,
    response: NotificationGroupSchema,
  }),
  getNotificationGroup: route({
    ...calls.getNotificationGroup,
    summary: "One group",
    params: GroupParams,
    status: 200,
    response: NotificationGroupSchema,
  }),
  updateNotificationGroup: route({
    ...calls.updateNotificationGroup,
    summary: "Changes a group",
    params: GroupParams,
    body: NotificationGroupUpdateSchema,
    status: 200,
    response: NotificationGroupSchema,
  }),
  removeNotificationGroup: route({
    ...calls.removeNotificationGroup,
    summary: "Removes a group that nothing names",
    params: GroupParams,
    status: 204,
    response: nothing,
  }),
  listNotificationRules: route({
    ...calls.listNotificationRules,
    summary: "What is led to which groups",
    status: 200,
    response: Type.Array(NotificationRuleSchema),
  }),
  createNotificationRule: route({
    ...calls.createNotificationRule,
    summary: "Makes a rule",
    body: NotificationRuleCreateSchema,
    status: 201,
    response: NotificationRuleSchema,
  }),
  getNotificationRule: route({
    ...calls.getNotificationRule,
    summary: "One rule",
    params: RuleParams,
    status: 200,
    response: NotificationRuleSchema,
  }),
  updateNotificationRule: route({
    ...calls.updateNotificationRule,
    summary: "Changes a rule",
    params: RuleParams,
    body: NotificationRuleUpdateSchema,
    status: 200,
    response: NotificationRuleSchema,
  }),
  removeNotificationRule: route({
    ...calls.removeNotificationRule,
    summary: "Removes a rule",
    params: RuleParams,
    status: 204,
    response: nothing,
  }),
  previewNotificationRule: route({
    ...calls.previewNotificationRule,
    summary: "What a rule would have sent in the last days",
    body: RulePreviewRequestSchema,
    status: 200,
    response: RulePreviewSchema,
  }),
  listDeliveries: route({
    ...calls.listDeliveries,
    summary: "Messages on their way, delivered and given up, newest first",
    query: DeliveryListQuerySchema,
    status: 200,
    response: DeliveryListSchema,
  }),
  getDelivery: route({
    ...calls.getDelivery,
    summary: "One message with what it tells",
    params: DeliveryParams,
    status: 200,
    response: DeliverySchema,
  }),
  resendDelivery: route({
    ...calls.resendDelivery,
    summary: "Sends again what was given up",
    params: DeliveryParams,
    status: 202,
    response: DeliverySchema,
  }),
} as const;
