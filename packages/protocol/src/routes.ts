/**
 * Every route of `/api/v1` in one table: the server mounts it, the client calls it, OpenAPI is generated from it.
 * Path parameters are strings; a snapshot travels as one parameter, percent-encoded.
 */

import { Type } from "typebox";
import type { TSchema } from "typebox";
import {
  BackupRequestSchema,
  DatastoreCreateSchema,
  DatastoreSchema,
  LoginRequestSchema,
  LoginSchema,
  RestoreRequestSchema,
  SnapshotEntrySchema,
  SnapshotSchema,
  SnapshotShowSchema,
  StartedTaskSchema,
  StatusSchema,
  TaskListQuerySchema,
  TaskListSchema,
  TaskLogQuerySchema,
  TaskLogSchema,
  VerifyRequestSchema,
  WhoamiSchema,
} from "./requests.ts";
import { calls } from "./call-table.ts";
import type { Call } from "./call-table.ts";
import { strictObject } from "./shapes.ts";
import { TaskSchema } from "./task.ts";

export interface Route extends Call {
  readonly summary: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: TSchema;
  /** False only where no credential is needed. */
  readonly authenticated: boolean;
}

function route<const R extends Omit<Route, "authenticated"> & { readonly authenticated?: false }>(
  row: R,
): R & { authenticated: boolean } {
  return { ...row, authenticated: row.authenticated ?? true };
}

const DatastoreParams = strictObject({ datastore: Type.String({ maxLength: 64 }) });
const SnapshotParams = strictObject({
  datastore: Type.String({ maxLength: 64 }),
  snapshot: Type.String({ maxLength: 1024 }),
});
const TaskParams = strictObject({ upid: Type.String({ maxLength: 2048 }) });
const SnapshotListQuery = strictObject({
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  type: Type.Optional(Type.String({ maxLength: 8 })),
  id: Type.Optional(Type.String({ maxLength: 256 })),
});
const EntriesQuery = strictObject({
  archive: Type.String({ minLength: 1, maxLength: 256 }),
  /** Directory inside the archive, "/" for its root. */
  path: Type.Optional(Type.String({ maxLength: 4096, default: "/" })),
});
const Nothing = Type.Null();

export const routes = {
  ping: route({
    ...calls.ping,
    summary: "Answers when the server listens",
    status: 200,
    response: strictObject({ pong: Type.Literal(true) }),
    authenticated: false,
  }),
  login: route({
    ...calls.login,
    summary: "Exchanges user name and password for a session token, sent as `Authorization: Bearer …`",
    body: LoginRequestSchema,
    status: 200,
    response: LoginSchema,
    authenticated: false,
  }),
  logout: route({
    ...calls.logout,
    summary: "Ends the caller's session",
    status: 204,
    response: Nothing,
  }),
  whoami: route({ ...calls.whoami, summary: "Who the caller is", status: 200, response: WhoamiSchema }),
  getStatus: route({
    ...calls.getStatus,
    summary: "Version, slots, services",
    status: 200,
    response: StatusSchema,
  }),
  listDatastores: route({
    ...calls.listDatastores,
    summary: "All datastores",
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
  removeDatastore: route({
    ...calls.removeDatastore,
    summary: "Forgets a datastore; its files stay",
    params: DatastoreParams,
    status: 204,
    response: Nothing,
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
    response: Nothing,
  }),
  listSnapshotEntries: route({
    ...calls.listSnapshotEntries,
    summary: "One directory inside a file archive",
    params: SnapshotParams,
    query: EntriesQuery,
    status: 200,
    response: Type.Array(SnapshotEntrySchema),
  }),
  startBackup: route({
    ...calls.startBackup,
    summary: "Starts a backup task",
    body: BackupRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startRestore: route({
    ...calls.startRestore,
    summary: "Starts a restore task",
    body: RestoreRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startVerify: route({
    ...calls.startVerify,
    summary: "Starts a verify task",
    body: VerifyRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  listTasks: route({
    ...calls.listTasks,
    summary: "Tasks, newest first",
    query: TaskListQuerySchema,
    status: 200,
    response: TaskListSchema,
  }),
  getTask: route({
    ...calls.getTask,
    summary: "One task",
    params: TaskParams,
    status: 200,
    response: TaskSchema,
  }),
  getTaskLog: route({
    ...calls.getTaskLog,
    summary: "Log lines of one task",
    params: TaskParams,
    query: TaskLogQuerySchema,
    status: 200,
    response: TaskLogSchema,
  }),
  cancelTask: route({
    ...calls.cancelTask,
    summary: "Asks a queued or running task to stop",
    params: TaskParams,
    status: 202,
    response: TaskSchema,
  }),
} as const;

export type RouteName = keyof typeof routes;
