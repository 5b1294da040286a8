/** `group list | space | notes | owner | forget`. */

import type { Command } from "commander";
import { formatBackupTime, formatSize } from "@ironcore-backup/base";
import type { ForgottenGroup, Group, GroupSpace } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { plural, printable, printableLines } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseGroupName } from "../place-name.ts";
import { ask, canAsk } from "../prompt.ts";

type InDatastore = { readonly datastore?: string };
const NAME = "[DATASTORE:][NS/]type/id, like main:host/web-1";

export function groupCommands(context: CommandContext): Command {
  return createGroup("group", "all snapshots of one source", [
    listCommand(context),
    spaceCommand(context),
    notesCommand(context),
    ownerCommand(context),
    forgetCommand(context),
  ]);
}

function listCommand(context: CommandContext): Command {
  return createCommand("list", "list backup groups", ["group list --datastore main"])
    .requiredOption("--datastore <NAME>", "datastore to list")
    .option("--namespace <NS>", "only this namespace")
    .action((options: Options<{ datastore: string; namespace?: string }>) => {
      const { datastore, namespace } = options;
      const query = namespace === undefined ? {} : { namespace };
      return callAndPrint(context, options, "listGroups", { params: { datastore }, query }, (groups) =>
        renderGroups(context.look, groups),
      );
    });
}

function renderGroups(look: Look, groups: readonly Group[]): string {
  if (groups.length === 0)
    return "No groups yet. Make one: ironcore-backup backup --path DIR --datastore NAME --wait";
  const rows = groups.map((group) => [
    group.group,
    String(group.snapshotCount),
    group.newestBackupTime === undefined ? "" : formatBackupTime(group.newestBackupTime),
    marksOf(group),
    group.owner ?? "",
    printable(group.notes?.split("\n")[0] ?? ""),
  ]);
  const heads = ["Group", "Snapshots", "Newest", "", "Owner", "Notes"];
  return renderTable(look, heads, rows, ["left", "right"]);
}

function marksOf({ running, unfinishedCount, protectedCount }: Group): string {
  const marks = [
    running ? "a backup is running" : unfinishedCount === 0 ? "" : `${unfinishedCount} unfinished`,
    protectedCount === 0 ? "" : `${protectedCount} protected`,
  ];
  return marks.filter((mark) => mark !== "").join(", ");
}

function spaceCommand(context: CommandContext): Command {
  return createCommand("space", "show how much only this group uses, and each of its snapshots", [
    "group space main:host/web-1",
  ])
    .argument("<GROUP>", NAME)
    .option("--datastore <NAME>", "datastore, when the group does not name it")
    .action((text: string, options: Options<InDatastore>) => {
      const { datastore, name } = parseGroupName(text, options.datastore);
      const params = { datastore, group: name };
      return callAndPrint(context, options, "getGroupSpace", { params }, (space) =>
        describeSpace(context.look, space),
      );
    });
}

function describeSpace(look: Look, space: GroupSpace): string[] {
  const { group, ownBytes, ownChunkCount = 0, snapshots, unknownBecause } = space;
  if (ownBytes === undefined)
    return [`What only ${group} uses is not known: ${unknownBecause ?? "the server did not say why"}`];
  const rows = snapshots.map((one) => [one.snapshot, formatSize(one.ownBytes), String(one.ownChunkCount)]);
  return [
    renderTable(look, ["Snapshot", "Only in it", "Chunks"], rows, ["left", "right", "right"]),
    "",
    `${group} uses ${formatSize(ownBytes)} in ${plural(ownChunkCount, "chunk")} that nothing else uses`,
  ];
}

function notesCommand(context: CommandContext): Command {
  return createCommand("notes", "show a group's notes, or write them", [
    "group notes main:host/web-1",
    'group notes main:host/web-1 "the shop; restore the database first"',
  ])
    .argument("<GROUP>", NAME)
    .argument("[TEXT]", 'new notes; "" takes them away')
    .option("--datastore <NAME>", "datastore, when the group does not name it")
    .action(async (text: string, notes: string | undefined, options: Options<InDatastore>) => {
      const { datastore, name } = parseGroupName(text, options.datastore);
      const params = { datastore, group: name };
      if (notes !== undefined)
        return callAndPrint(context, options, "updateGroup", { params, body: { notes } }, () =>
          notes === ""
            ? `${datastore}:${name} has no notes any more`
            : `Notes of ${datastore}:${name} are kept`,
        );
      const client = await context.connect(options);
      const groups = await client.call("listGroups", {
        params: { datastore },
        query: { namespace: name.split("/").slice(0, -2).join("/") },
        signal: context.signal,
      });
      const group = groups.find((one) => one.group === name);
      if (group === undefined) throw cliErrors.GROUP_NOT_FOUND({ datastore, group: name });
      printResult(context, options, { notes: group.notes ?? "" }, () =>
        printableLines(group.notes ?? "No notes"),
      );
    });
}

function ownerCommand(context: CommandContext): Command {
  return createCommand("owner", "give a group to another owner, who alone may back up into it", [
    "group owner main:host/web-1 alice@ibs!laptop",
  ])
    .argument("<GROUP>", NAME)
    .argument("<OWNER>", "user@realm or user@realm!token")
    .option("--datastore <NAME>", "datastore, when the group does not name it")
    .action((text: string, owner: string, options: Options<InDatastore>) => {
      const { datastore, name } = parseGroupName(text, options.datastore);
      const input = { params: { datastore, group: name }, body: { owner } };
      return callAndPrint(
        context,
        options,
        "changeGroupOwner",
        input,
        (group) => `${datastore}:${group.group} belongs to ${group.owner ?? "nobody"}`,
      );
    });
}

function forgetCommand(context: CommandContext): Command {
  return createCommand("forget", "remove a group with all its snapshots; protected ones stay")
    .argument("<GROUP>", NAME)
    .option("--datastore <NAME>", "datastore, when the group does not name it")
    .option("--yes", "do not ask")
    .action(async (text: string, options: Options<InDatastore & { yes?: boolean }>) => {
      const { datastore, name } = parseGroupName(text, options.datastore);
      await confirm(context, `${datastore}:${name}`, options);
      const params = { datastore, group: name };
      await callAndPrint(context, options, "forgetGroup", { params }, (forgotten) =>
        describeForgotten(`${datastore}:${name}`, forgotten),
      );
    });
}

/** @throws USAGE_INVALID where nobody can be asked, or when the answer is not the group's name */
async function confirm(context: CommandContext, name: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes === true) return;
  if (!canAsk()) throw cliErrors.USAGE_INVALID({ detail: `say --yes to remove every snapshot of ${name}` });
  const question = `Every snapshot of ${name} is removed. Type its name to go on: `;
  const answer = await ask(context, question, { isSecret: false });
  if (answer.trim() !== name)
    throw cliErrors.USAGE_INVALID({ detail: `"${answer}" is not ${name}; nothing was removed` });
}

function describeForgotten(name: string, forgotten: ForgottenGroup): string[] {
  const { removedCount, protectedCount, inUseCount, removed } = forgotten;
  return [
    removed
      ? `Forgot ${name} with ${plural(removedCount, "snapshot")}`
      : `Removed ${plural(removedCount, "snapshot")} of ${name}`,
    ...(protectedCount === 0
      ? []
      : [`  ${plural(protectedCount, "protected snapshot")} stayed, and the group`]),
    ...(inUseCount === 0 ? [] : [`  ${plural(inUseCount, "snapshot")} in use stayed, and the group`]),
  ];
}
