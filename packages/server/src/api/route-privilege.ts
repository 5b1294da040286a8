/** What each route asks of its caller. A route without a row does not compile, and none is open by oversight. */

import type { RouteName } from "@ironcore-backup/protocol";
import type { Privilege } from "../access/privilege.ts";

export const routePrivileges: Readonly<Record<RouteName, Privilege | "anyone">> = {
  ping: "anyone",
  login: "anyone",
  logout: "session.own",
  whoami: "session.own",
  getStatus: "status.read",
  listDatastores: "datastore.read",
  createDatastore: "datastore.change",
  getDatastore: "datastore.read",
  removeDatastore: "datastore.change",
  listSnapshots: "snapshot.read",
  getSnapshot: "snapshot.read",
  forgetSnapshot: "snapshot.forget",
  listSnapshotEntries: "snapshot.read",
  startBackup: "task.start",
  startRestore: "task.start",
  startVerify: "task.start",
  listTasks: "task.read",
  getTask: "task.read",
  getTaskLog: "task.read",
  cancelTask: "task.cancel",
};
