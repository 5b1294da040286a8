/** Namespaces, groups, what people write on snapshots, and prune: planned, simulated, started. Names with slashes are percent-encoded. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import { SnapshotSchema } from "../datastore.ts";
import {
  ForgottenGroupSchema,
  GroupOwnerChangeSchema,
  GroupSchema,
  GroupSpaceSchema,
  GroupUpdateSchema,
  NamespaceCreateSchema,
  NamespaceSchema,
  NamespaceUpdateSchema,
  SnapshotUpdateSchema,
} from "../namespace.ts";
import {
  PrunePlanRequestSchema,
  PrunePlanSchema,
  PruneSimulationRequestSchema,
  PruneSimulationSchema,
} from "../retention.ts";
import { strictObject } from "../shapes.ts";
import { PruneRequestSchema, StartedTaskSchema } from "../task-requests.ts";
import { nothing, route } from "./route.ts";

const datastore = Type.String({ maxLength: 64 });
const DatastoreParams = strictObject({ datastore });
const NamespaceParams = strictObject({ datastore, namespace: Type.String({ maxLength: 256 }) });
const GroupParams = strictObject({ datastore, group: Type.String({ maxLength: 1024 }) });
const SnapshotParams = strictObject({ datastore, snapshot: Type.String({ maxLength: 1024 }) });

export const placeRoutes = {
  updateSnapshot: route({
    ...calls.updateSnapshot,
    summary: "Changes a snapshot's notes, or protects it from prune and forget",
    params: SnapshotParams,
    body: SnapshotUpdateSchema,
    status: 200,
    response: SnapshotSchema,
  }),
  listNamespaces: route({
    ...calls.listNamespaces,
    summary: "The datastore's namespaces that the caller may see, parents before children",
    params: DatastoreParams,
    status: 200,
    response: Type.Array(NamespaceSchema),
  }),
  createNamespace: route({
    ...calls.createNamespace,
    summary: "Makes a namespace and those above it",
    params: DatastoreParams,
    body: NamespaceCreateSchema,
    status: 201,
    response: NamespaceSchema,
  }),
  updateNamespace: route({
    ...calls.updateNamespace,
    summary: "Sets how long a namespace keeps its snapshots",
    params: NamespaceParams,
    body: NamespaceUpdateSchema,
    status: 200,
    response: NamespaceSchema,
  }),
  removeNamespace: route({
    ...calls.removeNamespace,
    summary: "Removes an empty namespace",
    params: NamespaceParams,
    status: 204,
    response: nothing,
  }),
  listGroups: route({
    ...calls.listGroups,
    summary: "Backup groups that the caller may see, of one namespace or of all",
    params: DatastoreParams,
    query: strictObject({ namespace: Type.Optional(Type.String({ maxLength: 256 })) }),
    status: 200,
    response: Type.Array(GroupSchema),
  }),
  updateGroup: route({
    ...calls.updateGroup,
    summary: "Changes a group's notes",
    params: GroupParams,
    body: GroupUpdateSchema,
    status: 200,
    response: GroupSchema,
  }),
  getGroupSpace: route({
    ...calls.getGroupSpace,
    summary:
      "How many bytes only this group uses, and each of its snapshots; reads every index of the datastore",
    params: GroupParams,
    status: 200,
    response: GroupSpaceSchema,
  }),
  changeGroupOwner: route({
    ...calls.changeGroupOwner,
    summary: "Gives a group to another owner, who alone may back up into it",
    params: GroupParams,
    body: GroupOwnerChangeSchema,
    status: 200,
    response: GroupSchema,
  }),
  forgetGroup: route({
    ...calls.forgetGroup,
    summary:
      "Removes a group with all its snapshots; protected ones and those in use stay, and the group with them",
    params: GroupParams,
    status: 200,
    response: ForgottenGroupSchema,
  }),
  planPrune: route({
    ...calls.planPrune,
    summary: "What a prune would do with every snapshot, and why; removes nothing",
    body: PrunePlanRequestSchema,
    status: 200,
    response: PrunePlanSchema,
  }),
  simulatePrune: route({
    ...calls.simulatePrune,
    summary: "What a retention would keep of an invented schedule",
    body: PruneSimulationRequestSchema,
    status: 200,
    response: PruneSimulationSchema,
  }),
  startPrune: route({
    ...calls.startPrune,
    summary: "Starts a prune task",
    body: PruneRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
} as const;
