/** Per-event control of a group as a table has it: by severity, always, never. */

import { NOTIFICATION_EVENTS } from "@ironcore-backup/protocol/calls";
import type { NotificationEventWord } from "@ironcore-backup/protocol/calls";

export const EVENT_CHOICES = ["severity", "always", "never"] as const;
export type EventChoice = (typeof EVENT_CHOICES)[number];

export interface EventLists {
  readonly include: readonly NotificationEventWord[];
  readonly exclude: readonly NotificationEventWord[];
}

export function choiceOf({ include, exclude }: EventLists, event: NotificationEventWord): EventChoice {
  if (exclude.includes(event)) return "never";
  return include.includes(event) ? "always" : "severity";
}

/** In the words' own order, each in one list at the most. */
export function withChoice(
  { include, exclude }: EventLists,
  event: NotificationEventWord,
  choice: EventChoice,
): EventLists {
  const list = (before: readonly NotificationEventWord[], wanted: EventChoice): NotificationEventWord[] =>
    NOTIFICATION_EVENTS.filter((one) => (one === event ? choice === wanted : before.includes(one)));
  return { include: list(include, "always"), exclude: list(exclude, "never") };
}
