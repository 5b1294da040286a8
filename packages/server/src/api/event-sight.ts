/** What a caller may see of the event stream, worked out from grants as they are now. */

import type { Access, Caller } from "../access/access.ts";
import { PLATFORM } from "../access/rights.ts";
import type { EventSight } from "../tasks/event-filter.ts";

export function eventSightOf(access: Access, caller: Caller): EventSight {
  return {
    tasks: access.taskVisibility(caller),
    workers: access.may(caller, "worker.read", PLATFORM),
    datastores: access.visibleDatastores(caller),
  };
}
