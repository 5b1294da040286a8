/** `datastore create | list | show | remove`. */

import { resolve } from "node:path";
import type { Command } from "commander";
import { formatSize } from "@ironcore-backup/base";
import type { Datastore, DatastoreUpdate } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { cliErrors } from "../errors.ts";
import { addRetentionOptions, retentionOf, retentionText } from "../retention-options.ts";
import type { RetentionOptions } from "../retention-options.ts";
import { taskLimitUpdate } from "./project-commands.ts";

interface UpdateOptions extends RetentionOptions {
  readonly comment?: string;
  readonly tasks?: string;
  readonly keepAll?: boolean;
}

export function datastoreCommands(context: CommandContext): Command {
  const create = createCommand(
    "create",
    "make a datastore in an empty directory, or take over an existing one",
    ["datastore create main --path /srv/backup"],
  )
    .argument("<NAME>", "3 to 32 letters, digits, '_', '.' and '-'")
    .requiredOption("--path <DIR>", "directory on the server: absent, empty, or an existing datastore")
    .option("--comment <TEXT>", "note for people")
    .action(async (name: string, options: Options<{ path: string; comment?: string }>) => {
      const client = await context.connect(options);
      const path = resolve(context.workingDir, options.path);
      const body = { name, path, ...(options.comment === undefined ? {} : { comment: options.comment }) };
      const datastore = await client.call("createDatastore", { body, signal: context.signal });
      printResult(
        context,
        options,
        datastore,
        () => `Datastore ${datastore.name} is ready in ${datastore.path}`,
      );
    });
  const list = createCommand("list", "list the datastores").action(async (options: Options<object>) => {
    const client = await context.connect(options);
    const datastores = await client.call("listDatastores", { signal: context.signal });
    printResult(context, options, datastores, () => renderDatastores(context.look, datastores));
  });
  const show = createCommand("show", "show one datastore")
    .argument("<NAME>")
    .action(async (name: string, options: Options<object>) => {
      const client = await context.connect(options);
      const datastore = await client.call("getDatastore", {
        params: { datastore: name },
        signal: context.signal,
      });
      printResult(context, options, datastore, () => describeDatastore(datastore));
    });
  const update = createCommand("update", "change a datastore's settings", [
    "datastore update main --tasks 2",
    "datastore update main --keep-daily 14 --keep-monthly 12",
  ])
    .argument("<NAME>")
    .option("--comment <TEXT>", "note for people; empty to take it away")
    .option("--tasks <N>", "at most this many tasks run on it at once; `none` for no limit")
    .option("--keep-all", "no retention: everything stays");
  addRetentionOptions(update).action((datastore: string, options: Options<UpdateOptions>) =>
    callAndPrint(
      context,
      options,
      "updateDatastore",
      { params: { datastore }, body: updateOf(options) },
      describeDatastore,
    ),
  );
  const remove = createCommand("remove", "forget a datastore; its files stay where they are")
    .argument("<NAME>")
    .action(async (name: string, options: Options<object>) => {
      const client = await context.connect(options);
      await client.call("removeDatastore", { params: { datastore: name }, signal: context.signal });
      printResult(
        context,
        options,
        { removed: name },
        () => `Datastore ${name} is forgotten; its files stay`,
      );
    });
  return createGroup("datastore", "places that keep backups", [create, list, show, update, remove]);
}

const sizeOf = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? "" : formatSize(sizeBytes);

/** @throws USAGE_INVALID */
function updateOf(options: UpdateOptions): DatastoreUpdate {
  const kept = retentionOf(options);
  if (kept !== undefined && options.keepAll === true)
    throw cliErrors.USAGE_INVALID({ detail: "give --keep options or --keep-all, not both" });
  const retention = options.keepAll === true ? null : kept;
  if (retention === undefined) return taskLimitUpdate(options);
  const changesMore = options.comment !== undefined || options.tasks !== undefined;
  return { retention, ...(changesMore ? taskLimitUpdate(options) : {}) };
}

function renderDatastores(look: Look, datastores: readonly Datastore[]): string {
  if (datastores.length === 0)
    return "No datastore yet. Make one: ironcore-backup datastore create NAME --path DIR";
  const rows = datastores.map((row) => [
    row.name,
    row.status,
    row.path,
    sizeOf(row.usedBytes),
    sizeOf(row.freeBytes),
    String(row.groupCount ?? ""),
    String(row.snapshotCount ?? ""),
  ]);
  const heads = ["Name", "Status", "Path", "Disk used", "Disk free", "Groups", "Snapshots"];
  return renderTable(look, heads, rows, ["left", "left", "left", "right", "right", "right", "right"]);
}

function describeDatastore(datastore: Datastore): string[] {
  const { status, statusReason, totalBytes, usedBytes, freeBytes, groupCount, snapshotCount } = datastore;
  return [
    `${datastore.name}  ${status}${statusReason === undefined ? "" : `: ${statusReason}`}`,
    `  Path       ${datastore.path}`,
    ...(datastore.comment === undefined ? [] : [`  Comment    ${datastore.comment}`]),
    `  Since      ${showInstant(datastore.createdAt)}`,
    ...(datastore.retention === undefined ? [] : [`  Keeps      ${retentionText(datastore.retention)}`]),
    ...(datastore.runningTaskCountMax === undefined
      ? []
      : [`  Limit      at most ${datastore.runningTaskCountMax} tasks at once`]),
    ...(totalBytes === undefined
      ? []
      : [`  Disk       ${sizeOf(usedBytes)} used, ${sizeOf(freeBytes)} free of ${sizeOf(totalBytes)}`]),
    ...(snapshotCount === undefined ? [] : [`  Snapshots  ${snapshotCount} in ${groupCount ?? 0} groups`]),
  ];
}
