/** What a caller may see of the event stream, worked out from grants as they are now. */

import type { Caller } from "../access/access.ts";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import type { EventSight } from "../tasks/event-filter.ts";
import type { ApiNeeds } from "./handler.ts";

const EVERYTHING: EventSight = { tasks: EVERYTHING_VISIBLE, workers: true, datastores: "all" };

/** Administrators are the only callers there are; `admit` has refused all others. */
export function eventSightOf(_needs: Pick<ApiNeeds, "access">, _caller: Caller): EventSight {
  return EVERYTHING;
}
