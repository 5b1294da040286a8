/**
 * `--wait`: follows a task to its end. On a terminal the log scrolls by above a live region of stages; elsewhere it is plain
 * lines, with progress at most every five seconds. Ctrl-C leaves the task running, and says so.
 */

import { isCancelled } from "@ironcore-backup/base";
import { followTask } from "@ironcore-backup/client";
import type { Client } from "@ironcore-backup/client";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "./command-context.ts";
import { printLines } from "./command-context.ts";
import { LiveRegion } from "./display/live-region.ts";
import { formatLogLine } from "./display/log-view.ts";
import { renderOutcome } from "./display/outcome-view.ts";
import { describeStage, renderProgress } from "./display/progress-view.ts";
import { EXIT_INTERRUPTED, exitCodeOfTask } from "./exit-code.ts";
import type { GlobalOptions } from "./server-choice.ts";

const PLAIN_PROGRESS_INTERVAL_MS = 5000;

/** What shows a task while it runs. */
interface TaskDisplay {
  task(task: Task): void;
  lines(lines: readonly TaskLogLine[]): void;
  contact(lostReason: string | undefined): void;
  close(): void;
}

/** Prints the UPID of a started task and, when asked, waits for it. Sets the exit code. */
export async function reportStarted(
  context: CommandContext,
  client: Client,
  upid: string,
  options: GlobalOptions & { readonly wait?: boolean },
): Promise<void> {
  if (options.wait === true) return waitForTask(context, client, upid, options);
  if (options.outputFormat === "json") printLines(context.out, JSON.stringify({ upid }));
  else printLines(context.out, upid);
}

/** Follows the task and prints how it ended. Sets the exit code. */
export async function waitForTask(
  context: CommandContext,
  client: Client,
  upid: string,
  options: GlobalOptions,
): Promise<void> {
  const isJson = options.outputFormat === "json";
  if (!isJson) printLines(context.out, upid);
  const display = isJson ? silentDisplay() : context.out.isTty ? liveDisplay(context) : plainDisplay(context);
  try {
    const task = await followTask({ client, clock: context.clock, random: context.random }, upid, {
      signal: context.signal,
      onTask: (changed) => display.task(changed),
      onLines: (lines) => display.lines(lines),
      onContact: (reason) => display.contact(reason),
    });
    display.close();
    if (isJson) printLines(context.out, JSON.stringify(task, undefined, 2));
    else printLines(context.out, renderOutcome(context.look, task));
    context.setExitCode(exitCodeOfTask(task.state));
  } catch (thrown) {
    display.close();
    if (!isCancelled(thrown)) throw thrown;
    printLines(context.err, `The task goes on. Follow it with: ironcore-backup task wait '${upid}'`);
    context.setExitCode(EXIT_INTERRUPTED);
  }
}

function silentDisplay(): TaskDisplay {
  return { task: () => undefined, lines: () => undefined, contact: () => undefined, close: () => undefined };
}

function liveDisplay(context: CommandContext): TaskDisplay {
  const region = new LiveRegion(context.out);
  let lastTask: Task | undefined;
  let lostReason: string | undefined;
  const draw = (): void => {
    if (lastTask === undefined) return;
    const progress = renderProgress(context.look, lastTask, context.out.width());
    const lost =
      lostReason === undefined
        ? []
        : [context.look.paint("yellow", `  contact lost (${lostReason}), trying again`)];
    region.draw([...progress, ...lost]);
  };
  return {
    task(task) {
      lastTask = task;
      draw();
    },
    lines: (lines) => region.print(lines.map((line) => formatLogLine(context.look, line))),
    contact(reason) {
      lostReason = reason;
      draw();
    },
    close: () => region.clear(),
  };
}

function plainDisplay(context: CommandContext): TaskDisplay {
  const told = new Map<string, string>();
  let nextProgressMs = 0;
  return {
    task(task) {
      const isDue = context.clock.elapsedMs() >= nextProgressMs;
      for (const stage of task.stages) {
        const before = told.get(stage.name);
        // Its start, its end, and now and then what lies between.
        if (before === stage.state && (stage.state !== "running" || !isDue)) continue;
        told.set(stage.name, stage.state);
        if (stage.state !== "running" || before !== undefined)
          printLines(context.out, `  ${describeStage(stage)}`);
        nextProgressMs = context.clock.elapsedMs() + PLAIN_PROGRESS_INTERVAL_MS;
      }
    },
    lines: (lines) =>
      printLines(
        context.out,
        lines.map((line) => formatLogLine(context.look, line)),
      ),
    contact(reason) {
      if (reason !== undefined) printLines(context.err, `contact lost (${reason}), trying again`);
    },
    close: () => undefined,
  };
}
