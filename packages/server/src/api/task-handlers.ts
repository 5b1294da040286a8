/**
 * `/backups`, `/restores`, `/verifications` start tasks; `/tasks` shows, stops and repeats them. A task that the caller may
 * not see is answered as one that does not exist.
 */

import type { Privilege, Task } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { PLATFORM } from "../access/rights.ts";
import { withoutForeignHolders } from "../tasks/foreign-holders.ts";
import { planBackup, planDrill, planGc, planRestore, planVerify } from "../workers/task-plan.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";
import { getWorkload } from "./job-handlers.ts";

export const taskHandlers: SomeHandlers<
  | "startBackup"
  | "startRestore"
  | "startVerify"
  | "startDrill"
  | "startGc"
  | "getTask"
  | "cancelTask"
  | "updateTask"
  | "retryTask"
> = {
  startBackup: async (needs, { caller, body }) => {
    const { tasks, datastores, serverFacts } = needs;
    const request = await inProject(needs, caller, { body, privilege: "backup.start" });
    const plan = planBackup(request, datastores.locateFor(body.datastore, "write"), serverFacts.node);
    return { upid: await tasks.queue(caller, plan) };
  },
  startRestore: async (needs, { caller, body }) => {
    const { tasks, datastores } = needs;
    const request = await inProject(needs, caller, { body, privilege: "snapshot.restore" });
    return {
      upid: await tasks.queue(caller, planRestore(request, datastores.locateFor(body.datastore, "read"))),
    };
  },
  startVerify: async (needs, { caller, body }) => {
    const { tasks, datastores } = needs;
    const request = await inProject(needs, caller, { body, privilege: "verify.start" });
    return {
      upid: await tasks.queue(caller, planVerify(request, datastores.locateFor(body.datastore, "write"))),
    };
  },
  startDrill: async (needs, { caller, body }) => {
    const { access, tasks, datastores, serverFacts } = needs;
    // A check runs, and a key file is read, on the server's own machine.
    if (body.check !== undefined || body.keyFile !== undefined)
      access.assertMay(caller, "host.use", PLATFORM);
    const request = await inProject(needs, caller, { body, privilege: "snapshot.restore" });
    const { compareSource } = body;
    // Who may back a workload up may have it read.
    const workload =
      compareSource === undefined
        ? undefined
        : getWorkload(needs, caller, { name: compareSource.workload, privilege: "job.run" });
    const location = datastores.locateFor(body.datastore, "read");
    const { scratchPath } = serverFacts;
    return { upid: await tasks.queue(caller, planDrill(request, location, { scratchPath, workload })) };
  },
  startGc: async (needs, { caller, body }) => {
    const { tasks, datastores } = needs;
    const request = await inProject(needs, caller, { body, privilege: "gc.start" });
    return {
      upid: await tasks.queue(caller, planGc(request, datastores.locateFor(body.datastore, "write"))),
    };
  },
  getTask: async (needs, { caller, params }) =>
    showTask(needs, caller, await getVisible(needs, caller, { upid: params.upid, privilege: "task.read" })),
  cancelTask: async (needs, { caller, params }) => {
    const { upid } = await getVisible(needs, caller, { upid: params.upid, privilege: "task.cancel" });
    return showTask(needs, caller, await needs.tasks.requestCancel(upid, caller.authId));
  },
  updateTask: async (needs, { caller, params, body }) => {
    const { upid } = await getVisible(needs, caller, { upid: params.upid, privilege: "task.cancel" });
    const { authId } = caller;
    return showTask(needs, caller, await needs.tasks.change(upid, { authId, change: body }));
  },
  retryTask: async (needs, { caller, params }) => {
    const task = await getVisible(needs, caller, { upid: params.upid, privilege: "task.retry" });
    assertMayRepeat(needs, caller, task);
    return { upid: await needs.tasks.retry(task.upid, caller.authId) };
  },
};

/** A task as the caller may see it: what it waits for may be foreign. */
export function showTask({ access, tasks }: ApiNeeds, caller: Caller, task: Task): Task {
  if (access.taskVisibility(caller).everything) return task;
  return withoutForeignHolders(task, (upid) => tasks.findPlace(upid));
}

/** @throws TASK_NOT_FOUND, FORBIDDEN */
async function getVisible(
  { access, tasks }: ApiNeeds,
  caller: Caller,
  { upid, privilege }: { readonly upid: string; readonly privilege: Privilege },
): Promise<Task> {
  const task = await tasks.get(upid);
  access.assertMay(caller, privilege, { kind: "task", task });
  return task;
}

/**
 * A backup that is repeated reads again what it was allowed to read; a restore would write over what has been changed since.
 * @throws FORBIDDEN
 */
function assertMayRepeat({ access }: ApiNeeds, caller: Caller, { type }: Task): void {
  if (type === "restore") access.assertMay(caller, "host.use", PLATFORM);
}

/** The request with the project whose task it becomes. @throws PROJECT_NOT_FOUND, PROJECT_NEEDED, FORBIDDEN */
export async function inProject<Body extends { readonly project?: string }>(
  { access }: ApiNeeds,
  caller: Caller,
  { body, privilege }: { readonly body: Body; readonly privilege: Privilege },
): Promise<Body> {
  const project = await access.projectFor(caller, body.project, privilege);
  return project === undefined ? body : { ...body, project };
}
