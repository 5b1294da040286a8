/** `datastore create | list | show | update | probe | chunk | remove`. */

import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { formatSize } from "@ironcore-backup/base";
import { DATASTORE_MODES } from "@ironcore-backup/protocol/calls";
import type {
  Datastore,
  DatastoreMode,
  DatastoreProbe,
  DatastoreUpdate,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { chunkCommand } from "./chunk-command.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { changedBandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import { EXIT_FAILED } from "../exit-code.ts";
import { describeFill } from "../display/fill-view.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { cliErrors } from "../errors.ts";
import { addRetentionOptions, retentionOf, retentionText } from "../retention-options.ts";
import type { RetentionOptions } from "../retention-options.ts";
import { taskLimitUpdate } from "./project-commands.ts";

interface UpdateOptions extends RetentionOptions, BandwidthOptions {
  readonly notificationGroup?: string;
  readonly freeMin?: string;
  readonly mode?: DatastoreMode;
  readonly reason?: string;
  readonly acceptStore?: boolean;
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
      printResult(context, options, datastore, () => describeDatastore(datastore, context.clock.now()));
    });
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
  return createGroup("datastore", "places that keep backups", [
    create,
    list,
    show,
    updateCommand(context),
    probeCommand(context),
    chunkCommand(context),
    remove,
  ]);
}

function probeCommand(context: CommandContext): Command {
  return createCommand("probe", "look at everything that can be wrong with a datastore", [
    "datastore probe main",
  ])
    .argument("<NAME>")
    .action(async (name: string, options: Options<object>) => {
      const client = await context.connect(options);
      const found = await client.call("probeDatastore", {
        params: { datastore: name },
        signal: context.signal,
      });
      printResult(context, options, found, () => describeProbe(context.look, found));
      if (found.checks.some(({ outcome }) => outcome === "failed")) context.setExitCode(EXIT_FAILED);
    });
}

function updateCommand(context: CommandContext): Command {
  const update = createCommand("update", "change a datastore's settings", [
    "datastore update main --tasks 2",
    "datastore update main --keep-daily 14 --keep-monthly 12",
    "datastore update main --bwlimit 60MB",
    'datastore update main --mode read-only --reason "the disk is being replaced"',
  ])
    .argument("<NAME>")
    .option("--comment <TEXT>", "note for people; empty to take it away")
    .option("--tasks <N>", "at most this many tasks run on it at once; `none` for no limit")
    .option("--bwlimit <RATE>", "for all its tasks together, `60MB` a second; `none` for no limit")
    .option("--free-min <PERCENT>", "less free space than this is told as low; `none` for the default, 10")
    .addOption(
      new Option(
        "--mode <MODE>",
        "read-only: nothing is written; maintenance: its path is not touched at all",
      ).choices([...DATASTORE_MODES]),
    )
    .option("--notification-group <NAME>", "who hears of it; none: nobody but the inbox")
    .option("--reason <TEXT>", "why the mode is set")
    .option("--accept-store", "the store that lies at the path now is this datastore's from now on")
    .option("--keep-all", "no retention: everything stays");
  return addRetentionOptions(update).action((name: string, options: Options<UpdateOptions>) =>
    callAndPrint(
      context,
      options,
      "updateDatastore",
      { params: { datastore: name }, body: updateOf(options) },
      (datastore) => describeDatastore(datastore, context.clock.now()),
    ),
  );
}

const sizeOf = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? "" : formatSize(sizeBytes);

/** @throws USAGE_INVALID */
function updateOf(options: UpdateOptions): DatastoreUpdate {
  const kept = retentionOf(options);
  if (kept !== undefined && options.keepAll === true)
    throw cliErrors.USAGE_INVALID({ detail: "give --keep options or --keep-all, not both" });
  const retention = options.keepAll === true ? null : kept;
  const others = {
    ...(retention === undefined ? {} : { retention }),
    ...changedBandwidthOf(options),
    ...(options.freeMin === undefined ? {} : { freePercentMin: parseFreeMin(options.freeMin) }),
    ...(options.notificationGroup === undefined
      ? {}
      : { notificationGroup: options.notificationGroup === "none" ? null : options.notificationGroup }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.acceptStore === true ? { acceptStore: true } : {}),
  };
  if (options.reason !== undefined && options.mode === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "--reason goes with --mode" });
  if (Object.keys(others).length === 0) return taskLimitUpdate(options);
  const changesMore = options.comment !== undefined || options.tasks !== undefined;
  const why = options.reason === undefined ? {} : { modeReason: options.reason };
  return { ...others, ...why, ...(changesMore ? taskLimitUpdate(options) : {}) };
}

/** @throws USAGE_INVALID */
function parseFreeMin(text: string): number | null {
  if (text === "none") return null;
  const percent = Number(text.replace(/\s*%$/, ""));
  if (Number.isInteger(percent) && percent >= 1 && percent <= 99) return percent;
  throw cliErrors.USAGE_INVALID({ detail: "--free-min is a whole number of per cent from 1 to 99, or none" });
}

const PROBE_SIGNS = {
  ok: ["✔", "green"],
  failed: ["✘", "red"],
  skipped: ["○", "dim"],
} as const;

function describeProbe(look: Look, { datastore, checks, durationMs }: DatastoreProbe): string[] {
  return [
    ...checks.map(({ name, outcome, detail }) => {
      const [sign, style] = PROBE_SIGNS[outcome];
      return `${look.paint(style, sign)} ${name.padEnd(17)} ${printable(detail)}`;
    }),
    "",
    `${datastore.name} is ${datastore.status}${datastore.statusReason === undefined ? "" : `: ${printable(datastore.statusReason)}`} (${durationMs} ms)`,
  ];
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

function describeDatastore(datastore: Datastore, now: number): string[] {
  const { status, statusReason, totalBytes, usedBytes, freeBytes, groupCount, snapshotCount } = datastore;
  return [
    `${datastore.name}  ${status}${statusReason === undefined ? "" : `: ${statusReason}`}`,
    `  Path       ${datastore.path}`,
    ...(datastore.comment === undefined ? [] : [`  Comment    ${datastore.comment}`]),
    `  Since      ${showInstant(datastore.createdAt)}`,
    ...(datastore.notificationGroup === undefined ? [] : [`  Tells      ${datastore.notificationGroup}`]),
    ...(datastore.retention === undefined ? [] : [`  Keeps      ${retentionText(datastore.retention)}`]),
    ...(datastore.runningTaskCountMax === undefined
      ? []
      : [`  Limit      at most ${datastore.runningTaskCountMax} tasks at once`]),
    ...(datastore.bandwidthLimitBytesPerSecond === undefined
      ? []
      : [`  Bandwidth  at most ${formatSize(datastore.bandwidthLimitBytesPerSecond)}/s for all its tasks`]),
    ...(totalBytes === undefined
      ? []
      : [`  Disk       ${sizeOf(usedBytes)} used, ${sizeOf(freeBytes)} free of ${sizeOf(totalBytes)}`]),
    ...(datastore.isSpaceLow === true
      ? [`             less than ${datastore.freePercentMin ?? 10} % is free`]
      : []),
    ...(datastore.fill === undefined ? [] : [`  Full       ${describeFill(datastore.fill, now)}`]),
    ...(snapshotCount === undefined ? [] : [`  Snapshots  ${snapshotCount} in ${groupCount ?? 0} groups`]),
    ...(datastore.chunkCount === undefined
      ? []
      : [
          `  Chunks     ${datastore.chunksAreEstimate === true ? "about " : ""}${datastore.chunkCount}, ${sizeOf(datastore.storedBytes)}${datastore.deduplicationRatio === undefined ? "" : `; snapshots hold ${datastore.deduplicationRatio.toFixed(1)} times as much`}`,
        ]),
  ];
}
