/** `restore`: brings a snapshot, an archive or single files back. */

import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { RestoreRequest } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { collect, createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addBandwidthOption, bandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";
import { reportStarted } from "../watch-task.ts";

interface RestoreOptions extends SchedulingOptions, BandwidthOptions {
  readonly datastore?: string;
  readonly target: string;
  readonly include?: readonly string[];
  readonly overwrite?: NonNullable<RestoreRequest["overwrite"]>;
  readonly keyfile?: string;
  readonly allowCorrupt?: boolean;
  readonly wait?: boolean;
}

export function restoreCommand(context: CommandContext): Command {
  const command = createCommand("restore", "bring a snapshot, one of its archives or single files back", [
    "restore main:host/web-1/latest --target /tmp/back --wait",
    "restore main:host/web-1/latest --target /tmp/back --include '/nginx/*.conf' --wait",
  ])
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .argument("[ARCHIVE]", "one archive (see `snapshot files`); default: all")
    .requiredOption("--target <DIR>", "directory to restore to, made when absent")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .option("--include <PATTERN>", "only what matches, in .gitignore syntax; may be repeated", collect)
    .addOption(
      new Option("--overwrite <POLICY>", "what happens to existing paths: never refuses to start").choices([
        "never",
        "if-changed",
        "always",
      ]),
    )
    .option("--keyfile <FILE>", "key file the snapshot was encrypted with")
    .option("--allow-corrupt", "restore what can be had of a snapshot whose last verification failed");
  return addBandwidthOption(addSchedulingOptions(command))
    .option("--wait", "follow the task to its end")
    .action(async (name: string, archive: string | undefined, options: Options<RestoreOptions>) => {
      const client = await context.connect(options);
      const body = requestOf(context.workingDir, name, archive, options);
      const { upid } = await client.call("startRestore", { body, signal: context.signal });
      await reportStarted(context, client, upid, options);
    });
}

function requestOf(
  workingDir: string,
  name: string,
  archive: string | undefined,
  options: RestoreOptions,
): RestoreRequest {
  const { include, overwrite, keyfile, allowCorrupt } = options;
  return {
    ...parseSnapshotName(name, options.datastore),
    ...schedulingOf(options),
    ...bandwidthOf(options),
    target: resolve(workingDir, options.target),
    ...(archive === undefined ? {} : { archive }),
    ...(include === undefined ? {} : { includes: [...include] }),
    ...(overwrite === undefined ? {} : { overwrite }),
    ...(keyfile === undefined ? {} : { keyFile: resolve(workingDir, keyfile) }),
    ...(allowCorrupt === undefined ? {} : { allowCorrupt }),
  };
}
