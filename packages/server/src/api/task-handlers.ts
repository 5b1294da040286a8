/** `/backups`, `/restores`, `/verifications` start tasks; `/tasks` shows, stops and repeats them. */

import { planBackup, planRestore, planVerify } from "../workers/task-plan.ts";
import type { SomeHandlers } from "./handler.ts";

export const taskHandlers: SomeHandlers<
  "startBackup" | "startRestore" | "startVerify" | "getTask" | "cancelTask" | "retryTask"
> = {
  startBackup: async ({ tasks, datastores, serverFacts }, { caller, body }) => ({
    upid: await tasks.queue(caller, planBackup(body, datastores.locate(body.datastore), serverFacts.node)),
  }),
  startRestore: async ({ tasks, datastores }, { caller, body }) => ({
    upid: await tasks.queue(caller, planRestore(body, datastores.locate(body.datastore))),
  }),
  startVerify: async ({ tasks, datastores }, { caller, body }) => ({
    upid: await tasks.queue(caller, planVerify(body, datastores.locate(body.datastore))),
  }),
  getTask: ({ tasks }, { params }) => tasks.get(params.upid),
  cancelTask: ({ tasks }, { caller, params }) => tasks.requestCancel(params.upid, caller.authId),
  retryTask: async ({ tasks }, { caller, params }) => ({
    upid: await tasks.retry(params.upid, caller.authId),
  }),
};
