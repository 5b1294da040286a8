/** What the door itself refuses. */

import { errorEntry } from "@ironcore-backup/base";

export const doorErrorRows = {
  REQUEST_HEAD_TOO_LARGE: errorEntry(
    "never",
    (c: { limitBytes: number }) => `The request's path and headers are larger than ${c.limitBytes} bytes`,
    "Send fewer or shorter headers; drop cookies that other services of this host have set.",
  ),
  REQUEST_LATE: errorEntry(
    "later",
    (_c: Record<never, never>) => "The request did not arrive in time",
    "Check the network between client and server, then send it again.",
  ),
  RATE_LIMITED: errorEntry(
    "later",
    (c: { limit: string; waitSeconds: number }) =>
      `Too many requests (${c.limit}); the next one is taken in ${c.waitSeconds} s`,
    "Wait as long as Retry-After says. To see changes as they happen, read GET /api/v1/events instead of asking again and again.",
  ),
  IDEMPOTENCY_KEY_REUSED: errorEntry(
    "never",
    (c: { key: string }) => `The Idempotency-Key ${c.key} was sent before with a different request`,
    "Use a new key for each thing that is to be done.",
  ),
  IDEMPOTENCY_OUTCOME_UNKNOWN: errorEntry(
    "never",
    (c: { key: string }) =>
      `The first request with the Idempotency-Key ${c.key} was interrupted; whether it was carried out is not known`,
    "Look whether what it should make is there. If not, send the request again with a new key.",
  ),
  IDEMPOTENCY_ANSWER_NOT_KEPT: errorEntry(
    "never",
    (c: { key: string }) =>
      `The request with the Idempotency-Key ${c.key} was carried out; its answer held a secret and was not kept`,
    "If the secret is lost, remove what was made and make it again with a new key.",
  ),
  IDEMPOTENCY_KEYS_EXHAUSTED: errorEntry(
    "later",
    (c: { keyCountMax: number; waitSeconds: number }) =>
      `More than ${c.keyCountMax} requests with an Idempotency-Key in 24 hours`,
    "Send a key only with what must not be done twice, or wait until older keys have expired.",
  ),
};
