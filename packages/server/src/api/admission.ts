/**
 * Who calls, and whether they may, and whether not too often: asked once for each request, before its body is looked at.
 */

import type { FastifyRequest } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { CodedError } from "@ironcore-backup/base";
import type { RouteName } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import type { ApiNeeds } from "./handler.ts";
import { addressKey, createRateLimit } from "./rate-limit.ts";
import { CHANGES_OF_CALLER, OPEN_REQUESTS, READS_OF_CALLER, REFUSED_PROOFS } from "./rate-rules.ts";
import { routePrivileges } from "./route-privilege.ts";

export interface Admission {
  /** @returns undefined for a route that is open to everybody. @throws UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED */
  admit(request: FastifyRequest, name: RouteName): Promise<Caller | undefined>;
  /** The same for a stream that is open already: asked again every few seconds, counted as nothing. */
  readmit(request: FastifyRequest, name: RouteName): Promise<Caller | undefined>;
  /** Counts a request that nobody needs to sign in for. @throws RATE_LIMITED */
  countOpen(request: FastifyRequest): void;
}

export function createAdmission(needs: ApiNeeds & { readonly clock: Clock }): Admission {
  const reads = createRateLimit(needs, READS_OF_CALLER);
  const changes = createRateLimit(needs, CHANGES_OF_CALLER);
  const open = createRateLimit(needs, OPEN_REQUESTS);
  const refused = createRateLimit(needs, REFUSED_PROOFS);
  const countOpen = (request: FastifyRequest): void => open.take(addressKey(request.ip));
  return {
    countOpen,
    readmit: (request, name) => admitUncounted(needs, request, name),
    admit: async (request, name) => {
      const caller = await admitUncounted(needs, request, name).catch((cause: unknown) => {
        if (isUnauthenticated(cause)) refused.take(addressKey(request.ip));
        throw cause;
      });
      if (caller === undefined) countOpen(request);
      else if (caller.via !== "local-token") (request.method === "GET" ? reads : changes).take(caller.authId);
      return caller;
    },
  };
}

async function admitUncounted(
  needs: ApiNeeds,
  request: FastifyRequest,
  name: RouteName,
): Promise<Caller | undefined> {
  const privilege = routePrivileges[name];
  if (privilege === "anyone") return findCaller(needs, request);
  const caller = await needs.access.authenticate(request.headers.authorization);
  needs.access.assertMay(caller, privilege);
  return caller;
}

/** An open route answers everybody; who proves who they are may be told more. */
async function findCaller(needs: ApiNeeds, request: FastifyRequest): Promise<Caller | undefined> {
  if (request.headers.authorization === undefined) return undefined;
  return needs.access.authenticate(request.headers.authorization).catch((cause: unknown) => {
    if (isUnauthenticated(cause)) return undefined;
    throw cause;
  });
}

function isUnauthenticated(cause: unknown): boolean {
  return cause instanceof CodedError && cause.code === "UNAUTHENTICATED";
}
