/** `datastore chunk`: from a chunk to what is lost without it. */

import type { Command } from "commander";
import { formatSize } from "@ironcore-backup/base";
import type { ChunkFiles, ChunkUses } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { plural, printable } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";

export function chunkCommand(context: CommandContext): Command {
  return createCommand(
    "chunk",
    "show which snapshots and archives need a chunk, or which files of one snapshot",
    ["datastore chunk main DIGEST", "datastore chunk main DIGEST --snapshot host/web-1/latest"],
  )
    .argument("<DATASTORE>")
    .argument("<DIGEST>", "as a verify names it, 64 hexadecimal digits")
    .option("--snapshot <SNAPSHOT>", "[NS/]type/id/time, or …/latest: its archives and files")
    .action((datastore: string, digest: string, options: Options<{ readonly snapshot?: string }>) => {
      const { snapshot } = options;
      if (snapshot === undefined) {
        const question = { params: { datastore }, query: { digest } };
        return callAndPrint(context, options, "listChunkUses", question, (uses) =>
          describeUses(context.look, uses),
        );
      }
      const question = { params: { datastore, snapshot }, query: { digest } };
      return callAndPrint(context, options, "listChunkFiles", question, (files) => describeFiles(files));
    });
}

function describeUses(look: Look, found: ChunkUses): string[] {
  const { uses, useCount, snapshotCount, storedBytes, unreadableCount, incompleteBecause } = found;
  const rows = uses.map((use) => [use.snapshot, use.archive, String(use.placeCount)]);
  return [
    ...(rows.length === 0
      ? []
      : [renderTable(look, ["Snapshot", "Archive", "Places"], rows, ["left", "left", "right"]), ""]),
    ...(useCount > uses.length ? [`and ${plural(useCount - uses.length, "more archive")}`] : []),
    useCount === 0
      ? "No snapshot that you may see needs this chunk"
      : `${plural(snapshotCount, "snapshot needs", "snapshots need")} it, in ${plural(useCount, "archive")}`,
    storedBytes === undefined
      ? "The datastore has no such chunk now: it was lost, or set aside because it was corrupt"
      : `It is stored, ${formatSize(storedBytes)}; whether it is sound a verify tells`,
    ...(unreadableCount === 0
      ? []
      : [`${plural(unreadableCount, "index", "indexes")} cannot be read; whether they need it is not known`]),
    ...(incompleteBecause === undefined ? [] : [incompleteBecause]),
  ];
}

function describeFiles({ snapshot, archives }: ChunkFiles): string[] {
  if (archives.length === 0) return [`${snapshot} does not need this chunk`];
  return archives.flatMap(({ archive, lostBytes, files, fileCount, incompleteBecause }) => [
    `${archive}: ${formatSize(lostBytes)} of it${fileCount === 0 ? "" : `; ${plural(fileCount, "file")} cannot be read without it:`}`,
    ...files.map(({ path, sizeBytes }) =>
      sizeBytes === undefined ? `  ${printable(path)}` : `  ${printable(path)} (${formatSize(sizeBytes)})`,
    ),
    ...(fileCount > files.length ? [`  and ${plural(fileCount - files.length, "more file")}`] : []),
    ...(incompleteBecause === undefined ? [] : [`  There may be more: ${incompleteBecause}`]),
  ]);
}
