/** Every call's method and URL as plain data; `routes.ts` adds the schemas. */

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
}

export const calls = {
  ping: { method: "GET", path: "/ping" },
  login: { method: "POST", path: "/login" },
  logout: { method: "POST", path: "/logout" },
  whoami: { method: "GET", path: "/whoami" },
  getStatus: { method: "GET", path: "/status" },
  listDatastores: { method: "GET", path: "/datastores" },
  createDatastore: { method: "POST", path: "/datastores" },
  getDatastore: { method: "GET", path: "/datastores/:datastore" },
  removeDatastore: { method: "DELETE", path: "/datastores/:datastore" },
  listSnapshots: { method: "GET", path: "/datastores/:datastore/snapshots" },
  getSnapshot: { method: "GET", path: "/datastores/:datastore/snapshots/:snapshot" },
  forgetSnapshot: { method: "DELETE", path: "/datastores/:datastore/snapshots/:snapshot" },
  listSnapshotEntries: { method: "GET", path: "/datastores/:datastore/snapshots/:snapshot/entries" },
  startBackup: { method: "POST", path: "/backups" },
  startRestore: { method: "POST", path: "/restores" },
  startVerify: { method: "POST", path: "/verifications" },
  listTasks: { method: "GET", path: "/tasks" },
  getTask: { method: "GET", path: "/tasks/:upid" },
  getTaskLog: { method: "GET", path: "/tasks/:upid/log" },
  cancelTask: { method: "POST", path: "/tasks/:upid/cancel" },
} as const satisfies Record<string, Call>;

/** Streams, not in the table because their answers are not one JSON value. */
export const EVENTS_PATH = "/api/v1/events";
export const TASK_LOG_TEXT_PATH = "/api/v1/tasks/:upid/log.txt";
export const API_PREFIX = "/api/v1";
