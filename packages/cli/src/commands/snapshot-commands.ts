/** `snapshot list | show | files | download | diff | notes | protect | forget | verify`. */

import type { Command } from "commander";
import { formatSize } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type {
  Snapshot,
  SnapshotEntry,
  SnapshotEntryPage,
  SnapshotShow,
} from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";
import type { NamedSnapshot } from "../snapshot-name.ts";

import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { diffCommand } from "./snapshot-diff-command.ts";
import { downloadCommand } from "./snapshot-download-command.ts";
import { notesCommand, protectCommand } from "./snapshot-change-commands.ts";
import { verifyCommand } from "./verify-command.ts";

const ENTRY_PAGE_LENGTH = 5000;

type InDatastore = Options<{ datastore?: string }>;

export function snapshotCommands(context: CommandContext): Command {
  const commands = [
    listCommand(context),
    showCommand(context),
    filesCommand(context),
    downloadCommand(context),
    diffCommand(context),
    notesCommand(context),
    protectCommand(context),
    forgetCommand(context),
  ];
  return createGroup("snapshot", "restorable points in time", [
    ...commands,
    verifyCommand(context, { isOne: true }),
  ]);
}

function listCommand(context: CommandContext): Command {
  return createCommand("list", "list snapshots, newest first", ["snapshot list --datastore main"])
    .requiredOption("--datastore <NAME>", "datastore to list")
    .option("--namespace <NS>", "only this namespace")
    .option("--type <TYPE>", "only this backup type")
    .option("--id <ID>", "only this backup id")
    .action(
      async (options: Options<{ datastore: string; namespace?: string; type?: string; id?: string }>) => {
        const client = await context.connect(options);
        const { datastore, namespace, type, id } = options;
        const query = {
          ...(namespace === undefined ? {} : { namespace }),
          ...(type === undefined ? {} : { type }),
          ...(id === undefined ? {} : { id }),
        };
        const snapshots = await client.call("listSnapshots", {
          params: { datastore },
          query,
          signal: context.signal,
        });
        printResult(context, options, snapshots, () => renderSnapshots(context.look, snapshots));
      },
    );
}

function renderSnapshots(look: Look, snapshots: readonly Snapshot[]): string {
  if (snapshots.length === 0)
    return "No snapshots yet. Make one: ironcore-backup backup --path DIR --datastore NAME --wait";
  const rows = snapshots.map((row) => [
    row.snapshot,
    sizeText(row),
    verdictOf(look, row),
    marksOf(row),
    row.owner ?? "",
    row.notes?.split("\n")[0] ?? "",
  ]);
  return renderTable(look, ["Snapshot", "Size", "Verified", "", "Owner", "Notes"], rows, ["left", "right"]);
}

function sizeText(snapshot: Snapshot): string {
  return snapshot.sizeBytes === undefined ? "" : formatSize(snapshot.sizeBytes);
}

function verdictOf(look: Look, snapshot: Snapshot): string {
  if (!snapshot.finished)
    return snapshot.running === true ? look.paint("cyan", "▶ running") : look.paint("dim", "○ unfinished");
  if (snapshot.verification === undefined) return look.paint("dim", "○ never");
  const { result, isStale } = snapshot.verification;
  if (result !== "OK") return look.paint("red", `✘ ${result}`);
  return isStale ? look.paint("yellow", "◷ STALE") : look.paint("green", "✔ OK");
}

function marksOf(snapshot: Snapshot): string {
  return [snapshot.keyFingerprint === undefined ? "" : "encrypted", snapshot.protected ? "protected" : ""]
    .filter((mark) => mark !== "")
    .join(", ");
}

function showCommand(context: CommandContext): Command {
  return createCommand("show", "show one snapshot, its archives and its verifications")
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .action(async (name: string, options: InDatastore) => {
      const client = await context.connect(options);
      const params = parseSnapshotName(name, options.datastore);
      const shown = await client.call("getSnapshot", { params, signal: context.signal });
      printResult(context, options, shown, () => describeSnapshot(context.look, shown));
    });
}

function describeSnapshot(look: Look, { snapshot, verifications }: SnapshotShow): string[] {
  const files = snapshot.files.map((file) => [file.name, formatSize(file.sizeBytes), file.cryptMode]);
  return [
    `${snapshot.snapshot}  ${verdictOf(look, snapshot)}  ${marksOf(snapshot)}`.trimEnd(),
    `  Owner  ${snapshot.owner ?? "unknown"}`,
    ...(snapshot.keyFingerprint === undefined ? [] : [`  Key    ${snapshot.keyFingerprint}`]),
    ...(snapshot.notes === undefined ? [] : [`  Notes  ${printable(snapshot.notes)}`]),
    "",
    renderTable(look, ["Archive", "Size", "Encryption"], files, ["left", "right", "left"]),
    ...(verifications.length === 0 ? [] : ["", "Verifications"]),
    ...verifications.map(
      (report) =>
        `  ${showInstant(report.startedAt)}  ${report.result}, ${report.chunkCount} chunks read, ${report.findingCount} findings`,
    ),
  ];
}

function filesCommand(context: CommandContext): Command {
  return createCommand("files", "list a snapshot's archives, or a directory inside one", [
    "snapshot files main:host/web-1/latest",
    "snapshot files main:host/web-1/latest etc /nginx",
  ])
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .argument("[ARCHIVE]", "list inside this archive")
    .argument("[DIRECTORY]", "directory inside the archive (default: its root)")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .action(
      async (
        name: string,
        archive: string | undefined,
        directory: string | undefined,
        options: InDatastore,
      ) => {
        const client = await context.connect(options);
        const params = parseSnapshotName(name, options.datastore);
        if (archive === undefined) {
          const { snapshot } = await client.call("getSnapshot", { params, signal: context.signal });
          const rows = snapshot.files.map((file) => [file.name, formatSize(file.sizeBytes), file.cryptMode]);
          printResult(context, options, snapshot.files, () =>
            renderTable(context.look, ["Archive", "Size", "Encryption"], rows, ["left", "right"]),
          );
          return;
        }
        await printEntries(context, client, { ...params, archive, path: directory ?? "/" }, options);
      },
    );
}

/** A directory may have a million entries: people see page after page. Programs get one list. */
async function printEntries(
  context: CommandContext,
  client: Client,
  { archive, path, ...params }: NamedSnapshot & { readonly archive: string; readonly path: string },
  options: InDatastore,
): Promise<void> {
  const all: SnapshotEntry[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: SnapshotEntryPage = await client.call("listSnapshotEntries", {
      params,
      query: { archive, path, limit: ENTRY_PAGE_LENGTH, ...(cursor === "" ? {} : { cursor }) },
      signal: context.signal,
    });
    if (options.outputFormat === "json") for (const entry of page.entries) all.push(entry);
    else printLines(context.out, renderEntries(context.look, page.entries));
    cursor = page.nextCursor;
  }
  if (options.outputFormat === "json") printResult(context, options, all, () => "");
}

function renderEntries(look: Look, entries: readonly SnapshotEntry[]): string {
  const rows = entries.map((entry) => [
    entry.kind,
    (entry.mode & 0o7777).toString(8).padStart(4, "0"),
    `${entry.uid}:${entry.gid}`,
    entry.sizeBytes === undefined ? "" : formatSize(entry.sizeBytes),
    showInstant(entry.modifiedAt),
    printable(entry.name) + (entry.linkTarget === undefined ? "" : ` → ${printable(entry.linkTarget)}`),
  ]);
  return renderTable(look, ["Kind", "Mode", "Owner", "Size", "Modified", "Name"], rows, [
    "left",
    "right",
    "left",
    "right",
  ]);
}

function forgetCommand(context: CommandContext): Command {
  return createCommand("forget", "remove one snapshot; its chunks stay until garbage collection")
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .action(async (name: string, options: InDatastore) => {
      const client = await context.connect(options);
      const params = parseSnapshotName(name, options.datastore);
      // What `latest` means is settled first, so that the answer names what is really gone.
      const { snapshot } = await client.call("getSnapshot", { params, signal: context.signal });
      const named = { datastore: params.datastore, snapshot: snapshot.snapshot };
      await client.call("forgetSnapshot", { params: named, signal: context.signal });
      printResult(
        context,
        options,
        { forgotten: snapshot.snapshot },
        () => `Forgot ${params.datastore}:${snapshot.snapshot}`,
      );
    });
}
