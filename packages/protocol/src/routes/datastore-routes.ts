/** Datastores and the snapshots in them. A snapshot travels as one path parameter, percent-encoded. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import { ChunkFilesSchema, ChunkQuerySchema, ChunkUsesSchema } from "../chunk.ts";
import { ComparisonQuerySchema, SnapshotComparisonSchema } from "../compare.ts";
import {
  DatastoreCreateSchema,
  DatastoreProbeSchema,
  DatastoreSchema,
  DatastoreUpdateSchema,
  SnapshotEntryPageSchema,
  SnapshotSchema,
  SnapshotShowSchema,
} from "../datastore.ts";
import {
  DatastoreMeasuresSchema,
  MeasureQuerySchema,
  StatisticsQuerySchema,
  StatisticsSchema,
} from "../measure.ts";
import { strictObject } from "../shapes.ts";
import { nothing, route } from "./route.ts";

const DatastoreParams = strictObject({ datastore: Type.String({ maxLength: 64 }) });
const SnapshotParams = strictObject({
  datastore: Type.String({ maxLength: 64 }),
  snapshot: Type.String({ maxLength: 1024 }),
});
const SnapshotListQuery = strictObject({
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  type: Type.Optional(Type.String({ maxLength: 8 })),
  id: Type.Optional(Type.String({ maxLength: 256 })),
});
const EntriesQuery = strictObject({
  archive: Type.String({ minLength: 1, maxLength: 256 }),
  /** Directory inside the archive, "/" for its root. */
  path: Type.Optional(Type.String({ maxLength: 4096, default: "/" })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
  /** `nextCursor` of the page before. */
  cursor: Type.Optional(Type.String({ maxLength: 8192, pattern: "^[A-Za-z0-9_-]*$" })),
});

export const datastoreRoutes = {
  listDatastores: route({
    ...calls.listDatastores,
    summary: "All datastores that the caller may see",
    status: 200,
    response: Type.Array(DatastoreSchema),
  }),
  createDatastore: route({
    ...calls.createDatastore,
    summary: "Creates a datastore, or takes over an existing one, at a path",
    body: DatastoreCreateSchema,
    status: 201,
    response: DatastoreSchema,
  }),
  getDatastore: route({
    ...calls.getDatastore,
    summary: "One datastore",
    params: DatastoreParams,
    status: 200,
    response: DatastoreSchema,
  }),
  updateDatastore: route({
    ...calls.updateDatastore,
    summary: "Changes a datastore's settings",
    params: DatastoreParams,
    body: DatastoreUpdateSchema,
    status: 200,
    response: DatastoreSchema,
  }),
  removeDatastore: route({
    ...calls.removeDatastore,
    summary: "Forgets a datastore; its files stay",
    params: DatastoreParams,
    status: 204,
    response: nothing,
  }),
  probeDatastore: route({
    ...calls.probeDatastore,
    summary:
      "Looks at everything that can be wrong with a datastore, and writes a file of its own to see that it can",
    params: DatastoreParams,
    status: 200,
    response: DatastoreProbeSchema,
  }),
  listDatastoreMeasures: route({
    ...calls.listDatastoreMeasures,
    summary: "How full a datastore was over time, and when it will be full",
    params: DatastoreParams,
    query: MeasureQuerySchema,
    status: 200,
    response: DatastoreMeasuresSchema,
  }),
  getStatistics: route({
    ...calls.getStatistics,
    summary: "Statistics of backups over time, with what is usual and what falls out of it",
    query: StatisticsQuerySchema,
    status: 200,
    response: StatisticsSchema,
  }),
  listSnapshots: route({
    ...calls.listSnapshots,
    summary: "Snapshots, newest first",
    params: DatastoreParams,
    query: SnapshotListQuery,
    status: 200,
    response: Type.Array(SnapshotSchema),
  }),
  getSnapshot: route({
    ...calls.getSnapshot,
    summary: "One snapshot with its verification history; `…/latest` names the newest",
    params: SnapshotParams,
    status: 200,
    response: SnapshotShowSchema,
  }),
  forgetSnapshot: route({
    ...calls.forgetSnapshot,
    summary: "Removes one snapshot; its chunks stay until garbage collection",
    params: SnapshotParams,
    status: 204,
    response: nothing,
  }),
  compareSnapshots: route({
    ...calls.compareSnapshots,
    summary:
      "What was added, removed and changed in a file archive since an earlier snapshot of the group, page by page",
    params: SnapshotParams,
    query: ComparisonQuerySchema,
    status: 200,
    response: SnapshotComparisonSchema,
  }),
  listSnapshotEntries: route({
    ...calls.listSnapshotEntries,
    summary: "One directory inside a file archive, page by page",
    params: SnapshotParams,
    query: EntriesQuery,
    status: 200,
    response: SnapshotEntryPageSchema,
  }),
  listChunkUses: route({
    ...calls.listChunkUses,
    summary:
      "Every snapshot and archive that needs a chunk, newest first; reads every index of the datastore",
    params: DatastoreParams,
    query: ChunkQuerySchema,
    status: 200,
    response: ChunkUsesSchema,
  }),
  listChunkFiles: route({
    ...calls.listChunkFiles,
    summary: "What of one snapshot cannot be read without a chunk: its archives, and the files in them",
    params: SnapshotParams,
    query: ChunkQuerySchema,
    status: 200,
    response: ChunkFilesSchema,
  }),
} as const;
