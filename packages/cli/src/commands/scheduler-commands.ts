/** `scheduler pause | resume | show`: whether new tasks start. */

import type { Command } from "commander";
import type { Scheduler } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { printable, showInstant } from "../display/look.ts";

export function schedulerCommands(context: CommandContext): Command {
  const pause = createCommand("pause", "start nothing new; what runs goes on", [
    "scheduler pause --reason 'moving the disks'",
  ])
    .option("--reason <TEXT>", "shown to who waits")
    .action((options: Options<{ reason?: string }>) => {
      const body = options.reason === undefined ? {} : { reason: options.reason };
      return callAndPrint(context, options, "pauseScheduler", { body }, describeScheduler);
    });
  const resume = createCommand("resume", "start tasks again").action((options: Options<object>) =>
    callAndPrint(context, options, "resumeScheduler", {}, describeScheduler),
  );
  const show = createCommand("show", "show whether new tasks start").action((options: Options<object>) =>
    callAndPrint(context, options, "getScheduler", {}, describeScheduler),
  );
  return createGroup("scheduler", "whether new tasks start", [pause, resume, show]);
}

function describeScheduler({ paused, pausedBy, pausedAt, reason }: Scheduler): string {
  if (!paused) return "The scheduler runs: queued tasks start when there is a slot";
  const since = pausedAt === undefined ? "" : ` since ${showInstant(pausedAt)}`;
  const why = reason === undefined ? "" : `: ${printable(reason)}`;
  return `The scheduler is paused by ${pausedBy ?? "an operator"}${since}${why}`;
}
