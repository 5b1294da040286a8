/** `/status`: what runs, and the seven services as they truly are. */

import type { Static } from "typebox";
import type { ServiceSchema } from "@ironcore-backup/protocol";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

type Service = Static<typeof ServiceSchema>;

export const statusHandlers: SomeHandlers<"getStatus"> = {
  getStatus: async (needs) => {
    const { version, node, startedAt, fingerprint } = needs.serverFacts;
    const { queued, running } = needs.tasks.counts();
    const { slotCount, freeSlotCount } = needs.workers.slots();
    return {
      version,
      node,
      startedAt,
      fingerprint,
      queuedTaskCount: queued,
      runningTaskCount: running,
      slotCount,
      freeSlotCount,
      datastoreCount: needs.datastores.count(),
      services: listServices(needs),
    };
  },
};

function listServices({ workers, scheduler, notifications }: ApiNeeds): Service[] {
  return [
    { name: "api", state: "running", detail: "answers requests" },
    scheduler.service(),
    ...workers.services(),
    notifications.service(),
  ];
}
