/** `/datastores` and what lies in them. */

import { serverErrors } from "../errors.ts";
import type { SomeHandlers } from "./handler.ts";

export const datastoreHandlers: SomeHandlers<
  | "listDatastores"
  | "createDatastore"
  | "getDatastore"
  | "updateDatastore"
  | "removeDatastore"
  | "listSnapshots"
  | "getSnapshot"
  | "forgetSnapshot"
  | "listSnapshotEntries"
> = {
  listDatastores: ({ datastores }) => datastores.list(),
  createDatastore: ({ datastores }, { body }) => datastores.create(body),
  getDatastore: ({ datastores }, { params }) => datastores.get(params.datastore),
  updateDatastore: async ({ datastores, workers }, { params, body }) => {
    const datastore = await datastores.update(params.datastore, body);
    // A higher limit lets waiting tasks start.
    workers.wake();
    return datastore;
  },
  removeDatastore: async ({ datastores, tasks }, { params: { datastore } }) => {
    const user = tasks.findUserOf(datastore);
    if (user !== undefined) throw serverErrors.DATASTORE_IN_USE({ datastore, upid: user.upid });
    await datastores.remove(datastore);
    return null;
  },
  listSnapshots: ({ datastores }, { params, query: { namespace, type, id } }) =>
    datastores.listSnapshots(params.datastore, { namespace, type, id }),
  getSnapshot: ({ datastores }, { params }) => datastores.getSnapshot(params.datastore, params.snapshot),
  forgetSnapshot: async ({ datastores }, { params }) => {
    await datastores.forgetSnapshot(params.datastore, params.snapshot);
    return null;
  },
  listSnapshotEntries: ({ datastores }, { params, query }) =>
    datastores.listEntries(params.datastore, {
      snapshot: params.snapshot,
      archive: query.archive,
      directory: query.path ?? "/",
    }),
};
