/** Who calls, and whether they may: asked once for each request, before anything of it is read. */

import type { FastifyRequest } from "fastify";
import type { RouteName } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import type { ApiNeeds } from "./handler.ts";
import { routePrivileges } from "./route-privilege.ts";

/** @throws UNAUTHENTICATED, FORBIDDEN */
export async function admit(
  needs: ApiNeeds,
  request: FastifyRequest,
  name: RouteName,
): Promise<Caller | undefined> {
  const privilege = routePrivileges[name];
  if (privilege === "anyone") return undefined;
  const caller = await needs.access.authenticate(request.headers.authorization);
  needs.access.assertMay(caller, privilege);
  return caller;
}
