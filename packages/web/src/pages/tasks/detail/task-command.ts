/** What the page does with a task, as lines for a shell. */

import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";

export function taskCommands({
  upid,
  state,
  retriedBy,
}: Pick<Task, "upid" | "state" | "retriedBy">): string[] {
  const command = (word: string, options = ""): string =>
    `ironcore-backup task ${word} ${quoteForShell(upid)}${options}`;
  const isFinished = isFinishedTaskState(state);
  const mayRetry = (state === "failed" || state === "cancelled") && retriedBy === undefined;
  return [
    command("log", isFinished ? "" : " --follow"),
    command("show"),
    ...(isFinished ? [] : [command("cancel")]),
    ...(mayRetry ? [command("retry")] : []),
  ];
}

/** A UPID has backslashes and may have more that a shell would take for its own. */
export function quoteForShell(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
