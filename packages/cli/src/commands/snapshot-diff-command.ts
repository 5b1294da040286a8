/** `snapshot diff`: what was added, removed and changed since an earlier snapshot of the group. */

import type { Command } from "commander";
import { formatSize, parseGroupRef } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Snapshot, SnapshotChange, SnapshotComparison } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { plural, printable } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";
import type { NamedSnapshot } from "../snapshot-name.ts";

interface DiffOptions {
  readonly datastore?: string;
  readonly archive?: string;
}

const PAGE_LENGTH = 5000;

export function diffCommand(context: CommandContext): Command {
  return createCommand("diff", "show what changed since an earlier snapshot of the group", [
    "snapshot diff main:host/web-1/latest",
    "snapshot diff main:host/web-1/latest 2026-11-01T02:00:00Z --archive etc",
  ])
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .argument("[SINCE]", "time of the snapshot to compare it with (default: the one before it)")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .option("--archive <NAME>", "only this file archive (default: all of them)")
    .action(async (name: string, since: string | undefined, options: Options<DiffOptions>) => {
      const client = await context.connect(options);
      const params = parseSnapshotName(name, options.datastore);
      const { snapshot } = await client.call("getSnapshot", { params, signal: context.signal });
      // What `latest` means is settled first: another backup may end between two pages.
      const named = { datastore: params.datastore, snapshot: snapshot.snapshot };
      const archives = options.archive === undefined ? fileArchivesOf(snapshot) : [options.archive];
      if (archives.length === 0)
        throw cliErrors.USAGE_INVALID({ detail: `${snapshot.snapshot} has no file archive to compare` });
      const found: SnapshotComparison[] = [];
      for (const archive of archives) {
        const question = { archive, ...(since === undefined ? {} : { since: fullName(snapshot, since) }) };
        found.push(await compare(context, client, named, question, options));
      }
      if (options.outputFormat === "json") printResult(context, options, found, () => "");
    });
}

/** A time alone means that snapshot of the same group. */
function fullName({ snapshot }: Snapshot, since: string): string {
  const group = snapshot.slice(0, snapshot.lastIndexOf("/"));
  parseGroupRef(group);
  return since.includes("/") ? since : `${group}/${since}`;
}

function fileArchivesOf({ files }: Snapshot): string[] {
  return files.flatMap(({ name }) => /^(.*)\.m?pxar\.didx$/.exec(name)?.[1] ?? []);
}

/** People see page after page; programs get all of them as one. */
async function compare(
  context: CommandContext,
  client: Client,
  params: NamedSnapshot,
  question: { readonly archive: string; readonly since?: string },
  options: Options<DiffOptions>,
): Promise<SnapshotComparison> {
  const all: SnapshotChange[] = [];
  const counts = { added: 0, removed: 0, changed: 0 };
  let about: Pick<SnapshotComparison, "before" | "after" | "archive"> | undefined;
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: SnapshotComparison = await client.call("compareSnapshots", {
      params: { ...params },
      query: { ...question, limit: PAGE_LENGTH, ...(cursor === "" ? {} : { cursor }) },
      signal: context.signal,
    });
    for (const { change } of page.changes) counts[change]++;
    const { before, after, archive } = page;
    if (options.outputFormat === "json") for (const change of page.changes) all.push(change);
    else {
      if (about === undefined) printLines(context.out, [`${archive}: ${before} → ${after}`]);
      printLines(
        context.out,
        page.changes.map((change) => changeLine(context.look, change)),
      );
    }
    about = { before, after, archive };
    cursor = page.nextCursor;
  }
  if (options.outputFormat !== "json") printLines(context.out, [countsText(counts)]);
  return { before: "", after: "", archive: question.archive, ...about, changes: all };
}

function countsText(counts: Readonly<Record<SnapshotChange["change"], number>>): string {
  const { added, removed, changed } = counts;
  if (added + removed + changed === 0) return "Nothing changed";
  return `${plural(added, "path")} added, ${removed} removed, ${changed} changed`;
}

const MARKS = { added: ["green", "+"], removed: ["red", "-"], changed: ["yellow", "~"] } as const;
const SIZE_WIDTH = 10;

function changeLine(look: Look, row: SnapshotChange): string {
  const [colour, mark] = MARKS[row.change];
  const path = printable(row.path) + (row.kind === "directory" ? "/" : "");
  const parts = row.parts === undefined ? "" : `  (${row.parts.join(", ")}${unreadText(row)})`;
  return `${look.paint(colour, mark)} ${sizeText(row).padStart(SIZE_WIDTH)}  ${path}${parts}`;
}

function unreadText({ contentNotCompared }: SnapshotChange): string {
  return contentNotCompared === true ? "; content not compared" : "";
}

function sizeText({ sizeBefore, sizeAfter }: SnapshotChange): string {
  if (sizeBefore === undefined || sizeAfter === undefined || sizeBefore === sizeAfter) {
    const size = sizeAfter ?? sizeBefore;
    return size === undefined ? "" : formatSize(size);
  }
  const grown = sizeAfter - sizeBefore;
  return `${grown < 0 ? "-" : "+"}${formatSize(Math.abs(grown))}`;
}
