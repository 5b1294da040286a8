/**
 * Every route of `/api/v1` in one table: the server mounts it, the client calls it, OpenAPI is generated from it.
 * Path parameters are strings; a snapshot travels as one parameter, percent-encoded.
 */

import { Type } from "typebox";
import type { TSchema } from "typebox";
import {
  BackupRequestSchema, DatastoreCreateSchema, DatastoreSchema, RestoreRequestSchema, SnapshotEntrySchema, SnapshotSchema,
  SnapshotShowSchema, StartedTaskSchema, StatusSchema, TaskListQuerySchema, TaskListSchema, TaskLogQuerySchema, TaskLogSchema,
  VerifyRequestSchema,
} from "./requests.ts";
import { strictObject } from "./shapes.ts";
import { TaskSchema } from "./task.ts";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: TSchema;
  /** False only where no credential is needed. */
  readonly authenticated: boolean;
}

function route<const R extends Omit<Route, "authenticated"> & { readonly authenticated?: false }>(row: R): R & { authenticated: boolean } {
  return { ...row, authenticated: row.authenticated ?? true } as R & { authenticated: boolean };
}

const DatastoreParams = strictObject({ datastore: Type.String({ maxLength: 64 }) });
const SnapshotParams = strictObject({ datastore: Type.String({ maxLength: 64 }), snapshot: Type.String({ maxLength: 1024 }) });
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
  ping: route({ method: "GET", path: "/ping", summary: "Answers when the server listens", status: 200, response: strictObject({ pong: Type.Literal(true) }), authenticated: false }),
  getStatus: route({ method: "GET", path: "/status", summary: "Version, slots, services", status: 200, response: StatusSchema }),
  listDatastores: route({ method: "GET", path: "/datastores", summary: "All datastores", status: 200, response: Type.Array(DatastoreSchema) }),
  createDatastore: route({ method: "POST", path: "/datastores", summary: "Creates a datastore, or takes over an existing one, at a path", body: DatastoreCreateSchema, status: 201, response: DatastoreSchema }),
  getDatastore: route({ method: "GET", path: "/datastores/:datastore", summary: "One datastore", params: DatastoreParams, status: 200, response: DatastoreSchema }),
  removeDatastore: route({ method: "DELETE", path: "/datastores/:datastore", summary: "Forgets a datastore; its files stay", params: DatastoreParams, status: 204, response: Nothing }),
  listSnapshots: route({ method: "GET", path: "/datastores/:datastore/snapshots", summary: "Snapshots, newest first", params: DatastoreParams, query: SnapshotListQuery, status: 200, response: Type.Array(SnapshotSchema) }),
  getSnapshot: route({ method: "GET", path: "/datastores/:datastore/snapshots/:snapshot", summary: "One snapshot with its verification history; `…/latest` names the newest", params: SnapshotParams, status: 200, response: SnapshotShowSchema }),
  forgetSnapshot: route({ method: "DELETE", path: "/datastores/:datastore/snapshots/:snapshot", summary: "Removes one snapshot; its chunks stay until garbage collection", params: SnapshotParams, status: 204, response: Nothing }),
  listSnapshotEntries: route({ method: "GET", path: "/datastores/:datastore/snapshots/:snapshot/entries", summary: "One directory inside a file archive", params: SnapshotParams, query: EntriesQuery, status: 200, response: Type.Array(SnapshotEntrySchema) }),
  startBackup: route({ method: "POST", path: "/backups", summary: "Starts a backup task", body: BackupRequestSchema, status: 202, response: StartedTaskSchema }),
  startRestore: route({ method: "POST", path: "/restores", summary: "Starts a restore task", body: RestoreRequestSchema, status: 202, response: StartedTaskSchema }),
  startVerify: route({ method: "POST", path: "/verifications", summary: "Starts a verify task", body: VerifyRequestSchema, status: 202, response: StartedTaskSchema }),
  listTasks: route({ method: "GET", path: "/tasks", summary: "Tasks, newest first", query: TaskListQuerySchema, status: 200, response: TaskListSchema }),
  getTask: route({ method: "GET", path: "/tasks/:upid", summary: "One task", params: TaskParams, status: 200, response: TaskSchema }),
  getTaskLog: route({ method: "GET", path: "/tasks/:upid/log", summary: "Log lines of one task", params: TaskParams, query: TaskLogQuerySchema, status: 200, response: TaskLogSchema }),
  cancelTask: route({ method: "POST", path: "/tasks/:upid/cancel", summary: "Asks a queued or running task to stop", params: TaskParams, status: 202, response: TaskSchema }),
} as const;

export type RouteName = keyof typeof routes;

/** Streams, not in the table because their answers are not one JSON value. */
export const EVENTS_PATH = "/api/v1/events";
export const TASK_LOG_TEXT_PATH = "/api/v1/tasks/:upid/log.txt";
export const API_PREFIX = "/api/v1";
