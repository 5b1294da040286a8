/**
 * Who calls, and whether they may, and whether not too often: asked once for each request, before its body is looked at.
 */

import type { FastifyRequest } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { CodedError } from "@ironcore-backup/base";
import type { RouteName } from "@ironcore-backup/protocol";
import type { Caller, ProofHeaders } from "../access/access.ts";
import type { ApiNeeds } from "./handler.ts";
import { addressKey, createRateLimit } from "./rate-limit.ts";
import type { RateRules } from "./rate-rules.ts";
import { assertMayAsk, isOpenRoute } from "./route-access.ts";

export interface Admission {
  /**
   * Who calls, counted; what they may is asked later.
   * @returns undefined for a route that is open to everybody. @throws UNAUTHENTICATED, CSRF_TOKEN_WRONG, RATE_LIMITED
   */
  identify(request: FastifyRequest, name: RouteName): Promise<Caller | undefined>;
  /** Who calls, and that they may ask for such things at all. @throws as `identify`, FORBIDDEN */
  admit(request: FastifyRequest, name: RouteName): Promise<Caller | undefined>;
  /** Who calls by a proof that is not where the API's routes have it, counted. @throws UNAUTHENTICATED, RATE_LIMITED */
  identifyBy(request: FastifyRequest, headers: ProofHeaders): Promise<Caller>;
  /** The same for a stream that is open already: asked again every few seconds, counted as nothing. */
  readmit(request: FastifyRequest, name: RouteName): Promise<Caller | undefined>;
  /** Counts a request that nobody needs to sign in for. @throws RATE_LIMITED */
  countOpen(request: FastifyRequest): void;
}

export function createAdmission(needs: ApiNeeds & { readonly clock: Clock }, rules: RateRules): Admission {
  const reads = createRateLimit(needs, rules.reads);
  const changes = createRateLimit(needs, rules.changes);
  const open = createRateLimit(needs, rules.open);
  const refused = createRateLimit(needs, rules.refusedProofs);
  const countOpen = (request: FastifyRequest): void => open.take(addressKey(request.ip));
  const counted = async <Found extends Caller | undefined>(
    request: FastifyRequest,
    finding: Promise<Found>,
  ): Promise<Found> => {
    const caller = await finding.catch((cause: unknown) => {
      if (isUnauthenticated(cause)) refused.take(addressKey(request.ip));
      throw cause;
    });
    if (caller === undefined) countOpen(request);
    else if (caller.via !== "local-token") (request.method === "GET" ? reads : changes).take(caller.userId);
    return caller;
  };
  const identify: Admission["identify"] = (request, name) =>
    counted(request, findCaller(needs, request, { name, isUse: true }));
  return {
    countOpen,
    identify,
    identifyBy: (request, headers) =>
      counted(request, needs.access.admit(headers, { isChange: request.method !== "GET", isUse: true })),
    readmit: async (request, name) => {
      const caller = await findCaller(needs, request, { name, isUse: false });
      if (caller !== undefined) assertMayAsk(needs.access, caller, name);
      return caller;
    },
    admit: async (request, name) => {
      const caller = await identify(request, name);
      if (caller !== undefined) assertMayAsk(needs.access, caller, name);
      return caller;
    },
  };
}

async function findCaller(
  needs: ApiNeeds,
  request: FastifyRequest,
  { name, isUse }: { readonly name: RouteName; readonly isUse: boolean },
): Promise<Caller | undefined> {
  const headers = proofHeaders(request);
  // An open route answers everybody; who proves who they are may be told more.
  if (isOpenRoute(name)) return needs.access.recognise(headers);
  return needs.access.admit(headers, { isChange: request.method !== "GET", isUse });
}

export function proofHeaders({ headers }: FastifyRequest): ProofHeaders {
  const csrfToken = headers["x-csrf-token"];
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    csrfToken: typeof csrfToken === "string" ? csrfToken : undefined,
  };
}

function isUnauthenticated(cause: unknown): boolean {
  return cause instanceof CodedError && ["UNAUTHENTICATED", "CSRF_TOKEN_WRONG"].includes(cause.code);
}
