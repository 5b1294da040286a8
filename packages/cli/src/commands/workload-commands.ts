/** `workload add | list | show | update | check | remove`: what is protected, by name. */

import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type {
  Protection,
  ProtectionState,
  Workload,
  WorkloadCheck,
  WorkloadCreate,
  WorkloadUpdate,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import { addKeptCommandOptions, commandOptionsOf } from "../command-options.ts";
import type { CommandOptions } from "../command-options.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { EXIT_FAILED } from "../exit-code.ts";
import { collect, createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { plural, printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface WorkloadOptions extends Omit<CommandOptions, "commandEnv"> {
  readonly path?: readonly string[];
  readonly image?: readonly string[];
  readonly exclude?: readonly string[];
  readonly optional?: readonly string[];
  readonly oneFileSystem?: boolean;
  readonly keyfile?: string;
  readonly tag?: readonly string[];
  readonly comment?: string;
  readonly project?: string;
  readonly type?: "host" | "vm" | "ct";
  readonly id?: string;
}

export function workloadCommands(context: CommandContext): Command {
  const list = createCommand("list", "list the workloads and the jobs that back them up").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "listWorkloads", {}, (workloads) =>
        renderWorkloads(context.look, workloads),
      ),
  );
  const show = createCommand("show", "show one workload")
    .argument("<NAME>")
    .action((workload: string, options: Options<object>) =>
      callAndPrint(context, options, "getWorkload", { params: { workload } }, describe),
    );
  const remove = createCommand("remove", "forget a workload that no job names; its snapshots stay")
    .argument("<NAME>")
    .action((workload: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeWorkload",
        { params: { workload } },
        () => `Workload ${workload} is removed`,
      ),
    );
  return createGroup("workload", "what is protected: directories, disk images and commands, by name", [
    addCommand(context),
    list,
    show,
    updateCommand(context),
    checkCommand(context),
    protectionCommand(context),
    remove,
  ]);
}

function addSourceOptions(command: Command): Command {
  return addKeptCommandOptions(command)
    .option("--path <PATH>", "directory to back up; may be repeated", collect)
    .option("--image <FILE>", "disk image or block device, instead of directories; may be repeated", collect)
    .option("--exclude <PATTERN>", "leave out, in .gitignore syntax; may be repeated", collect)
    .option("--optional <PATH>", "a path whose absence is only a warning; may be repeated", collect)
    .option("--one-file-system", "leave out what is mounted below the paths")
    .option("--keyfile <FILE>", "encrypt with this key file (see `key create`)")
    .option("--tag <TAG>", "word that jobs can choose by; may be repeated", collect)
    .option("--comment <TEXT>", "note for people");
}

function addCommand(context: CommandContext): Command {
  const command = createCommand("add", "name something that is to be protected", [
    "workload add web --path /srv/www --exclude '*.tmp' --tag prod",
    "workload add shop-db --command shop.dump='pg_dump -Fc shop'",
    "workload add vm-100 --image /var/lib/vm/100.raw --type vm --id 100",
  ]).argument("<NAME>");
  return addSourceOptions(command)
    .option("--project <NAME>", "project that it belongs to")
    .addOption(new Option("--type <TYPE>", "backup type of its groups").choices(["host", "vm", "ct"]))
    .option("--id <ID>", "backup id of its groups (default: its name)")
    .action(async (name: string, options: Options<WorkloadOptions>) => {
      const body = creationOf(context.workingDir, name, options);
      await callAndPrint(context, options, "createWorkload", { body }, (workload) => [
        `Workload ${workload.name} is added`,
        `  Next: ironcore-backup job create NAME --type backup --workload ${workload.name} --datastore NAME --schedule 02:00`,
      ]);
    });
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "change a workload; what is given replaces what was").argument(
    "<NAME>",
  );
  return addSourceOptions(command).action(async (workload: string, options: Options<WorkloadOptions>) => {
    const body = updateOf(context.workingDir, options);
    await callAndPrint(context, options, "updateWorkload", { params: { workload }, body }, describe);
  });
}

function checkCommand(context: CommandContext): Command {
  return createCommand("check", "look whether a workload's parts can be reached now")
    .argument("<NAME>")
    .action(async (workload: string, options: Options<object>) => {
      const client = await context.connect(options);
      const check = await client.call("checkWorkload", { params: { workload }, signal: context.signal });
      if (!check.isReachable) context.setExitCode(EXIT_FAILED);
      printResult(context, options, check, () => renderCheck(context.look, check));
    });
}

function protectionCommand(context: CommandContext): Command {
  return createCommand("protection", "how well each workload is protected, the worst first").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "getProtection", {}, (protection) =>
        renderProtection(context.look, protection),
      ),
  );
}

/** @throws USAGE_INVALID */
function creationOf(workingDir: string, name: string, options: WorkloadOptions): WorkloadCreate {
  const { project, type, id, comment, path = [], image = [], command = [] } = options;
  const kinds = (
    [
      ["files", path],
      ["image", image],
      ["command", command],
    ] as const
  ).filter(([, list]) => list.length > 0);
  const [first, ...others] = kinds;
  if (first === undefined || others.length > 0)
    throw cliErrors.USAGE_INVALID({ detail: "a workload is of --path, of --image or of --command" });
  return {
    name,
    kind: first[0],
    ...sourceOf(workingDir, options),
    ...(comment === undefined ? {} : { comment }),
    ...(project === undefined ? {} : { project }),
    ...(type === undefined ? {} : { backupType: type }),
    ...(id === undefined ? {} : { backupId: id }),
  };
}

/** @throws USAGE_INVALID */
function updateOf(workingDir: string, options: WorkloadOptions): WorkloadUpdate {
  const { comment } = options;
  const body = {
    ...sourceOf(workingDir, options),
    ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
  };
  if (Object.keys(body).length === 0)
    throw cliErrors.USAGE_INVALID({ detail: "update needs something to change" });
  return body;
}

function sourceOf(workingDir: string, options: WorkloadOptions) {
  const { path = [], image = [], exclude, optional, oneFileSystem, keyfile, tag } = options;
  const absolute = (one: string): string => resolve(workingDir, one);
  const paths = [...new Set([...path, ...image, ...(optional ?? [])].map(absolute))];
  return {
    ...commandOptionsOf({}, options),
    ...(paths.length === 0 ? {} : { paths }),
    ...(exclude === undefined ? {} : { excludes: [...exclude] }),
    ...(optional === undefined ? {} : { optionalPaths: optional.map(absolute) }),
    ...(oneFileSystem === undefined ? {} : { oneFileSystem }),
    ...(keyfile === undefined ? {} : { keyFile: absolute(keyfile) }),
    ...(tag === undefined ? {} : { tags: [...tag] }),
  };
}

function renderWorkloads(look: Look, workloads: readonly Workload[]): string {
  if (workloads.length === 0) return "No workload. Name one: ironcore-backup workload add NAME --path DIR";
  const rows = workloads.map(({ name, kind, paths = [], commands = [], tags = [], jobs, project = "" }) => [
    name,
    kind,
    printable([...paths, ...commands.map(({ argv }) => argv.join(" "))].join("; ")),
    tags.join(" "),
    project,
    jobs.length === 0 ? "none: not protected" : jobs.join(" "),
  ]);
  return renderTable(look, ["Workload", "Kind", "Source", "Tags", "Project", "Jobs"], rows);
}

function describe(workload: Workload): string[] {
  const { name, kind, comment, project, paths = [], excludes = [], optionalPaths = [], tags = [] } = workload;
  return [
    name,
    `  Kind      ${kind}`,
    ...(comment === undefined ? [] : [`  Comment   ${printable(comment)}`]),
    ...(project === undefined ? [] : [`  Project   ${project}`]),
    ...paths.map(
      (path) => `  Path      ${printable(path)}${optionalPaths.includes(path) ? "  (optional)" : ""}`,
    ),
    ...(workload.commands ?? []).map(
      ({ archive, argv }) => `  Command   ${archive}: ${printable(argv.join(" "))}`,
    ),
    ...(workload.preCommand === undefined
      ? []
      : [`  Before    ${printable(workload.preCommand.argv.join(" "))}`]),
    ...(workload.postCommand === undefined
      ? []
      : [`  After     ${printable(workload.postCommand.argv.join(" "))}`]),
    ...excludes.map((pattern) => `  Exclude   ${printable(pattern)}`),
    ...(workload.oneFileSystem === true ? ["  Keeps to one file system"] : []),
    ...(workload.keyFile === undefined ? [] : [`  Key file  ${printable(workload.keyFile)}`]),
    ...(tags.length === 0 ? [] : [`  Tags      ${tags.join(" ")}`]),
    `  Jobs      ${workload.jobs.length === 0 ? "none: not protected" : workload.jobs.join(" ")}`,
    `  Changed   ${showInstant(workload.changedAt)}`,
  ];
}

function renderCheck(look: Look, { parts }: WorkloadCheck): string {
  const rows = parts.map(({ subject, isReachable, message }) => [
    isReachable ? look.paint("green", "✔ reachable") : look.paint("red", "✘ not reachable"),
    printable(subject),
    printable(message),
  ]);
  return renderTable(look, ["State", "What", "Says"], rows);
}

const PROTECTION_SIGNS: Readonly<Record<ProtectionState, readonly [string, Parameters<Look["paint"]>[0]]>> = {
  unprotected: ["✘", "red"],
  "at-risk": ["✘", "red"],
  weak: ["▲", "yellow"],
  protected: ["✔", "green"],
};

function renderProtection(look: Look, { counts, workloads }: Protection): string {
  if (workloads.length === 0) return renderWorkloads(look, []);
  const all = counts.protected === workloads.length;
  const verdict = all
    ? `All ${plural(workloads.length, "workload")} protected`
    : `${counts.protected} of ${plural(workloads.length, "workload")} protected`;
  const rows = workloads.map(({ workload, state, lastBackupAt, weakestLink }) => {
    const [shape, style] = PROTECTION_SIGNS[state];
    return [
      look.paint(style, `${shape} ${state.toUpperCase()}`),
      workload,
      lastBackupAt === undefined ? "never" : showInstant(lastBackupAt),
      printable(weakestLink?.message ?? ""),
    ];
  });
  return `${verdict}\n${renderTable(look, ["State", "Workload", "Last backup", "Weakest link"], rows)}`;
}
