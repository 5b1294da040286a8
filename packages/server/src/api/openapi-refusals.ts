/** What a route may refuse, told by status with the codes that travel under it. */

import type { Route } from "@ironcore-backup/protocol";
import { codesOfStatus } from "./http-status.ts";
import type { Json } from "./openapi-schema.ts";

const NAMES: Readonly<Record<number, string>> = {
  400: "Invalid",
  401: "Unauthenticated",
  403: "Forbidden",
  404: "NotFound",
  408: "Late",
  409: "Conflict",
  413: "TooLarge",
  429: "TooMany",
  431: "HeadTooLarge",
  500: "Failed",
  503: "Unavailable",
  507: "Full",
};

const MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is not valid; the message says which part",
  401: "No proof of who calls, or one that does not hold",
  403: "The caller may not do this",
  404: "What is named is not there, or the caller may not know of it",
  408: "The request did not arrive in time",
  409: "Something is in the way",
  413: "The request's body is too large",
  429: "Too many requests; `Retry-After` says how long to wait",
  431: "The request's path and headers are too large",
  500: "The server failed; its log has the details under the request's id",
  503: "Not now: a part of the service is away",
  507: "No space left",
};

const ANYWHERE = [400, 408, 429, 431, 500, 503];

/** The statuses that a route can refuse with. */
export function refusalStatuses(
  route: Pick<Route, "method" | "params" | "authenticated">,
): readonly number[] {
  const statuses = new Set(ANYWHERE);
  if (route.authenticated) statuses.add(401).add(403);
  if (route.params !== undefined) statuses.add(404);
  if (route.method !== "GET") statuses.add(401).add(404).add(409).add(413).add(507);
  return [...statuses].toSorted((a, b) => a - b);
}

export function refusalReferences(statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${NAMES[status]}` }]),
  );
}

/** The shared responses. */
export function refusalResponses(): Json {
  return Object.fromEntries(Object.entries(NAMES).map(([status, name]) => [name, describe(Number(status))]));
}

function describe(status: number): Json {
  const codes = codesOfStatus(status);
  return {
    description: `${MEANINGS[status]}. Codes: ${codes.map((code) => `\`${code}\``).join(", ")}.`,
    headers: {
      "x-request-id": REQUEST_ID_HEADER,
      "x-error-code": { description: "The code of the body's error", schema: { type: "string" } },
      ...(status === 429 ? { "retry-after": RETRY_AFTER_HEADER } : {}),
    },
    content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } },
  };
}

export const REQUEST_ID_HEADER: Json = {
  description: "Names this request in the service's log and in the audit log",
  schema: { type: "string" },
};
const RETRY_AFTER_HEADER: Json = { description: "Seconds to wait", schema: { type: "integer", minimum: 1 } };
