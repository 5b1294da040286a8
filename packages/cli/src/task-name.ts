/** How a person names a task: by its UPID, or `latest` for the newest one. */

import type { Client } from "@ironcore-backup/client";
import type { CommandContext } from "./command-context.ts";
import { cliErrors } from "./errors.ts";

export const TASK_ARGUMENT = ["<UPID>", "name of the task, as `task list` shows it, or `latest`"] as const;

/** @throws TASKS_NONE */
export async function resolveUpid(context: CommandContext, client: Client, name: string): Promise<string> {
  if (name !== "latest") return name;
  const { tasks } = await client.call("listTasks", { query: { limit: 1 }, signal: context.signal });
  const upid = tasks[0]?.upid;
  if (upid === undefined) throw cliErrors.TASKS_NONE({});
  return upid;
}
