/** `task log`: prints a task's log, follows it, or saves it as text. */

import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { followTask } from "@ironcore-backup/client";
import type { Client } from "@ironcore-backup/client";
import { LOG_LEVELS, TASK_LOG_TEXT_PATH } from "@ironcore-backup/protocol/calls";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { resolveUpid, TASK_ARGUMENT } from "../task-name.ts";
import { formatLogLine } from "../display/log-view.ts";

const LOG_PAGE_LINE_COUNT = 5000;

interface LogOptions {
  readonly follow?: boolean;
  readonly level: LogLevel;
  readonly stage?: string;
  readonly text?: string;
  readonly save?: string;
}

export function logCommand(context: CommandContext): Command {
  return createCommand("log", "print a task's log", [
    "task log latest --follow",
    "task log UPID --level warning",
    "task log UPID --text /etc/passwd",
    "task log UPID --save backup.log",
  ])
    .argument(...TASK_ARGUMENT)
    .option("--follow", "go on until the task ends")
    .addOption(
      new Option("--level <LEVEL>", "this level and worse").choices([...LOG_LEVELS]).default("debug"),
    )
    .option("--stage <NAME>", "only lines of this stage")
    .option("--text <TEXT>", "only lines with this text in code, message or a field")
    .option("--save <FILE>", "write the log as text to a new file")
    .action(async (name: string, options: Options<LogOptions>) => {
      const client = await context.connect(options);
      const upid = await resolveUpid(context, client, name);
      const isFiltered = options.stage !== undefined || options.text !== undefined;
      if (isFiltered && (options.save !== undefined || options.follow === true))
        throw cliErrors.USAGE_INVALID({ detail: "--stage and --text go with neither --follow nor --save" });
      if (options.save !== undefined) return saveLog(context, client, upid, options);
      if (options.follow === true) return followLog(context, client, upid, options);
      return printLog(context, client, upid, options);
    });
}

function formatLine(context: CommandContext, line: TaskLogLine, options: Options<LogOptions>): string {
  if (options.outputFormat === "json") return JSON.stringify(line);
  return formatLogLine(context.look, line, { isDated: true });
}

async function followLog(
  context: CommandContext,
  client: Client,
  upid: string,
  options: Options<LogOptions>,
): Promise<void> {
  const { clock, random, signal } = context;
  const rank = LOG_LEVELS.indexOf(options.level);
  await followTask({ client, clock, random }, upid, {
    signal,
    onLines: (lines) => {
      const wanted = lines.filter((line) => LOG_LEVELS.indexOf(line.level) >= rank);
      printLines(
        context.out,
        wanted.map((line) => formatLine(context, line, options)),
      );
    },
  });
}

/** Page by page: a log may have a million lines. One JSON value a line. */
async function printLog(
  context: CommandContext,
  client: Client,
  upid: string,
  options: Options<LogOptions>,
): Promise<void> {
  const { level, stage, text } = options;
  const filter = {
    level,
    ...(stage === undefined ? {} : { stage }),
    ...(text === undefined ? {} : { text }),
  };
  for (let start = 1; ;) {
    const { lines, nextStart } = await client.call("getTaskLog", {
      params: { upid },
      query: { ...filter, start, limit: LOG_PAGE_LINE_COUNT },
      signal: context.signal,
    });
    printLines(
      context.out,
      lines.map((line) => formatLine(context, line, options)),
    );
    if (nextStart === undefined) return;
    start = nextStart;
  }
}

async function saveLog(
  context: CommandContext,
  client: Client,
  upid: string,
  options: Options<LogOptions>,
): Promise<void> {
  const path = resolve(context.workingDir, options.save ?? "");
  const url = `${TASK_LOG_TEXT_PATH.replace(":upid", encodeURIComponent(upid))}?level=${options.level}`;
  const response = await client.open(url, { signal: context.signal });
  const file = writing(path, () => openSync(path, "wx"));
  try {
    for await (const part of response.body) writing(path, () => writeFileSync(file, part));
    writing(path, () => fsyncSync(file));
  } finally {
    closeSync(file);
  }
  printResult(context, options, { file: path }, () => `Saved to ${path}`);
}

/** @throws FILE_NOT_WRITABLE */
function writing<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_WRITABLE({ path, detail }, cause);
  }
}
