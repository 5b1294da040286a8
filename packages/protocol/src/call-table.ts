/** Every call's method and URL as plain data; `routes/` adds the schemas. */

export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
}

export const calls = {
  ping: { method: "GET", path: "/ping" },
  getHealth: { method: "GET", path: "/health" },
  getReadiness: { method: "GET", path: "/ready" },
  getStatus: { method: "GET", path: "/status" },
  login: { method: "POST", path: "/login" },
  logout: { method: "POST", path: "/logout" },
  whoami: { method: "GET", path: "/whoami" },
  listDatastores: { method: "GET", path: "/datastores" },
  createDatastore: { method: "POST", path: "/datastores" },
  getDatastore: { method: "GET", path: "/datastores/:datastore" },
  updateDatastore: { method: "PATCH", path: "/datastores/:datastore" },
  removeDatastore: { method: "DELETE", path: "/datastores/:datastore" },
  listSnapshots: { method: "GET", path: "/datastores/:datastore/snapshots" },
  getSnapshot: { method: "GET", path: "/datastores/:datastore/snapshots/:snapshot" },
  forgetSnapshot: { method: "DELETE", path: "/datastores/:datastore/snapshots/:snapshot" },
  listSnapshotEntries: { method: "GET", path: "/datastores/:datastore/snapshots/:snapshot/entries" },
  updateSnapshot: { method: "PATCH", path: "/datastores/:datastore/snapshots/:snapshot" },
  listNamespaces: { method: "GET", path: "/datastores/:datastore/namespaces" },
  createNamespace: { method: "POST", path: "/datastores/:datastore/namespaces" },
  updateNamespace: { method: "PATCH", path: "/datastores/:datastore/namespaces/:namespace" },
  removeNamespace: { method: "DELETE", path: "/datastores/:datastore/namespaces/:namespace" },
  listGroups: { method: "GET", path: "/datastores/:datastore/groups" },
  updateGroup: { method: "PATCH", path: "/datastores/:datastore/groups/:group" },
  changeGroupOwner: { method: "POST", path: "/datastores/:datastore/groups/:group/owner" },
  forgetGroup: { method: "DELETE", path: "/datastores/:datastore/groups/:group" },
  planPrune: { method: "POST", path: "/prune-plans" },
  simulatePrune: { method: "POST", path: "/prune-simulations" },
  startPrune: { method: "POST", path: "/prunes" },
  startBackup: { method: "POST", path: "/backups" },
  startRestore: { method: "POST", path: "/restores" },
  startVerify: { method: "POST", path: "/verifications" },
  listTasks: { method: "GET", path: "/tasks" },
  countTasks: { method: "GET", path: "/task-counts" },
  getTask: { method: "GET", path: "/tasks/:upid" },
  getTaskLog: { method: "GET", path: "/tasks/:upid/log" },
  cancelTask: { method: "POST", path: "/tasks/:upid/cancel" },
  retryTask: { method: "POST", path: "/tasks/:upid/retry" },
  listWorkers: { method: "GET", path: "/workers" },
  drainWorker: { method: "POST", path: "/workers/:worker/drain" },
  resumeWorker: { method: "POST", path: "/workers/:worker/resume" },
  getScheduler: { method: "GET", path: "/scheduler" },
  pauseScheduler: { method: "POST", path: "/scheduler/pause" },
  resumeScheduler: { method: "POST", path: "/scheduler/resume" },
  listUsers: { method: "GET", path: "/users" },
  createUser: { method: "POST", path: "/users" },
  getUser: { method: "GET", path: "/users/:user" },
  updateUser: { method: "PATCH", path: "/users/:user" },
  removeUser: { method: "DELETE", path: "/users/:user" },
  listApiTokens: { method: "GET", path: "/tokens" },
  createApiToken: { method: "POST", path: "/tokens" },
  removeApiToken: { method: "DELETE", path: "/tokens/:token" },
  listProjects: { method: "GET", path: "/projects" },
  createProject: { method: "POST", path: "/projects" },
  getProject: { method: "GET", path: "/projects/:project" },
  updateProject: { method: "PATCH", path: "/projects/:project" },
  removeProject: { method: "DELETE", path: "/projects/:project" },
  listRoles: { method: "GET", path: "/roles" },
  createRole: { method: "POST", path: "/roles" },
  updateRole: { method: "PATCH", path: "/roles/:role" },
  removeRole: { method: "DELETE", path: "/roles/:role" },
  listGrants: { method: "GET", path: "/grants" },
  createGrant: { method: "POST", path: "/grants" },
  removeGrant: { method: "DELETE", path: "/grants/:grant" },
  listAudit: { method: "GET", path: "/audit" },
} as const satisfies Record<string, Call>;

/** Streams, not in the table because their answers are not one JSON value. */
export const EVENTS_PATH = "/api/v1/events";
export const TASK_LOG_TEXT_PATH = "/api/v1/tasks/:upid/log.txt";
export const API_PREFIX = "/api/v1";
