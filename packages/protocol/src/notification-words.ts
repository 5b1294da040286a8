/** The words of notifications, without any schema. docs/notifications.md tells how they work together. */

import type { TaskType } from "./task-words.ts";

/** How much an event matters. `info`: nothing to do. `warning`: look when there is time. `error`: something is not as it must be. */
export const SEVERITIES = ["info", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const TASK_EVENT_OUTCOMES = ["started", "completed", "warning", "failed", "cancelled"] as const;
export type TaskEventOutcome = (typeof TASK_EVENT_OUTCOMES)[number];

/** Types of tasks whose runs are told. */
const TOLD_TASK_TYPES = [
  "backup",
  "restore",
  "verify",
  "prune",
  "gc",
  "drill",
] as const satisfies readonly TaskType[];
export type TaskEventWord = `${(typeof TOLD_TASK_TYPES)[number]}.${TaskEventOutcome}`;

export const TASK_EVENTS: readonly TaskEventWord[] = TOLD_TASK_TYPES.flatMap((type) =>
  TASK_EVENT_OUTCOMES.map((outcome): TaskEventWord => `${type}.${outcome}`),
);

/** What is told beside the runs of tasks, and how much each matters. */
export const OTHER_EVENT_SEVERITIES = {
  /** A verification found a snapshot CORRUPT or MISSING; told when it is found. */
  "snapshot.damaged": "error",
  /** A run of a job has not succeeded in the time that the job allows, begun or not. */
  "job.overdue": "error",
  /** An instant of a schedule passed without a run: no server, nothing to back up, still running. */
  "job.missed": "warning",
  "datastore.offline": "error",
  "datastore.mode-changed": "info",
  "datastore.space-low": "warning",
  "worker.lost": "error",
  "login.failed": "warning",
  "login.locked": "warning",
  "token.created": "info",
  "grant.changed": "info",
  "role.changed": "info",
  "user.changed": "info",
  "system.started": "info",
  "system.stopped": "info",
  /** The last life of the server ended without a stop: a power cut, a kill. */
  "system.crashed": "warning",
  "certificate.expiring": "warning",
  "certificate.renewed": "info",
  /** A message could not be delivered and is not tried any more. */
  "delivery.failed": "error",
} as const satisfies Record<string, Severity>;
export type OtherEventWord = keyof typeof OTHER_EVENT_SEVERITIES;

export type NotificationEventWord = TaskEventWord | OtherEventWord;
export const NOTIFICATION_EVENTS: readonly NotificationEventWord[] = [
  ...TASK_EVENTS,
  // The keys of the object above, in their order.
  ...(Object.keys(OTHER_EVENT_SEVERITIES) as OtherEventWord[]),
];

/**
 * What a line of a message says about its subject. `note`: it happened. The others are about an incident: `opened`, it began;
 * `repeated`, it happened again, told as often as the group reminds; `resolved`, it is over.
 */
export const NOTICE_CHANGES = ["note", "opened", "repeated", "resolved"] as const;
export type NoticeChange = (typeof NOTICE_CHANGES)[number];

/** A `note` stands for itself; an incident is `open` until it is `resolved`. */
export const NOTICE_STATES = ["note", "open", "resolved"] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

export const TARGET_KINDS = ["smtp", "webhook", "heartbeat", "influxdb", "pushgateway"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** Kinds that get messages; the others get figures or signs of life. */
export const MESSAGE_TARGET_KINDS = ["smtp", "webhook"] as const satisfies readonly TargetKind[];

export const MAIL_SECURITIES = ["starttls", "tls", "none"] as const;
export type MailSecurity = (typeof MAIL_SECURITIES)[number];
export const MAIL_LOGIN_METHODS = ["plain", "login"] as const;
export type MailLoginMethod = (typeof MAIL_LOGIN_METHODS)[number];

/** Shapes of a webhook's body. `standard` is ours (docs/notifications.md), `custom` a template of the operator's. */
export const WEBHOOK_PRESETS = [
  "standard",
  "slack",
  "mattermost",
  "discord",
  "teams",
  "gotify",
  "ntfy",
  "custom",
] as const;
export type WebhookPreset = (typeof WEBHOOK_PRESETS)[number];

export const DIGESTS = ["none", "hourly", "daily"] as const;
export type Digest = (typeof DIGESTS)[number];

/**
 * `waiting` for its time, its turn or the next try; `sending` now; `delivered`, the target said so; `dead`, refused for good or
 * tried too long, until somebody sends it again.
 */
export const DELIVERY_STATES = ["waiting", "sending", "delivered", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
