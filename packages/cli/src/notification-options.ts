/** What commands about notifications read alike. */

import { NOTIFICATION_EVENTS } from "@ironcore-backup/protocol/calls";
import type { NotificationEventWord } from "@ironcore-backup/protocol/calls";
import { cliErrors } from "./errors.ts";

/** @throws USAGE_INVALID */
export function parseEvents(texts: readonly string[]): NotificationEventWord[] {
  return texts.map((text) => {
    const event = NOTIFICATION_EVENTS.find((one) => one === text);
    if (event !== undefined) return event;
    const detail = `there is no event ${text}; there are ${NOTIFICATION_EVENTS.join(", ")}`;
    throw cliErrors.USAGE_INVALID({ detail });
  });
}
