/** Groups, rules, deliveries, and the inbox. docs/notifications.md tells what holds between them. */

import { Type } from "typebox";
import type { Static } from "typebox";
import {
  MessageEntrySchema,
  NotificationEventSchema,
  NotificationNameSchema,
  noticeSubject,
  SeveritySchema,
} from "./notification-message.ts";
import { DELIVERY_STATES, DIGESTS, NOTICE_CHANGES, NOTICE_STATES } from "./notification-words.ts";
import { clearable, clearables, optional } from "./optional-fields.ts";
import { TimeZoneSchema } from "./retention.ts";
import {
  CommentSchema,
  CountSchema,
  InstantSchema,
  NameSchema,
  pageQuery,
  strictObject,
  words,
} from "./shapes.ts";
import { TaskTypeSchema } from "./task.ts";

const groupFields = {
  comment: CommentSchema,
  enabled: Type.Boolean(),
  targets: Type.Array(NotificationNameSchema, { maxItems: 20 }),
  /** From which severity on it tells; `warning` when it is left out. */
  severityMin: SeveritySchema,
  /** Told whatever their severity, and never told. */
  include: Type.Array(NotificationEventSchema, { maxItems: 100 }),
  exclude: Type.Array(NotificationEventSchema, { maxItems: 100 }),
  digest: words(DIGESTS),
  /** Of a daily digest, in its time zone; 7 when it is left out. */
  digestHour: Type.Integer({ minimum: 0, maximum: 23 }),
  timeZone: TimeZoneSchema,
  /** What goes on happening is told again after so long at the earliest. 24 when it is left out, 0: never again. */
  remindHours: Type.Integer({ minimum: 0, maximum: 720 }),
};

export const NotificationGroupCreateSchema = strictObject(
  { name: NotificationNameSchema, project: Type.Optional(NameSchema), ...optional(groupFields) },
  "NotificationGroupCreate",
);
export type NotificationGroupCreate = Static<typeof NotificationGroupCreateSchema>;
export const NotificationGroupUpdateSchema = strictObject(
  {
    ...clearables(groupFields),
    enabled: Type.Optional(groupFields.enabled),
    targets: Type.Optional(groupFields.targets),
  },
  "NotificationGroupUpdate",
);
export type NotificationGroupUpdate = Static<typeof NotificationGroupUpdateSchema>;
export const NotificationGroupSchema = strictObject(
  {
    name: Type.String(),
    project: Type.Optional(Type.String()),
    ...optional(groupFields),
    enabled: Type.Boolean(),
    targets: groupFields.targets,
    createdAt: InstantSchema,
    changedAt: InstantSchema,
    /** What names it. */
    jobs: Type.Array(Type.String()),
    datastores: Type.Array(Type.String()),
    rules: Type.Array(Type.String()),
  },
  "NotificationGroup",
);
export type NotificationGroup = Static<typeof NotificationGroupSchema>;

const MATCH_COUNT_MAX = 100;
/** `*` stands for any letters. */
const PatternListSchema = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  maxItems: MATCH_COUNT_MAX,
});

/** All that is given must fit, each by one of its list. */
export const RuleMatchSchema = strictObject(
  {
    events: Type.Optional(Type.Array(NotificationEventSchema, { maxItems: MATCH_COUNT_MAX })),
    severityMin: Type.Optional(SeveritySchema),
    types: Type.Optional(Type.Array(TaskTypeSchema, { maxItems: MATCH_COUNT_MAX })),
    projects: Type.Optional(PatternListSchema),
    datastores: Type.Optional(PatternListSchema),
    jobs: Type.Optional(PatternListSchema),
    workloads: Type.Optional(PatternListSchema),
  },
  "RuleMatch",
);
export type RuleMatch = Static<typeof RuleMatchSchema>;

const ruleFields = {
  comment: CommentSchema,
  enabled: Type.Boolean(),
  match: RuleMatchSchema,
  groups: Type.Array(NotificationNameSchema, { maxItems: 20 }),
};

export const NotificationRuleCreateSchema = strictObject(
  {
    name: NotificationNameSchema,
    project: Type.Optional(NameSchema),
    ...optional(ruleFields),
  },
  "NotificationRuleCreate",
);
export type NotificationRuleCreate = Static<typeof NotificationRuleCreateSchema>;
export const NotificationRuleUpdateSchema = strictObject(
  {
    ...optional(ruleFields),
    comment: clearable(CommentSchema),
  },
  "NotificationRuleUpdate",
);
export type NotificationRuleUpdate = Static<typeof NotificationRuleUpdateSchema>;
export const NotificationRuleSchema = strictObject(
  {
    name: Type.String(),
    project: Type.Optional(Type.String()),
    comment: Type.Optional(Type.String()),
    enabled: Type.Boolean(),
    match: RuleMatchSchema,
    groups: ruleFields.groups,
    createdAt: InstantSchema,
    changedAt: InstantSchema,
  },
  "NotificationRule",
);
export type NotificationRule = Static<typeof NotificationRuleSchema>;

/** A rule as it is being edited, with the groups that it names as they are. */
export const RulePreviewRequestSchema = strictObject(
  {
    project: Type.Optional(NameSchema),
    match: RuleMatchSchema,
    groups: ruleFields.groups,
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 30 })),
  },
  "RulePreviewRequest",
);
export type RulePreviewRequest = Static<typeof RulePreviewRequestSchema>;
export const RulePreviewSchema = strictObject(
  {
    /** From when on events are known. */
    since: InstantSchema,
    eventCount: CountSchema,
    /** Of those, how many fit. */
    matchedCount: CountSchema,
    /** What would have been sent, by group: messages, after folding, digests and bundling. */
    groups: Type.Array(
      strictObject({ group: Type.String(), entryCount: CountSchema, messageCount: CountSchema }),
    ),
    byEvent: Type.Array(strictObject({ event: NotificationEventSchema, count: CountSchema })),
    /** The newest that fit, at most 20, as they would have been told. */
    samples: Type.Array(
      strictObject({
        at: InstantSchema,
        event: NotificationEventSchema,
        change: words(NOTICE_CHANGES),
        severity: SeveritySchema,
        title: Type.String(),
      }),
    ),
  },
  "RulePreview",
);
export type RulePreview = Static<typeof RulePreviewSchema>;

export const DeliverySchema = strictObject(
  {
    delivery: CountSchema,
    target: Type.String(),
    project: Type.Optional(Type.String()),
    group: Type.Optional(Type.String()),
    state: words(DELIVERY_STATES),
    severity: SeveritySchema,
    title: Type.String(),
    entryCount: CountSchema,
    createdAt: InstantSchema,
    /** Not before; of a digest, a bundle or the next try. */
    dueAt: InstantSchema,
    tryCount: CountSchema,
    lastTriedAt: Type.Optional(InstantSchema),
    deliveredAt: Type.Optional(InstantSchema),
    /** What the other side said to the last try. */
    response: Type.Optional(Type.String()),
    /** The first of what it tells; only of one delivery. */
    entries: Type.Optional(Type.Array(MessageEntrySchema)),
  },
  "Delivery",
);
export type Delivery = Static<typeof DeliverySchema>;
export const DeliveryListQuerySchema = strictObject({
  target: Type.Optional(NotificationNameSchema),
  state: Type.Optional(words(DELIVERY_STATES)),
  ...pageQuery,
});
export type DeliveryListQuery = Static<typeof DeliveryListQuerySchema>;
export const DeliveryListSchema = strictObject(
  { deliveries: Type.Array(DeliverySchema), nextCursor: Type.Optional(Type.String()) },
  "DeliveryList",
);
export type DeliveryList = Static<typeof DeliveryListSchema>;

/** One thing to know of: a note, or an incident that opens, goes on and is resolved. */
export const NoticeSchema = strictObject(
  {
    notice: CountSchema,
    state: words(NOTICE_STATES),
    event: NotificationEventSchema,
    severity: SeveritySchema,
    title: Type.String(),
    text: Type.String(),
    remedy: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
    ...noticeSubject,
    count: Type.Integer({ minimum: 1 }),
    openedAt: InstantSchema,
    /** When it happened last, or was resolved. */
    changedAt: InstantSchema,
    resolvedAt: Type.Optional(InstantSchema),
    /** Who saw to it, so that nobody is reminded of it. */
    acknowledgedBy: Type.Optional(Type.String()),
    acknowledgedAt: Type.Optional(InstantSchema),
    /** By the one who asks. */
    isRead: Type.Boolean(),
  },
  "Notice",
);
export type Notice = Static<typeof NoticeSchema>;
export const InboxQuerySchema = strictObject({
  unread: Type.Optional(Type.Boolean()),
  state: Type.Optional(words(NOTICE_STATES)),
  severityMin: Type.Optional(SeveritySchema),
  /** Found in title, text, code, project, datastore, job or workload; letters large or small. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  ...pageQuery,
});
export type InboxQuery = Static<typeof InboxQuerySchema>;
export const InboxSchema = strictObject(
  {
    /** What changed last first. */
    notices: Type.Array(NoticeSchema),
    nextCursor: Type.Optional(Type.String()),
    unreadCount: CountSchema,
    openCount: CountSchema,
  },
  "Inbox",
);
export type Inbox = Static<typeof InboxSchema>;
export const InboxCountsSchema = strictObject(
  {
    /** At most 1,000, which stands for more. */
    unreadCount: CountSchema,
    openCount: CountSchema,
    openErrorCount: CountSchema,
  },
  "InboxCounts",
);
export type InboxCounts = Static<typeof InboxCountsSchema>;
/** Of the one who asks; others keep their own marks. Without `notices`: all that they see. */
export const InboxMarkRequestSchema = strictObject(
  { notices: Type.Optional(Type.Array(CountSchema, { maxItems: 1000 })), isRead: Type.Boolean() },
  "InboxMarkRequest",
);
export type InboxMarkRequest = Static<typeof InboxMarkRequestSchema>;
