/** From a chunk to what needs it. */

import { sightOf } from "./namespace-sight.ts";
import type { SomeHandlers } from "./handler.ts";

const USE_COUNT_MAX = 1000;

export const chunkHandlers: SomeHandlers<"listChunkUses" | "listChunkFiles"> = {
  listChunkUses: async ({ access, datastores }, { caller, params: { datastore }, query: { digest } }) => {
    const maySee = sightOf(access, caller, { privilege: "snapshot.read", datastore });
    const found = await datastores.engine.listChunkUses(datastores.locate(datastore).path, digest);
    const uses = found.uses.filter(({ namespace }) => maySee.has(namespace));
    const { storedBytes, incompleteBecause } = found;
    return {
      digest,
      ...(storedBytes === undefined ? {} : { storedBytes }),
      uses: uses.slice(0, USE_COUNT_MAX),
      useCount: uses.length,
      snapshotCount: new Set(uses.map(({ snapshot }) => snapshot)).size,
      unreadableCount: found.unreadableNamespaces.filter((namespace) => maySee.has(namespace)).length,
      ...(incompleteBecause === undefined ? {} : { incompleteBecause }),
    };
  },
  listChunkFiles: async ({ datastores }, { params, query: { digest } }) => {
    const { path } = datastores.locate(params.datastore);
    const snapshot = await datastores.engine.findSnapshot(path, params.snapshot);
    return datastores.engine.listChunkFiles(path, { snapshot, digest });
  },
};
