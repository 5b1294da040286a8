/** Where notifications go: fields by kind, secrets that are never shown, tests and previews. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { JobNameSchema } from "./job.ts";
import { NotificationNameSchema } from "./notification-message.ts";
import { MAIL_LOGIN_METHODS, MAIL_SECURITIES, TARGET_KINDS, WEBHOOK_PRESETS } from "./notification-words.ts";
import { clearables, optional } from "./optional-fields.ts";
import { CommentSchema, CountSchema, InstantSchema, NameSchema, strictObject, words } from "./shapes.ts";

const AddressSchema = Type.String({ minLength: 3, maxLength: 320, pattern: "^[^\\s@<>]+@[^\\s@<>]+$" });
const UrlSchema = Type.String({ minLength: 8, maxLength: 2048, pattern: "^https?://[^\\s]+$" });
const TemplateSchema = Type.String({ minLength: 1, maxLength: 8192 });

/** What may be shown again. A field that is not of the target's kind is refused. */
const targetFields = {
  /** Signs its requests and mails: smtp. */
  host: Type.String({ minLength: 1, maxLength: 253 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  security: words(MAIL_SECURITIES),
  loginMethod: words(MAIL_LOGIN_METHODS),
  /** smtp, influxdb version 1, pushgateway */
  username: Type.String({ minLength: 1, maxLength: 256 }),
  from: AddressSchema,
  to: Type.Array(AddressSchema, { minItems: 1, maxItems: 50 }),
  /** PEM; what signed the server's certificate, where that is not publicly known. All kinds. */
  caCertificate: Type.String({ minLength: 1, maxLength: 65_536 }),
  /** smtp: the line of the subject; `{{title}}` and the other names stand for what the message says. */
  subjectTemplate: TemplateSchema,
  /** smtp: stands above the entries. */
  introTemplate: TemplateSchema,
  /** webhook */
  preset: words(WEBHOOK_PRESETS),
  /** webhook, preset custom: the whole body, JSON after its names were put in. */
  bodyTemplate: TemplateSchema,
  /**
   * Addresses of this machine and of private networks, too. Only who manages the platform's targets may set it. A mail server of
   * the platform may have one without it.
   */
  allowPrivate: Type.Boolean(),
  /** heartbeat: called after each success of this job, and not by the clock. */
  job: JobNameSchema,
  /** heartbeat, influxdb, pushgateway */
  everySeconds: Type.Integer({ minimum: 10, maximum: 86_400 }),
  /** influxdb version 2 */
  organization: Type.String({ minLength: 1, maxLength: 256 }),
  bucket: Type.String({ minLength: 1, maxLength: 256 }),
  /** influxdb version 1 */
  database: Type.String({ minLength: 1, maxLength: 256 }),
};

/** Never shown again; kept encrypted. */
const targetSecrets = {
  /** The address of a chat service's webhook is a secret: it is shown without its path. All but smtp. */
  url: UrlSchema,
  /** smtp, influxdb version 1, pushgateway */
  password: Type.String({ minLength: 1, maxLength: 1024 }),
  /** influxdb version 2; gotify and ntfy */
  token: Type.String({ minLength: 1, maxLength: 4096 }),
  /** webhook: `whsec_` and 24 to 64 bytes in base64. Made by the server where it is not given. */
  signingSecret: Type.String({ minLength: 1, maxLength: 256 }),
  /** webhook: sent with each request. */
  headers: Type.Record(
    Type.String({ pattern: "^[A-Za-z0-9-]{1,64}$" }),
    Type.String({ maxLength: 4096, pattern: "^[\\x20-\\x7e]*$" }),
    { maxProperties: 20 },
  ),
};

const targetCommon = {
  comment: CommentSchema,
  enabled: Type.Boolean(),
};

export const TargetCreateSchema = strictObject(
  {
    name: NotificationNameSchema,
    /** Absent: the platform's. */
    project: Type.Optional(NameSchema),
    kind: words(TARGET_KINDS),
    ...optional(targetCommon),
    ...optional(targetFields),
    ...optional(targetSecrets),
  },
  "TargetCreate",
);
export type TargetCreate = Static<typeof TargetCreateSchema>;

/** What is given replaces what was; `null` takes it away. Name, project and kind stay. */
export const TargetUpdateSchema = strictObject(
  { ...clearables(targetCommon), ...clearables(targetFields), ...clearables(targetSecrets) },
  "TargetUpdate",
);
export type TargetUpdate = Static<typeof TargetUpdateSchema>;

export const TargetSchema = strictObject(
  {
    name: Type.String(),
    project: Type.Optional(Type.String()),
    kind: words(TARGET_KINDS),
    comment: Type.Optional(Type.String()),
    enabled: Type.Boolean(),
    ...optional(targetFields),
    /** Scheme and host of `url`, and `/…` where it goes on. */
    urlShown: Type.Optional(Type.String()),
    /** Names of the secrets that are set, and of the headers as `headers.NAME`. */
    secrets: Type.Array(Type.String()),
    createdAt: InstantSchema,
    changedAt: InstantSchema,
    waitingCount: CountSchema,
    deadCount: CountSchema,
    lastDeliveredAt: Type.Optional(InstantSchema),
    /** Since when it takes nothing, and what it answered. Absent while all is well. */
    failingSince: Type.Optional(InstantSchema),
    lastFailure: Type.Optional(Type.String()),
  },
  "NotificationTarget",
);
export type NotificationTarget = Static<typeof TargetSchema>;

/** The only answer that has a secret: one that the server made. */
export const TargetMadeSchema = strictObject(
  { target: TargetSchema, signingSecret: Type.Optional(Type.String()) },
  "NotificationTargetMade",
);
export type NotificationTargetMade = Static<typeof TargetMadeSchema>;

/** What the server on the other side answered to a real message. */
export const TargetTestSchema = strictObject(
  {
    outcome: words(["delivered", "refused", "unreachable"]),
    response: Type.String(),
    durationMs: CountSchema,
  },
  "TargetTest",
);
export type TargetTest = Static<typeof TargetTestSchema>;

/** How a message would look; nothing is sent. */
export const TargetPreviewRequestSchema = strictObject(
  {
    kind: words(["smtp", "webhook"]),
    preset: Type.Optional(words(WEBHOOK_PRESETS)),
    bodyTemplate: Type.Optional(TemplateSchema),
    subjectTemplate: Type.Optional(TemplateSchema),
    introTemplate: Type.Optional(TemplateSchema),
  },
  "TargetPreviewRequest",
);
export type TargetPreviewRequest = Static<typeof TargetPreviewRequestSchema>;
export const TargetPreviewSchema = strictObject(
  {
    subject: Type.Optional(Type.String()),
    html: Type.Optional(Type.String()),
    text: Type.Optional(Type.String()),
    body: Type.Optional(Type.String()),
  },
  "TargetPreview",
);
export type TargetPreview = Static<typeof TargetPreviewSchema>;
