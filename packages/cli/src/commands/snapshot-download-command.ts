/** `snapshot download`: a file of a snapshot, or a directory as tar.zst or zip, onto this machine. */

import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { formatSize, toCodedError } from "@ironcore-backup/base";
import { DOWNLOAD_FORMATS, SNAPSHOT_DOWNLOAD_PATH } from "@ironcore-backup/protocol/calls";
import type { DownloadFormat } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";

interface DownloadOptions {
  readonly datastore?: string;
  readonly format?: DownloadFormat;
  readonly output?: string;
}

const UNNAMED = "download";

export function downloadCommand(context: CommandContext): Command {
  return createCommand("download", "download a file of a snapshot, or a directory as zip or tar.zst", [
    "snapshot download main:host/web-1/latest root /etc/hosts",
    "snapshot download main:host/web-1/latest root /etc --format tar.zst --output etc.tar.zst",
  ])
    .argument("<SNAPSHOT>", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .argument("<ARCHIVE>", "archive to look in")
    .argument("<PATH>", "file or directory inside the archive; / for all of it")
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .addOption(
      new Option("--format <FORMAT>", "default: a file as it is, a directory as zip").choices([
        ...DOWNLOAD_FORMATS,
      ]),
    )
    .option("--output <FILE>", "new file to write (default: the name of what is downloaded)")
    .action((name: string, archive: string, path: string, options: Options<DownloadOptions>) =>
      download(context, name, { archive, path }, options),
    );
}

async function download(
  context: CommandContext,
  name: string,
  what: { readonly archive: string; readonly path: string },
  options: Options<DownloadOptions>,
): Promise<void> {
  const client = await context.connect(options);
  const params = parseSnapshotName(name, options.datastore);
  const query = new URLSearchParams({
    ...what,
    ...(options.format === undefined ? {} : { format: options.format }),
  });
  const url = SNAPSHOT_DOWNLOAD_PATH.replace(":datastore", encodeURIComponent(params.datastore)).replace(
    ":snapshot",
    encodeURIComponent(params.snapshot),
  );
  const response = await client.open(`${url}?${query.toString()}`, { signal: context.signal });
  const target = resolve(context.workingDir, options.output ?? nameIn(response.contentDisposition));
  const sizeBytes = await save(target, response.body);
  printResult(
    context,
    options,
    { file: target, sizeBytes },
    () => `Saved ${formatSize(sizeBytes)} to ${target}`,
  );
}

/** The name that the server gives, without any directory: nothing is written elsewhere because a server says so. */
export function nameIn(contentDisposition: string | undefined): string {
  const encoded = /filename\*=UTF-8''([^;]+)/.exec(contentDisposition ?? "")?.[1];
  if (encoded === undefined) return UNNAMED;
  const name = basename(decodeURIComponent(encoded)).replaceAll("\0", "");
  return name === "" || name === "." || name === ".." ? UNNAMED : name;
}

/**
 * Whole under its name, or not there at all: an existing file stays, and what was broken off is removed.
 * @returns how many bytes. @throws FILE_NOT_WRITABLE, and what reading throws
 */
async function save(target: string, body: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${target}.part`;
  const file = writing(target, () => openSync(part, "wx"));
  let sizeBytes = 0;
  try {
    try {
      for await (const bytes of unbroken(body, () => sizeBytes)) {
        writing(target, () => writeAll(file, bytes));
        sizeBytes += bytes.length;
      }
      writing(target, () => fsyncSync(file));
    } finally {
      closeSync(file);
    }
    // Unlike a rename it fails where a file has that name already.
    writing(target, () => linkSync(part, target));
    return sizeBytes;
  } finally {
    rmSync(part, { force: true });
  }
}

async function* unbroken(
  body: AsyncIterable<Uint8Array>,
  sizeBytes: () => number,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code !== "SERVER_UNREACHABLE") throw error;
    const detail = String(error.context["detail"]);
    throw cliErrors.DOWNLOAD_BROKEN_OFF({ sizeBytes: sizeBytes(), detail }, error);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

function writing<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_WRITABLE({ path, detail }, cause);
  }
}
