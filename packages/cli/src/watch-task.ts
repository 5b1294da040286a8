/**
 * `--wait`: follows a task to its end. On a terminal the log scrolls by above a live region of stages; elsewhere it is plain
 * lines; for programs it is the facts themselves, one JSON value a line. Ctrl-C leaves the task running, and says so.
 */

import { isCancelled } from "@ironcore-backup/base";
import { followTask } from "@ironcore-backup/client";
import type { Client } from "@ironcore-backup/client";
import type { CommandContext } from "./command-context.ts";
import { printLines } from "./command-context.ts";
import { renderOutcome } from "./display/outcome-view.ts";
import { createJsonDisplay, createLiveDisplay, createPlainDisplay } from "./display/task-display.ts";
import type { TaskDisplay } from "./display/task-display.ts";
import { EXIT_INTERRUPTED, exitCodeOfTask } from "./exit-code.ts";
import type { GlobalOptions } from "./server-choice.ts";

/** Prints the UPID of a started task and, when asked, waits for it. Sets the exit code. */
export async function reportStarted(
  context: CommandContext,
  client: Client,
  upid: string,
  options: GlobalOptions & { readonly wait?: boolean },
): Promise<void> {
  if (options.wait === true) return waitForTask(context, client, upid, options);
  printLines(context.out, options.outputFormat === "json" ? JSON.stringify({ upid }) : upid);
}

/** Follows the task and prints how it ended. Sets the exit code. */
export async function waitForTask(
  context: CommandContext,
  client: Client,
  upid: string,
  options: GlobalOptions,
): Promise<void> {
  const isJson = options.outputFormat === "json";
  printLines(context.out, isJson ? JSON.stringify({ upid }) : upid);
  const display = createDisplay(context, isJson);
  try {
    const task = await followTask({ client, clock: context.clock, random: context.random }, upid, {
      signal: context.signal,
      onTask: (changed) => display.task(changed),
      onLines: (lines) => display.lines(lines),
      onContact: (reason) => display.contact(reason),
    });
    display.close();
    if (!isJson) printLines(context.out, renderOutcome(context.look, task));
    context.setExitCode(exitCodeOfTask(task.state));
  } catch (thrown) {
    display.close();
    if (!isCancelled(thrown)) throw thrown;
    printLines(context.err, [
      "The task goes on without you.",
      `  Watch it again:  ironcore-backup task wait '${upid}'`,
      `  Stop it:         ironcore-backup task cancel '${upid}'`,
    ]);
    context.setExitCode(EXIT_INTERRUPTED);
  }
}

function createDisplay(context: CommandContext, isJson: boolean): TaskDisplay {
  if (isJson) return createJsonDisplay(context);
  return context.out.isTty ? createLiveDisplay(context) : createPlainDisplay(context);
}
