/** `/health` and `/ready`, for load balancers and service managers. What was found inside is told only to who may look. */

import type { Health } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

export const healthHandlers: SomeHandlers<"getHealth" | "getReadiness"> = {
  getHealth: async (needs, { caller }) => present(needs, caller, await needs.health.live()),
  getReadiness: async (needs, { caller }) => present(needs, caller, await needs.health.ready()),
};

function present(needs: ApiNeeds, caller: Caller | undefined, health: Health): Health {
  return mayLook(needs, caller) ? health : { status: health.status, checks: [] };
}

function mayLook({ access }: ApiNeeds, caller: Caller | undefined): boolean {
  if (caller === undefined) return false;
  try {
    access.assertMay(caller, "status.read");
    return true;
  } catch {
    // Not an error: they asked for less than they may not see.
    return false;
  }
}
