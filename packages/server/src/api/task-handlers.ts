/** `/backups`, `/restores`, `/verifications` start tasks; `/tasks` shows and stops them. */

import { planBackup, planRestore, planVerify } from "../workers/task-plan.ts";
import type { SomeHandlers } from "./handler.ts";

const LOG_PAGE_LENGTH_DEFAULT = 500;

export const taskHandlers: SomeHandlers<
  "startBackup" | "startRestore" | "startVerify" | "listTasks" | "getTask" | "getTaskLog" | "cancelTask"
> = {
  startBackup: async ({ tasks, datastores, serverFacts }, { caller, body }) => ({
    upid: await tasks.queue(
      caller.authId,
      planBackup(body, datastores.locate(body.datastore), serverFacts.node),
    ),
  }),
  startRestore: async ({ tasks, datastores }, { caller, body }) => ({
    upid: await tasks.queue(caller.authId, planRestore(body, datastores.locate(body.datastore))),
  }),
  startVerify: async ({ tasks, datastores }, { caller, body }) => ({
    upid: await tasks.queue(caller.authId, planVerify(body, datastores.locate(body.datastore))),
  }),
  listTasks: async ({ tasks }, { query }) => {
    const { tasks: page, nextCursor } = await tasks.list(query);
    return { tasks: page, ...(nextCursor === undefined ? {} : { nextCursor }) };
  },
  getTask: ({ tasks }, { params }) => tasks.get(params.upid),
  getTaskLog: ({ tasks }, { params, query }) =>
    tasks.readLog(params.upid, {
      start: query.start ?? 1,
      limit: query.limit ?? LOG_PAGE_LENGTH_DEFAULT,
      level: query.level,
    }),
  cancelTask: ({ tasks }, { caller, params }) => tasks.requestCancel(params.upid, caller.authId),
};
