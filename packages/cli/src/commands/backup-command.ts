/** `backup`: starts a backup of what is on the server's machine. */

import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { BackupRequest, WorkloadBackupRequest } from "@ironcore-backup/protocol/calls";
import type { Client } from "@ironcore-backup/client";
import type { CommandContext } from "../command-context.ts";
import { addBandwidthOption, bandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import { addCommandOptions, commandOptionsOf } from "../command-options.ts";
import type { CommandOptions } from "../command-options.ts";
import { cliErrors } from "../errors.ts";
import { collect, createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { reportStarted } from "../watch-task.ts";

const COMPRESSION_LEVEL_MAX = 19;

/** Options that a workload's own record answers. */
const RECORD_OPTIONS = [
  "path",
  "image",
  "type",
  "id",
  "exclude",
  "optional",
  "oneFileSystem",
  "keyfile",
  "project",
  "command",
  "commandEnv",
  "commandTimeout",
  "preCommand",
  "postCommand",
  "hookTimeout",
] as const satisfies readonly (keyof BackupOptions)[];

interface BackupOptions extends SchedulingOptions, BandwidthOptions, CommandOptions {
  readonly path?: readonly string[];
  readonly image?: readonly string[];
  readonly datastore: string;
  readonly namespace?: string;
  readonly type?: string;
  readonly id?: string;
  readonly exclude?: readonly string[];
  readonly optional?: readonly string[];
  readonly oneFileSystem?: boolean;
  readonly full?: boolean;
  readonly keyfile?: string;
  readonly compression?: number;
  readonly notes?: string;
  readonly wait?: boolean;
}

export function backupCommand(context: CommandContext): Command {
  const command = createCommand(
    "backup",
    "back up a workload, or directories, disk images and the output of commands",
    [
      "backup --path /etc --path /home --datastore main --wait",
      "backup web --datastore main --wait",
      "backup --path /srv --exclude '*.tmp' --exclude /cache/ --datastore main",
      "backup --command db.dump='pg_dump -Fc shop' --datastore main --id shop-db",
      "backup --image /var/lib/vm/disk.raw --type vm --id 100 --datastore main --keyfile host.key",
    ],
  )
    .argument("[WORKLOAD]", "what `workload add` named; instead of paths and commands")
    .option("--path <PATH>", "directory (or image file) to back up; may be repeated", collect)
    .option("--image <FILE>", "disk image or block device; may be repeated", collect)
    .requiredOption("--datastore <NAME>", "where to")
    .option("--namespace <NS>", "namespace in the datastore")
    .addOption(new Option("--type <TYPE>", "backup type").choices(["host", "vm", "ct"]))
    .option("--id <ID>", "backup id (default: the server's host name)")
    .option("--exclude <PATTERN>", "leave out, in .gitignore syntax; may be repeated", collect)
    .option("--optional <PATH>", "a path whose absence is only a warning; may be repeated", collect)
    .option("--one-file-system", "leave out what is mounted below the paths")
    .option("--full", "read everything again, re-use nothing of the previous snapshot")
    .option("--keyfile <FILE>", "encrypt with this key file (see `key create`)")
    .option("--compression <LEVEL>", "zstd level, 1 to 19 (default: 1)", Number)
    .option("--notes <TEXT>", "note for people, kept with the snapshot");
  return addBandwidthOption(addSchedulingOptions(addCommandOptions(command)))
    .option("--wait", "follow the task to its end")
    .action(async (workload: string | undefined, options: Options<BackupOptions>) => {
      const start = workload === undefined ? startOf(context, options) : startOfWorkload(workload, options);
      const client = await context.connect(options);
      const { upid } = await start(client, context.signal);
      await reportStarted(context, client, upid, options);
    });
}

type Start = (client: Client, signal: AbortSignal) => Promise<{ readonly upid: string }>;

function startOf(context: CommandContext, options: BackupOptions): Start {
  const body = requestOf(context, options);
  return (client, signal) => client.call("startBackup", { body, signal });
}

/** What its record says, and the options that change nothing of it. @throws USAGE_INVALID */
function startOfWorkload(workload: string, options: BackupOptions): Start {
  const { datastore, namespace, full, notes } = options;
  const given = RECORD_OPTIONS.find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw cliErrors.USAGE_INVALID({
      detail: `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} does not go with a workload: its record says so`,
    });
  const { project: _none, ...place } = schedulingOf(options);
  const body: WorkloadBackupRequest = {
    datastore,
    ...place,
    ...bandwidthOf(options),
    ...compressionOf(options),
    ...(namespace === undefined ? {} : { namespace }),
    ...(full === undefined ? {} : { full }),
    ...(notes === undefined ? {} : { notes }),
  };
  return (client, signal) => client.call("backUpWorkload", { params: { workload }, body, signal });
}

/** @throws USAGE_INVALID */
function compressionOf({
  compression,
}: Pick<BackupOptions, "compression">): Pick<BackupRequest, "compressionLevel"> {
  if (compression === undefined) return {};
  if (Number.isInteger(compression) && compression >= 1 && compression <= COMPRESSION_LEVEL_MAX)
    return { compressionLevel: compression };
  throw cliErrors.USAGE_INVALID({
    detail: `--compression is a whole number from 1 to ${COMPRESSION_LEVEL_MAX}`,
  });
}

/** @throws USAGE_INVALID */
export function requestOf(
  { workingDir, env }: Pick<CommandContext, "workingDir" | "env">,
  options: BackupOptions,
): BackupRequest {
  const absolute = (path: string): string => resolve(workingDir, path);
  const optionalPaths = (options.optional ?? []).map(absolute);
  const given = [...(options.path ?? []), ...(options.image ?? [])].map(absolute);
  const paths = [...new Set([...given, ...optionalPaths])];
  const commands = commandOptionsOf(env, options);
  if (paths.length === 0 && commands.commands === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "backup needs --path, --image or --command, or a workload" });
  const { namespace, type, id, exclude, oneFileSystem, full, keyfile, notes } = options;
  return {
    datastore: options.datastore,
    paths,
    ...commands,
    ...schedulingOf(options),
    ...bandwidthOf(options),
    ...(namespace === undefined ? {} : { namespace }),
    ...(type === undefined ? {} : { type }),
    ...(id === undefined ? {} : { id }),
    ...(exclude === undefined ? {} : { excludes: [...exclude] }),
    ...(optionalPaths.length === 0 ? {} : { optionalPaths }),
    ...(oneFileSystem === undefined ? {} : { oneFileSystem }),
    ...(full === undefined ? {} : { full }),
    ...(keyfile === undefined ? {} : { keyFile: absolute(keyfile) }),
    ...compressionOf(options),
    ...(notes === undefined ? {} : { notes }),
  };
}
