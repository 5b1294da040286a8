/**
 * The output of one command as an archive of its own: a plain stream, cut by its content, so that what a dump has in common with
 * the one before is known already. It is an archive only when the command ended well.
 */

import { parseArchiveName, toCodedError } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import type { CommandSource } from "../commands/command.ts";
import { runCommand } from "../commands/run-command.ts";
import { agentErrors } from "../errors.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import { openArchiveStream } from "./archive-stream.ts";
import { streamArchiveName } from "./archive-name.ts";
import { PAYLOAD_CHUNK_SIZE_BYTES } from "./payload-writer.ts";

/**
 * @throws COMMAND_NOT_STARTED, COMMAND_FAILED, COMMAND_TIMED_OUT, COMMAND_OUTPUT_EMPTY, SOURCE_NOT_REACHABLE, CANCELLED
 */
export async function backupCommand(
  needs: { readonly clock: Clock; readonly signal: AbortSignal },
  run: BackupRun,
  source: CommandSource,
): Promise<StoredArchive> {
  const { archive } = source;
  const opened = openArchiveStream(run, streamArchiveName(archive), PAYLOAD_CHUNK_SIZE_BYTES);
  const { stream } = opened;
  const before = run.base?.manifest.files.find((file) => file.name === streamArchiveName(archive));
  run.position.totalBytes = before?.sizeBytes;
  run.position.totalIsEstimate = true;
  await runCommand(needs, source, {
    role: archive,
    signal: needs.signal,
    onOutput: (bytes) => {
      stream.write(bytes);
      run.counts.sourceReadBytes += bytes.length;
      run.position.doneBytes += bytes.length;
      return run.breather.due() ? run.breather.breathe() : undefined;
    },
    onLine: (line) => run.info("COMMAND_OUTPUT", "", `${archive}: ${line}`),
  });
  const { sizeBytes } = stream.end();
  if (sizeBytes === 0) throw agentErrors.COMMAND_OUTPUT_EMPTY({ role: archive, program: source.argv[0] });
  run.counts.sourceSizeBytes += sizeBytes;
  run.counts.fileCount++;
  return opened.close();
}

/** Endings by which other archives of a snapshot are told, and names that mean something else in every snapshot. */
const TAKEN = /\.([mp]?pxar|identity|img|didx|fidx|blob)$|^(catalog\.pcat1|index\.json|client\.log|sources)$/;

/** @param stems  of the paths in the same backup. @throws COMMAND_ARCHIVE_INVALID */
export function assertArchiveNames(commands: readonly CommandSource[], stems: readonly string[]): void {
  const seen = new Set(stems.flatMap((stem) => [stem, `${stem}.img`]));
  for (const { archive } of commands) {
    try {
      parseArchiveName(streamArchiveName(archive));
    } catch (thrown) {
      const reason = toCodedError(thrown).message;
      throw agentErrors.COMMAND_ARCHIVE_INVALID({ archive, reason }, thrown);
    }
    if (TAKEN.test(archive))
      throw agentErrors.COMMAND_ARCHIVE_INVALID({ archive, reason: "such names mean something else" });
    if (seen.has(archive))
      throw agentErrors.COMMAND_ARCHIVE_INVALID({
        archive,
        reason: "another archive of the backup has the name",
      });
    seen.add(archive);
  }
}
