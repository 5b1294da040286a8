/** `task list | show | log | cancel | wait`. */

import { Option } from "commander";
import type { Command } from "commander";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import { isFinishedTaskState, TASK_STATES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type { Task, TaskListQuery } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { lineWidth, printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseMoment } from "../moment.ts";
import { resolveUpid, TASK_ARGUMENT } from "../task-name.ts";
import { waitForTask } from "../watch-task.ts";
import { displayWidth, printable, showInstant, showState } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderOutcome } from "../display/outcome-view.ts";
import { renderProgress } from "../display/progress-view.ts";
import { tableLines } from "../display/table.ts";
import { logCommand } from "./task-log-command.ts";

/** The server's own bound on one page. */
const PAGE_LENGTH_MAX = 1000;
const LIMIT_MAX = 100_000;
const SHOW_WIDTH = 120;

export function taskCommands(context: CommandContext): Command {
  const commands = [
    listCommand(context),
    showCommand(context),
    logCommand(context),
    cancelCommand(context),
    waitCommand(context),
  ];
  return createGroup("task", "runs of backups, restores and verifications", commands);
}

interface ListOptions {
  readonly type?: Task["type"];
  readonly status?: Task["state"];
  readonly datastore?: string;
  readonly user?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

function listCommand(context: CommandContext): Command {
  return createCommand("list", "list tasks, newest first", [
    "task list --status failed --since 24h",
    "task list --type backup --limit 5",
  ])
    .addOption(new Option("--type <TYPE>", "only this type").choices([...TASK_TYPES]))
    .addOption(new Option("--status <STATUS>", "only this status").choices([...TASK_STATES]))
    .option("--datastore <NAME>", "only this datastore")
    .option("--user <USER>", "only tasks of this user or token")
    .option("--since <TIME>", "not older: 24h, 7d, or a date like 2026-11-23")
    .option("--until <TIME>", "not newer")
    .option("--limit <N>", "at most this many", Number, 50)
    .action(async (options: Options<ListOptions>) => {
      const client = await context.connect(options);
      const tasks = await fetchTasks(context, client, options);
      printResult(context, options, tasks, () => renderTasks(context.look, tasks, lineWidth(context)));
    });
}

/** As many pages as the limit takes. */
async function fetchTasks(context: CommandContext, client: Client, options: ListOptions): Promise<Task[]> {
  const { limit } = options;
  const query = queryOf(context, options);
  const tasks: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call("listTasks", {
      query: {
        ...query,
        limit: Math.min(PAGE_LENGTH_MAX, limit - tasks.length),
        ...(cursor === undefined ? {} : { cursor }),
      },
      signal: context.signal,
    });
    tasks.push(...page.tasks);
    cursor = page.nextCursor;
  } while (cursor !== undefined && tasks.length < limit);
  return tasks;
}

/** @throws USAGE_INVALID */
function queryOf(context: CommandContext, options: ListOptions): TaskListQuery {
  const { type, status, datastore, user, since, until, limit } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw cliErrors.USAGE_INVALID({ detail: `--limit is a whole number from 1 to ${LIMIT_MAX}` });
  return {
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { state: status }),
    ...(datastore === undefined ? {} : { datastore }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: parseMoment(since, context.clock.now()) }),
    ...(until === undefined ? {} : { until: parseMoment(until, context.clock.now()) }),
  };
}

/** A line for each task; where it would wrap, the UPID gets a line of its own. */
export function renderTasks(look: Look, tasks: readonly Task[], width: number): string[] {
  if (tasks.length === 0) return ["No tasks match."];
  const rows = tasks.map((task) => [
    showState(look, task.state),
    showInstant(task.startedAt ?? task.queuedAt),
    durationText(task),
    task.authId,
    task.type,
    printable(`${task.source} → ${task.target}`),
    formatSize(task.bytes),
  ]);
  const heads = ["Status", "Time", "Duration", "User", "Type", "Source → Target", "Bytes"];
  const alignment = ["left", "left", "right", "left", "left", "left", "right"] as const;
  const withUpid = tableLines(
    look,
    [...heads, "UPID"],
    rows.map((row, i) => [...row, tasks[i]?.upid ?? ""]),
    [...alignment, "left"],
  );
  if (withUpid.every((line) => displayWidth(line) <= width)) return withUpid;
  const [head = "", ...lines] = tableLines(look, heads, rows, alignment);
  return [head, ...lines.flatMap((line, i) => [line, look.paint("dim", `  ${tasks[i]?.upid ?? ""}`)])];
}

function durationText(task: Task): string {
  if (task.endedAt === undefined) return task.state;
  return formatDuration(task.endedAt - (task.startedAt ?? task.queuedAt));
}

function showCommand(context: CommandContext): Command {
  return createCommand("show", "show one task: stages, figures, and for a failure what to do")
    .argument(...TASK_ARGUMENT)
    .action(async (name: string, options: Options<object>) => {
      const client = await context.connect(options);
      const upid = await resolveUpid(context, client, name);
      const task = await client.call("getTask", { params: { upid }, signal: context.signal });
      printResult(context, options, task, () => describeTask(context.look, task));
    });
}

function describeTask(look: Look, task: Task): string[] {
  return [
    task.upid,
    `  Source   ${printable(task.source)}`,
    `  Target   ${printable(task.target)}`,
    `  User     ${task.authId}`,
    `  Queued   ${showInstant(task.queuedAt)}`,
    ...(task.startedAt === undefined ? [] : [`  Started  ${showInstant(task.startedAt)}`]),
    ...(task.endedAt === undefined ? [] : [`  Ended    ${showInstant(task.endedAt)}`]),
    ...(task.retryOf === undefined ? [] : [`  Retry of ${task.retryOf}`]),
    `  Log      ${task.logLineCount} lines, ${task.warningCount} warnings, ${task.errorCount} errors`,
    "",
    ...(task.state === "running" ? [showState(look, task.state)] : []),
    ...renderProgress(look, task, SHOW_WIDTH),
    ...(isFinishedTaskState(task.state) ? renderOutcome(look, task) : []),
    ...(task.cancelRequested && task.endedAt === undefined ? ["It was asked to stop."] : []),
  ];
}

function cancelCommand(context: CommandContext): Command {
  return createCommand("cancel", "stop a queued or running task")
    .argument("<UPID>", "name of the task, as `task list` shows it")
    .action(async (upid: string, options: Options<object>) => {
      const client = await context.connect(options);
      const task = await client.call("cancelTask", { params: { upid }, signal: context.signal });
      printResult(context, options, task, () =>
        isFinishedTaskState(task.state) ? showState(context.look, task.state) : "The task was asked to stop.",
      );
    });
}

function waitCommand(context: CommandContext): Command {
  return createCommand("wait", "follow a task to its end; ends with the task's exit status")
    .argument(...TASK_ARGUMENT)
    .action(async (name: string, options: Options<object>) => {
      const client = await context.connect(options);
      await waitForTask(context, client, await resolveUpid(context, client, name), options);
    });
}
