/** `task list`: the history under a filter. */

import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import { TASK_SORT_KEYS, TASK_STATES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type { Task, TaskListQuery, TaskSortKey } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { lineWidth, printResult } from "../command-context.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { PAGE_LENGTH_MAX, parseLimit } from "../list-limit.ts";
import { parseMoment } from "../moment.ts";
import { displayWidth, printable, showInstant, showState } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { tableLines } from "../display/table.ts";

interface ListOptions {
  readonly type?: string;
  readonly status?: string;
  readonly datastore?: string;
  readonly project?: string;
  readonly job?: string;
  readonly workload?: string;
  readonly user?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly sort?: TaskSortKey;
  readonly ascending?: boolean;
  readonly limit: number;
}

export function listCommand(context: CommandContext): Command {
  return createCommand("list", "list tasks, newest first", [
    "task list --status failed,warning --since 24h",
    "task list --type backup --limit 5",
    "task list --text web-1 --sort duration",
  ])
    .addOption(someOf("--type <TYPE>", "only this type, or several joined by commas", TASK_TYPES))
    .addOption(someOf("--status <STATUS>", "only this status, or several joined by commas", TASK_STATES))
    .option("--datastore <NAME>", "only this datastore")
    .option("--project <NAME>", "only this project")
    .option("--job <NAME>", "only runs of this job")
    .option("--workload <NAME>", "only backups of this workload")
    .option("--user <USER>", "only tasks of this user or token")
    .option("--since <TIME>", "not older: 24h, 7d, or a date like 2026-11-23")
    .option("--until <TIME>", "not newer")
    .option("--text <TEXT>", "with this text in UPID, source, target or exit status")
    .addOption(new Option("--sort <KEY>", "order by").choices([...TASK_SORT_KEYS]))
    .option("--ascending", "smallest or oldest first")
    .option("--limit <N>", "at most this many", parseLimit, 50)
    .action(async (options: Options<ListOptions>) => {
      const client = await context.connect(options);
      const tasks = await fetchTasks(context, client, options);
      printResult(context, options, tasks, () => renderTasks(context.look, tasks, lineWidth(context)));
    });
}

/** An option of words that may be joined by commas. */
function someOf(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description).choices([...words]);
  // The choices stay for help and completion; several of them are one argument.
  return option.argParser((text: string) => {
    const unknown = text.split(",").find((word) => !words.includes(word));
    if (unknown === undefined) return text;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
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

function queryOf(context: CommandContext, options: ListOptions): TaskListQuery {
  const { type, status, datastore, project, job, workload, user, since, until, text, sort, ascending } =
    options;
  const now = context.clock.now();
  return {
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { state: status }),
    ...(datastore === undefined ? {} : { datastore }),
    ...(project === undefined ? {} : { project }),
    ...(job === undefined ? {} : { job }),
    ...(workload === undefined ? {} : { workload }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: parseMoment(since, now) }),
    ...(until === undefined ? {} : { until: parseMoment(until, now) }),
    ...(text === undefined ? {} : { text }),
    ...(sort === undefined ? {} : { sort }),
    ...(ascending === true ? { order: "ascending" as const } : {}),
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
