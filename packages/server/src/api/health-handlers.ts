/** `/health` and `/ready`, for load balancers and service managers. What was found inside is told only to who may look. */

import type { Health } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { PLATFORM } from "../access/rights.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

export const healthHandlers: SomeHandlers<"getHealth" | "getReadiness"> = {
  getHealth: async (needs, { caller }) => present(needs, caller, await needs.health.live()),
  getReadiness: async (needs, { caller }) => present(needs, caller, await needs.health.ready()),
};

function present(needs: ApiNeeds, caller: Caller | undefined, health: Health): Health {
  const mayLook = caller !== undefined && needs.access.may(caller, "status.read", PLATFORM);
  return mayLook ? health : { status: health.status, checks: [] };
}
