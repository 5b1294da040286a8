/** `/datastores` and what lies in them. */

import { serverErrors } from "../errors.ts";
import { assertGroup } from "./notification-handlers.ts";
import { assertWithoutJobs } from "./job-handlers.ts";
import { sightOf } from "./namespace-sight.ts";
import type { SomeHandlers } from "./handler.ts";

const ENTRY_PAGE_LENGTH_DEFAULT = 1000;

export const datastoreHandlers: SomeHandlers<
  | "listDatastores"
  | "createDatastore"
  | "getDatastore"
  | "updateDatastore"
  | "removeDatastore"
  | "probeDatastore"
  | "listDatastoreMeasures"
  | "getStatistics"
  | "listSnapshots"
  | "getSnapshot"
  | "forgetSnapshot"
  | "compareSnapshots"
  | "listSnapshotEntries"
> = {
  listDatastores: async ({ access, datastores }, { caller }) => {
    const visible = access.visibleDatastores(caller);
    const all = await datastores.list();
    return all.flatMap((datastore) => {
      if (visible === "all" || visible.has(datastore.name)) return [datastore];
      // Who has but a namespace finds it under the datastore's name, and learns nothing else of the datastore.
      const { name, status, createdAt } = datastore;
      return access.mayWithin(caller, "snapshot.read", name) ? [{ name, path: "", status, createdAt }] : [];
    });
  },
  createDatastore: async (needs, { caller, body }) => {
    const { access, datastores } = needs;
    assertGroup(needs, caller, { group: body.notificationGroup, project: undefined });
    const datastore = await datastores.create(body);
    await access.grants.forgetDatastore(datastore.name);
    return datastore;
  },
  getDatastore: ({ datastores }, { params }) => datastores.get(params.datastore),
  updateDatastore: async (needs, { caller, params, body }) => {
    const { datastores, workers } = needs;
    assertGroup(needs, caller, { group: body.notificationGroup, project: undefined });
    const datastore = await datastores.update(params.datastore, body, caller.authId);
    workers.limitsChanged();
    // A higher limit lets waiting tasks start.
    workers.wake();
    return datastore;
  },
  removeDatastore: async (needs, { caller, params: { datastore } }) => {
    const { access, datastores, tasks } = needs;
    assertWithoutJobs(needs, caller, { datastore });
    const user = tasks.findUserOf(datastore);
    if (user !== undefined) throw serverErrors.DATASTORE_IN_USE({ datastore, upid: user.upid });
    await datastores.remove(datastore);
    await access.grants.forgetDatastore(datastore);
    return null;
  },
  probeDatastore: ({ datastores }, { params }) => datastores.probe(params.datastore),
  listDatastoreMeasures: ({ datastores }, { params, query }) => {
    const { name } = datastores.locate(params.datastore);
    return datastores.measures.list(name, query);
  },
  getStatistics: ({ access, statistics }, { caller, query }) =>
    statistics.read(query, access.taskVisibility(caller)),
  listSnapshots: async ({ access, datastores }, { caller, params, query: { namespace, type, id } }) => {
    const maySee = sightOf(access, caller, { privilege: "snapshot.read", datastore: params.datastore });
    if (namespace !== undefined) maySee.assert(namespace);
    const all = await datastores.listSnapshots(params.datastore, { namespace, type, id });
    return all.filter((snapshot) => maySee.has(snapshot.namespace));
  },
  getSnapshot: ({ datastores }, { params }) => datastores.getSnapshot(params.datastore, params.snapshot),
  forgetSnapshot: async ({ datastores }, { params }) => {
    await datastores.forgetSnapshot(params.datastore, params.snapshot);
    return null;
  },
  compareSnapshots: ({ datastores }, { params, query }) =>
    datastores.compareSnapshots(params.datastore, {
      ...query,
      snapshot: params.snapshot,
      limit: query.limit ?? ENTRY_PAGE_LENGTH_DEFAULT,
    }),
  listSnapshotEntries: ({ datastores }, { params, query }) =>
    datastores.listEntries(params.datastore, {
      snapshot: params.snapshot,
      archive: query.archive,
      directory: query.path ?? "/",
      limit: query.limit ?? ENTRY_PAGE_LENGTH_DEFAULT,
      cursor: query.cursor,
    }),
};
