/** `drill`: proves that a group can be restored. */

import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { DRILL_CHOICES } from "@ironcore-backup/protocol/calls";
import type { DrillChoice } from "@ironcore-backup/protocol/calls";
import { addBandwidthOption, bandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import type { CommandContext } from "../command-context.ts";
import { drillPlanOf } from "../drill-options.ts";
import type { DrillOptions } from "../drill-options.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { reportStarted } from "../watch-task.ts";

interface OwnOptions extends SchedulingOptions, BandwidthOptions, DrillOptions {
  readonly datastore: string;
  readonly group: string;
  readonly choice?: DrillChoice;
  readonly wait?: boolean;
}

export function drillCommand(context: CommandContext): Command {
  const command = createCommand(
    "drill",
    "restore a snapshot into scratch space, check it, measure it, and remove it again",
    [
      "drill --datastore main --group host/web --wait",
      "drill --datastore main --group host/shop-db --choice random --check 'pg_restore --list shop.dump' --wait",
    ],
  )
    .requiredOption("--datastore <NAME>", "datastore that the group is in")
    .requiredOption("--group <GROUP>", "[NS/]type/id")
    .addOption(
      new Option("--choice <WHICH>", "which of its snapshots (default: newest)").choices([...DRILL_CHOICES]),
    )
    .option("--archive <NAME>", "only this archive")
    .option("--check <COMMAND>", "run this in the restored tree; no shell; the drill fails when it does")
    .option("--check-timeout <SECONDS>", "for the check (default: 300)", Number)
    .option("--keyfile <FILE>", "key file of an encrypted backup")
    .option("--compare-source <WORKLOAD>", "compare what came back with this workload's live directories")
    .option("--fail-on-difference", "with --compare-source: a difference fails the drill, and is no warning");
  return addBandwidthOption(addSchedulingOptions(command))
    .option("--wait", "follow the task to its end")
    .action(async (options: Options<OwnOptions>) => {
      const { datastore, keyfile } = options;
      const plan = drillPlanOf({
        ...options,
        ...(keyfile === undefined ? {} : { keyfile: resolve(context.workingDir, keyfile) }),
      });
      const body = { datastore, ...plan, ...schedulingOf(options), ...bandwidthOf(options) };
      const client = await context.connect(options);
      const { upid } = await client.call("startDrill", { body, signal: context.signal });
      await reportStarted(context, client, upid, options);
    });
}
