/** `/status`: what runs, and the seven services as they truly are. */

import type { Static } from "typebox";
import type { ServiceSchema } from "@ironcore-backup/protocol";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

type Service = Static<typeof ServiceSchema>;

export const statusHandlers: SomeHandlers<"getStatus"> = {
  getStatus: async (needs) => {
    const { version, node, startedAt, fingerprint } = needs.serverFacts;
    const { queued, running } = needs.tasks.counts();
    const { slotCount, freeSlotCount } = needs.tasks.capacity();
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

function listServices(needs: ApiNeeds): Service[] {
  const workers = needs.serverFacts.describeWorkers();
  const absent = (name: string): Service => ({ name, state: "stopped", detail: "not part of this version" });
  return [
    { name: "api", state: "running", detail: "answers requests" },
    absent("scheduler"),
    { name: "worker", ...workers },
    { name: "verifier", state: workers.state, detail: "verify tasks run in the worker's slots" },
    absent("gc"),
    absent("sync"),
    absent("notify"),
  ];
}
