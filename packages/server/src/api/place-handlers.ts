/** Namespaces, groups, what people write on snapshots, and what a prune would do. */

import { parseAuthId } from "@ironcore-backup/base";
import { PLATFORM } from "../access/rights.ts";
import { scopeOf, tableFor } from "../datastores/prune-scope.ts";
import { serverErrors } from "../errors.ts";
import { planPrune } from "../workers/task-plan.ts";
import type { SomeHandlers } from "./handler.ts";
import { assertWithoutJobs } from "./job-handlers.ts";
import { sightOf } from "./namespace-sight.ts";
import { pruneScope } from "./route-access.ts";
import { inProject } from "./task-handlers.ts";

export const placeHandlers: SomeHandlers<
  | "listNamespaces"
  | "createNamespace"
  | "updateNamespace"
  | "removeNamespace"
  | "listGroups"
  | "updateGroup"
  | "changeGroupOwner"
  | "getGroupSpace"
  | "forgetGroup"
  | "updateSnapshot"
  | "planPrune"
  | "simulatePrune"
  | "startPrune"
> = {
  listNamespaces: async ({ access, places }, { caller, params: { datastore } }) => {
    const maySee = sightOf(access, caller, { privilege: "snapshot.read", datastore });
    return (await places.listNamespaces(datastore)).filter(({ namespace }) => maySee.has(namespace));
  },
  createNamespace: ({ places }, { params, body }) =>
    places.createNamespace(params.datastore, body.namespace, body.retention),
  updateNamespace: ({ places }, { params, body }) =>
    places.setRetention(params.datastore, params.namespace, body.retention),
  removeNamespace: async (needs, { caller, params: { datastore, namespace } }) => {
    const { access, places } = needs;
    // The root is never removed, and refused as what it is.
    if (namespace !== "") assertWithoutJobs(needs, caller, { datastore, namespace });
    await places.removeNamespace(datastore, namespace);
    await access.grants.forgetNamespace(datastore, namespace);
    return null;
  },
  listGroups: async ({ access, places }, { caller, params: { datastore }, query: { namespace } }) => {
    const maySee = sightOf(access, caller, { privilege: "snapshot.read", datastore });
    if (namespace !== undefined) maySee.assert(namespace);
    return (await places.listGroups(datastore, namespace)).filter((group) => maySee.has(group.namespace));
  },
  updateGroup: ({ places }, { params, body }) =>
    places.updateGroup(params.datastore, params.group, { notes: body.notes }),
  changeGroupOwner: async ({ access, places }, { caller, params, body }) => {
    const owner = parseAuthId(body.owner);
    // Who may not know of users is not told which there are.
    if (access.may(caller, "user.read", PLATFORM) && !(await access.hasOwner(owner)))
      throw serverErrors.OWNER_NOT_FOUND({ owner });
    return places.updateGroup(params.datastore, params.group, { owner });
  },
  getGroupSpace: ({ places }, { params }) => places.groupSpace(params.datastore, params.group),
  forgetGroup: ({ places }, { params }) => places.forgetGroup(params.datastore, params.group),
  updateSnapshot: ({ places }, { params, body }) =>
    places.updateSnapshot(params.datastore, params.snapshot, body),
  planPrune: ({ places }, { body }) => places.planPrune(body),
  simulatePrune: ({ places }, { body }) => places.simulatePrune(body),
  startPrune: async (needs, { caller, body }) => {
    const { access, tasks, datastores, retentions } = needs;
    // With a retention of one's own a prune removes whatever one wants.
    if (body.retention !== undefined) access.assertMay(caller, "snapshot.forget", pruneScope(body));
    const request = await inProject(needs, caller, { body, privilege: "prune.start" });
    const about = {
      scope: scopeOf(body),
      retentions: tableFor(retentions.tableOf(body.datastore), body.retention),
    };
    return {
      upid: await tasks.queue(
        caller,
        planPrune(request, datastores.locateFor(body.datastore, "write"), about),
      ),
    };
  },
};
