/** `task list | show | log | cancel | update | retry | wait`. */

import type { Command } from "commander";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskWait } from "@ironcore-backup/protocol/calls";
import { formatSize } from "@ironcore-backup/base";
import { changedBandwidthOf } from "../bandwidth-option.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { resolveUpid, TASK_ARGUMENT } from "../task-name.ts";
import { reportStarted, waitForTask } from "../watch-task.ts";
import { printable, showInstant, showState } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderOutcome } from "../display/outcome-view.ts";
import { describeWait, renderProgress } from "../display/progress-view.ts";
import { listCommand } from "./task-list-command.ts";
import { logCommand } from "./task-log-command.ts";

const SHOW_WIDTH = 120;
const UPID_ARGUMENT = ["<UPID>", "name of the task, as `task list` shows it"] as const;

export function taskCommands(context: CommandContext): Command {
  const commands = [
    listCommand(context),
    showCommand(context),
    logCommand(context),
    cancelCommand(context),
    updateCommand(context),
    retryCommand(context),
    waitCommand(context),
  ];
  return createGroup("task", "runs of backups, restores and verifications", commands);
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
    ...(task.project === undefined ? [] : [`  Project  ${task.project}`]),
    ...(task.worker === undefined ? [] : [`  Worker   ${task.worker}`]),
    `  Queued   ${showInstant(task.queuedAt)}`,
    ...(task.startedAt === undefined ? [] : [`  Started  ${showInstant(task.startedAt)}`]),
    ...(task.endedAt === undefined ? [] : [`  Ended    ${showInstant(task.endedAt)}`]),
    ...(task.tryNumber > 1 ? [`  Try      ${task.tryNumber}`] : []),
    ...(task.retryOf === undefined ? [] : [`  Retry of ${task.retryOf}`]),
    ...(task.retriedBy === undefined ? [] : [`  Retried  by ${task.retriedBy}`]),
    ...(task.parent === undefined ? [] : [`  Part of  ${task.parent}`]),
    ...(task.bandwidthLimitBytesPerSecond === undefined
      ? []
      : [`  Limit    ${formatSize(task.bandwidthLimitBytesPerSecond)}/s`]),
    ...(task.wait === undefined ? [] : waitRows(task, task.wait)),
    ...(task.concern === undefined
      ? []
      : [
          `  ${look.paint("yellow", "▲")} ${printable(task.concern.message)}, since ${showInstant(task.concern.since)}`,
        ]),
    `  Log      ${task.logLineCount} lines, ${task.warningCount} warnings, ${task.errorCount} errors`,
    "",
    ...(task.state === "running" ? [showState(look, task.state)] : []),
    ...renderProgress(look, task, SHOW_WIDTH),
    ...(isFinishedTaskState(task.state) ? renderOutcome(look, task) : []),
    ...(task.cancelRequested && task.endedAt === undefined ? ["It was asked to stop."] : []),
  ];
}

/** Every reason that holds, and who holds what is waited for. */
function waitRows(task: Task, wait: TaskWait): string[] {
  const [, ...others] = wait.reasons;
  const holders = new Set(wait.reasons.flatMap((reason) => reason.heldBy));
  return [
    `  Waits    ${describeWait(task)}`,
    ...others.map((reason) => `           ${printable(reason.message)}`),
    ...[...holders].map((upid) => `  Held by  ${upid}`),
  ];
}

function cancelCommand(context: CommandContext): Command {
  return createCommand("cancel", "stop a queued or running task")
    .argument(...UPID_ARGUMENT)
    .action(async (upid: string, options: Options<object>) => {
      const client = await context.connect(options);
      const task = await client.call("cancelTask", { params: { upid }, signal: context.signal });
      printResult(context, options, task, () =>
        isFinishedTaskState(task.state) ? showState(context.look, task.state) : "The task was asked to stop.",
      );
    });
}

function updateCommand(context: CommandContext): Command {
  return createCommand("update", "change the limit on bandwidth of a queued or running task, at once", [
    "task update UPID --bwlimit 20MB",
  ])
    .argument(...TASK_ARGUMENT)
    .requiredOption("--bwlimit <RATE>", "`60MB` a second; `none` for no limit of its own")
    .action(async (name: string, options: Options<{ bwlimit: string }>) => {
      const client = await context.connect(options);
      const upid = await resolveUpid(context, client, name);
      const body = changedBandwidthOf(options);
      const task = await client.call("updateTask", { params: { upid }, body, signal: context.signal });
      const limit = task.bandwidthLimitBytesPerSecond;
      printResult(context, options, task, () =>
        limit === undefined ? "It has no limit of its own" : `It moves at most ${formatSize(limit)} a second`,
      );
    });
}

function retryCommand(context: CommandContext): Command {
  return createCommand("retry", "start a new task that does what a failed or cancelled one should have done")
    .argument(...UPID_ARGUMENT)
    .option("--wait", "follow the new task to its end")
    .action(async (upid: string, options: Options<{ wait?: boolean }>) => {
      const client = await context.connect(options);
      const started = await client.call("retryTask", { params: { upid }, signal: context.signal });
      await reportStarted(context, client, started.upid, options);
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
