/**
 * What a target is told. The body of a `standard` webhook is this message as JSON; `version` grows when a field changes its
 * meaning or goes away, and stays when one is added.
 */

import { Type } from "typebox";
import type { Static } from "typebox";
import { NOTICE_CHANGES, NOTIFICATION_EVENTS, SEVERITIES } from "./notification-words.ts";
import { CountSchema, InstantSchema, strictObject, words } from "./shapes.ts";

export const NOTIFICATION_MESSAGE_VERSION = 1;
/** A message with more says how many there are. */
export const MESSAGE_ENTRY_COUNT_MAX = 50;

/** Names of targets, groups and rules. */
export const NotificationNameSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
});

export const NotificationEventSchema = words(NOTIFICATION_EVENTS);
export const SeveritySchema = words(SEVERITIES);

/** What an event is about. Absent where it is about no such thing. */
export const noticeSubject = {
  project: Type.Optional(Type.String()),
  datastore: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  job: Type.Optional(Type.String()),
  workload: Type.Optional(Type.String()),
  /** The task to look at. */
  upid: Type.Optional(Type.String()),
};

export const MessageEntrySchema = strictObject(
  {
    /** The notice of the inbox that this is about. */
    notice: CountSchema,
    event: NotificationEventSchema,
    change: words(NOTICE_CHANGES),
    severity: SeveritySchema,
    at: InstantSchema,
    /** One line. */
    title: Type.String(),
    /** A few sentences or lines; may be empty. */
    text: Type.String(),
    /** What to do. */
    remedy: Type.Optional(Type.String()),
    /** Stable code of the error. */
    code: Type.Optional(Type.String()),
    ...noticeSubject,
    /** How often since it began, this time included, and when that was. 1 and `at` for a note. */
    count: Type.Integer({ minimum: 1 }),
    since: InstantSchema,
    /** Address in the dashboard; absent while the server does not know under which name it is reached. */
    url: Type.Optional(Type.String()),
    logUrl: Type.Optional(Type.String()),
  },
  "MessageEntry",
);
export type MessageEntry = Static<typeof MessageEntrySchema>;

export const NotificationMessageSchema = strictObject(
  {
    version: Type.Literal(NOTIFICATION_MESSAGE_VERSION),
    /** The same for each try of the same message: who gets it twice can tell. `test-…` for a test. */
    id: Type.String(),
    at: InstantSchema,
    /** `single`: one entry. `bundle`: many within minutes, told together. `digest`: what a group gathers. `test`: somebody pressed Test. */
    kind: words(["single", "bundle", "digest", "test"]),
    /** The worst of its entries. */
    severity: SeveritySchema,
    /** One line, without line breaks. */
    title: Type.String(),
    /** Node name of the server. */
    installation: Type.String(),
    group: Type.Optional(Type.String()),
    /** The dashboard. */
    url: Type.Optional(Type.String()),
    /** The worst first, then the oldest first; at most 50. */
    entries: Type.Array(MessageEntrySchema, { maxItems: MESSAGE_ENTRY_COUNT_MAX }),
    /** All that the message is about; more than `entries` when those are cut. */
    entryCount: CountSchema,
    /** Of all: how many of which event and change, most first. */
    summary: Type.Array(
      strictObject({
        event: NotificationEventSchema,
        change: words(NOTICE_CHANGES),
        count: CountSchema,
      }),
    ),
  },
  "NotificationMessage",
);
export type NotificationMessage = Static<typeof NotificationMessageSchema>;
