/** The inbox and the deliveries as they stand in their addresses. Every value is checked; what is unknown is dropped. */

import { DELIVERY_STATES } from "@ironcore-backup/protocol/calls";
import type { DeliveryState, InboxQuery, Severity } from "@ironcore-backup/protocol/calls";

const TEXT_LENGTH_MAX = 200;
const NAME_LENGTH_MAX = 64;

export const INBOX_SHOWS = ["all", "unread", "open"] as const;
export type InboxShow = (typeof INBOX_SHOWS)[number];

export interface InboxSearch {
  /** The one that is looked at; messages lead here by it. */
  readonly notice?: number;
  readonly which?: Exclude<InboxShow, "all">;
  readonly severity?: Exclude<Severity, "info">;
  readonly q?: string;
}

export function parseInboxSearch(given: Record<string, unknown>): InboxSearch {
  const { which, severity, q } = given;
  const notice = Number(given["notice"]);
  return {
    ...(Number.isSafeInteger(notice) && notice > 0 ? { notice } : {}),
    ...(which === "unread" || which === "open" ? { which } : {}),
    ...(severity === "warning" || severity === "error" ? { severity } : {}),
    ...(typeof q === "string" && q !== "" ? { q: q.slice(0, TEXT_LENGTH_MAX) } : {}),
  };
}

/** What is asked of the server for it. */
export function inboxQueryOf({ which, severity, q }: InboxSearch): InboxQuery {
  return {
    ...(which === "unread" ? { unread: true } : {}),
    ...(which === "open" ? { state: "open" } : {}),
    ...(severity === undefined ? {} : { severityMin: severity }),
    ...(q === undefined ? {} : { text: q }),
  };
}

export interface DeliverySearch {
  readonly target?: string;
  readonly state?: DeliveryState;
}

export function parseDeliverySearch({ target, state }: Record<string, unknown>): DeliverySearch {
  const known = DELIVERY_STATES.find((one) => one === state);
  return {
    ...(typeof target === "string" && target !== "" ? { target: target.slice(0, NAME_LENGTH_MAX) } : {}),
    ...(known === undefined ? {} : { state: known }),
  };
}
