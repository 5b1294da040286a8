/** `task list | show | log | cancel | wait`. */

import { closeSync, openSync, writeSync } from "node:fs";
import { Option } from "commander";
import type { Command } from "commander";
import { formatDuration, formatSize, parseDuration } from "@ironcore-backup/base";
import { followTask } from "@ironcore-backup/client";
import type { Client } from "@ironcore-backup/client";
import {
  isFinishedTaskState,
  LOG_LEVELS,
  TASK_LOG_TEXT_PATH,
  TASK_STATES,
  TASK_TYPES,
} from "@ironcore-backup/protocol/calls";
import type { LogLevel, Task, TaskListQuery, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { waitForTask } from "../watch-task.ts";
import { formatLogLine } from "../display/log-view.ts";
import { showInstant, showState } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderFailure, renderOutcome } from "../display/outcome-view.ts";
import { renderProgress } from "../display/progress-view.ts";
import { renderTable } from "../display/table.ts";

const LOG_PAGE_LINE_COUNT = 5000;
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
      const query = queryOf(context, options);
      const { tasks } = await client.call("listTasks", { query, signal: context.signal });
      printResult(context, options, tasks, () => renderTasks(context.look, tasks));
    });
}

function queryOf(context: CommandContext, options: ListOptions): TaskListQuery {
  const { type, status, datastore, user, since, until, limit } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw cliErrors.USAGE_INVALID({ detail: "--limit is a number from 1 to 1000" });
  return {
    limit,
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { state: status }),
    ...(datastore === undefined ? {} : { datastore }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: parseMoment(since, context.clock.now()) }),
    ...(until === undefined ? {} : { until: parseMoment(until, context.clock.now()) }),
  };
}

/** `24h` ago, or a date and time as the machine's zone has it. In milliseconds. @throws USAGE_INVALID */
export function parseMoment(text: string, now: number): number {
  if (/^\d+(\.\d+)?\s*[a-z]+$/.test(text)) return Math.max(0, Math.round(now - parseDuration(text)));
  const isDate = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  // A bare date would be read as UTC, unlike a date with a time.
  const moment = isDate ? new Date(text.length === 10 ? `${text}T00:00:00` : text).getTime() : Number.NaN;
  if (Number.isNaN(moment))
    throw cliErrors.USAGE_INVALID({
      detail: `"${text}" is neither an age like 24h nor a date like 2026-11-23`,
    });
  return moment;
}

function renderTasks(look: Look, tasks: readonly Task[]): string {
  if (tasks.length === 0) return "No tasks.";
  const rows = tasks.map((task) => [
    showInstant(task.startedAt ?? task.queuedAt),
    task.endedAt === undefined
      ? task.state
      : formatDuration(task.endedAt - (task.startedAt ?? task.queuedAt)),
    task.authId,
    task.type,
    `${task.source} → ${task.target}`,
    showState(look, task.state),
    formatSize(task.bytes),
    task.upid,
  ]);
  const heads = ["Time", "Duration", "User", "Type", "Source / Target", "Status", "Bytes", "UPID"];
  return renderTable(look, heads, rows, ["left", "right", "left", "left", "left", "left", "right"]);
}

function showCommand(context: CommandContext): Command {
  return createCommand("show", "show one task: stages, figures, and for a failure what to do")
    .argument("<UPID>")
    .action(async (upid: string, options: Options<object>) => {
      const client = await context.connect(options);
      const task = await client.call("getTask", { params: { upid }, signal: context.signal });
      printResult(context, options, task, () => describeTask(context.look, task));
    });
}

function describeTask(look: Look, task: Task): string[] {
  const isFinished = isFinishedTaskState(task.state);
  return [
    task.upid,
    `  Source   ${task.source}`,
    `  Target   ${task.target}`,
    `  User     ${task.authId}`,
    `  Queued   ${showInstant(task.queuedAt)}`,
    ...(task.startedAt === undefined ? [] : [`  Started  ${showInstant(task.startedAt)}`]),
    ...(task.endedAt === undefined ? [] : [`  Ended    ${showInstant(task.endedAt)}`]),
    `  Log      ${task.logLineCount} lines, ${task.warningCount} warnings, ${task.errorCount} errors`,
    ...renderProgress(look, task, SHOW_WIDTH),
    ...(isFinished ? renderOutcome(look, task) : [showState(look, task.state), ...renderFailure(look, task)]),
  ];
}

interface LogOptions {
  readonly follow?: boolean;
  readonly level?: LogLevel;
  readonly save?: string;
}

function logCommand(context: CommandContext): Command {
  return createCommand("log", "print a task's log", [
    "task log UPID --level warning",
    "task log UPID --follow",
    "task log UPID --save backup.log",
  ])
    .argument("<UPID>")
    .option("--follow", "go on until the task ends")
    .addOption(new Option("--level <LEVEL>", "this level and worse").choices([...LOG_LEVELS]))
    .option("--save <FILE>", "write the whole log as text to a new file")
    .action(async (upid: string, options: Options<LogOptions>) => {
      const client = await context.connect(options);
      if (options.save !== undefined) return saveLog(context, client, upid, options.save);
      const print = (lines: readonly TaskLogLine[]): void => {
        const wanted = lines.filter(
          (line) => LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(options.level ?? "debug"),
        );
        const format = (line: TaskLogLine) =>
          options.outputFormat === "json" ? JSON.stringify(line) : formatLogLine(context.look, line);
        printLines(context.out, wanted.map(format));
      };
      if (options.follow !== true) return printLog(context, client, upid, options.level, print);
      await followTask({ client, clock: context.clock, random: context.random }, upid, {
        signal: context.signal,
        onLines: print,
      });
    });
}

async function printLog(
  context: CommandContext,
  client: Client,
  upid: string,
  level: LogLevel | undefined,
  print: (lines: readonly TaskLogLine[]) => void,
): Promise<void> {
  for (let start = 1; ;) {
    const query = { start, limit: LOG_PAGE_LINE_COUNT, ...(level === undefined ? {} : { level }) };
    const { lines } = await client.call("getTaskLog", { params: { upid }, query, signal: context.signal });
    print(lines);
    const last = lines.at(-1);
    if (last === undefined || lines.length < LOG_PAGE_LINE_COUNT) return;
    start = last.number + 1;
  }
}

async function saveLog(context: CommandContext, client: Client, upid: string, path: string): Promise<void> {
  const response = await client.open(TASK_LOG_TEXT_PATH.replace(":upid", encodeURIComponent(upid)), {
    signal: context.signal,
  });
  try {
    const file = openSync(path, "wx");
    try {
      for await (const part of response.body) writeSync(file, part);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw cliErrors.FILE_NOT_WRITABLE(
      { path, detail: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
  printLines(context.out, `Saved to ${path}`);
}

function cancelCommand(context: CommandContext): Command {
  return createCommand("cancel", "stop a queued or running task")
    .argument("<UPID>")
    .action(async (upid: string, options: Options<object>) => {
      const client = await context.connect(options);
      const task = await client.call("cancelTask", { params: { upid }, signal: context.signal });
      printResult(context, options, task, () =>
        isFinishedTaskState(task.state) ? showState(context.look, task.state) : "Asked the task to stop",
      );
    });
}

function waitCommand(context: CommandContext): Command {
  return createCommand("wait", "follow a task to its end; ends with the task's exit status")
    .argument("<UPID>")
    .action(async (upid: string, options: Options<object>) =>
      waitForTask(context, await context.connect(options), upid, options),
    );
}
