/** `gc`: frees what no snapshot needs any more. */

import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { reportStarted } from "../watch-task.ts";

interface GcOptions extends SchedulingOptions {
  readonly datastore?: string;
  readonly dryRun?: boolean;
  readonly cutoff?: string;
  readonly wait?: boolean;
}

const CUTOFF_MINUTES_MAX = 2880;

export function gcCommand(context: CommandContext): Command {
  const command = createCommand("gc", "free the space of chunks that no snapshot needs any more", [
    "gc --datastore main --wait",
    "gc --datastore main --dry-run --wait",
  ])
    .option("--datastore <NAME>", "datastore to collect")
    .option("--dry-run", "only count what could be freed")
    .option(
      "--cutoff <MINUTES>",
      "a chunk stays so long after its last use (default: 1445, a day and five minutes)",
    );
  return addSchedulingOptions(command)
    .option("--wait", "follow the task to its end")
    .action(async (options: Options<GcOptions>) => {
      const body = { ...requestOf(options), ...schedulingOf(options) };
      const client = await context.connect(options);
      const { upid } = await client.call("startGc", { body, signal: context.signal });
      await reportStarted(context, client, upid, options);
    });
}

function requestOf({ datastore, dryRun, cutoff }: GcOptions): {
  datastore: string;
  isDryRun?: boolean;
  cutoffMinutes?: number;
} {
  if (datastore === undefined) throw cliErrors.USAGE_INVALID({ detail: "gc needs --datastore" });
  return {
    datastore,
    ...(dryRun === true ? { isDryRun: true } : {}),
    ...(cutoff === undefined ? {} : { cutoffMinutes: minutesOf(cutoff) }),
  };
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (/^\d{1,4}$/.test(text) && minutes >= 1 && minutes <= CUTOFF_MINUTES_MAX) return minutes;
  throw cliErrors.USAGE_INVALID({
    detail: `--cutoff is a whole number of minutes from 1 to ${CUTOFF_MINUTES_MAX}`,
  });
}
