/** `verify`, and `snapshot verify`: re-reads what is stored. */

import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { addBandwidthOption, bandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";
import { reportStarted } from "../watch-task.ts";

interface VerifyOptions extends SchedulingOptions, BandwidthOptions {
  readonly datastore?: string;
  readonly wait?: boolean;
}

export function verifyCommand(context: CommandContext, { isOne }: { readonly isOne: boolean }): Command {
  const description = isOne ? "verify one snapshot" : "verify one snapshot or a whole datastore";
  const examples = isOne
    ? ["snapshot verify main:host/web-1/latest --wait"]
    : ["verify --datastore main --wait", "verify main:host/web-1/latest --wait"];
  const command = createCommand("verify", description, examples)
    .argument(isOne ? "<SNAPSHOT>" : "[SNAPSHOT]", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .option("--datastore <NAME>", "the whole datastore, or the one that the snapshot is in");
  return addBandwidthOption(addSchedulingOptions(command))
    .option("--wait", "follow the task to its end")
    .action(async (name: string | undefined, options: Options<VerifyOptions>) => {
      const client = await context.connect(options);
      const body = {
        ...requestOf(name, options.datastore),
        ...schedulingOf(options),
        ...bandwidthOf(options),
      };
      const { upid } = await client.call("startVerify", { body, signal: context.signal });
      await reportStarted(context, client, upid, options);
    });
}

function requestOf(
  name: string | undefined,
  datastore: string | undefined,
): { datastore: string; snapshot?: string } {
  if (name !== undefined) return parseSnapshotName(name, datastore);
  if (datastore === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "verify needs a snapshot or --datastore" });
  return { datastore };
}
