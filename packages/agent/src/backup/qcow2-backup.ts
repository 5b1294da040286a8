/**
 * A qcow2 image as the disk that it stands for: its raw content in chunks of fixed size, as if the disk itself had been read. So the
 * same disk has the same chunks in whatever form it is kept, and comes back as a raw image.
 *
 * Stretches that QEMU says are zeros are not read. An image that refers to no other file and is untouched since the previous
 * snapshot is not read at all, by the rule for raw images.
 */

import type { Clock } from "@ironcore-backup/base";
import type { ChunkStream } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { READ_SIZE_BYTES_MAX } from "../nbd/nbd-client.ts";
import type { NbdClient } from "../nbd/nbd-client.ts";
import type { Qcow2Header } from "../nbd/qcow2-header.ts";
import { withQcow2 } from "../nbd/qemu-nbd.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import { openImageStream, reuseImage, unchangedBase } from "./image-stream.ts";
import type { KnownImage } from "./image-stream.ts";
import { SourceReader } from "./source-reader.ts";
import { plainZeros } from "./zero-writer.ts";

interface Needs {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Qcow2Source extends KnownImage {
  /** Absolute, as a byte string. */
  readonly path: string;
  readonly header: Qcow2Header;
}

/** @throws IMAGE_DAMAGED, QEMU_NBD_FAILED, CANCELLED */
export async function backupQcow2(needs: Needs, run: BackupRun, image: Qcow2Source): Promise<StoredArchive> {
  const base = unchangedBase(run, image);
  if (base !== undefined && areAllKnown(run, base)) {
    const opened = openImageStream(run, image);
    await reuseImage(run, opened.stream, base, () => {
      throw agentErrors.SOURCE_READ_FAILED({
        path: textOf(image.path),
        reason: "the store lost a chunk meanwhile",
      });
    });
    return opened.close();
  }
  tellReferences(run, image);
  const onLine = (line: string): void => run.info("COMMAND_OUTPUT", image.path, `qemu-nbd: ${line}`);
  return withQcow2(needs, { path: image.path, onLine }, async (client) => {
    const opened = openImageStream(run, { archiveName: image.archiveName, sizeBytes: client.sizeBytes });
    await readDisk(run, client, opened.stream);
    return opened.close();
  });
}

/** Starting QEMU for single chunks is not worth it: with one lost, the whole image is read. */
function areAllKnown(
  run: BackupRun,
  base: { readonly chunkCount: number; digestAt(index: number): Uint8Array },
): boolean {
  const seen = new Set<string>();
  for (let index = 0; index < base.chunkCount; index++) {
    const digest = base.digestAt(index);
    const key = Buffer.from(digest).toString("latin1");
    if (seen.has(key)) continue;
    if (!run.sink.hasChunk(digest)) return false;
    seen.add(key);
  }
  return true;
}

async function readDisk(run: BackupRun, client: NbdClient, stream: ChunkStream): Promise<void> {
  const reader = new SourceReader(run.breather, plainZeros, (count) => (run.position.doneBytes += count));
  for (let at = 0; at < client.sizeBytes;) {
    for (const { sizeBytes, isZero } of await client.extents(at, client.sizeBytes - at)) {
      if (isZero) await reader.zeros(stream, sizeBytes);
      else await readStretch(run, client, stream, { startBytes: at, sizeBytes });
      at += sizeBytes;
    }
  }
}

async function readStretch(
  run: BackupRun,
  client: NbdClient,
  stream: ChunkStream,
  { startBytes, sizeBytes }: { readonly startBytes: number; readonly sizeBytes: number },
): Promise<void> {
  for (let done = 0; done < sizeBytes;) {
    const count = Math.min(sizeBytes - done, READ_SIZE_BYTES_MAX);
    stream.write(await client.read(startBytes + done, count));
    done += count;
    run.counts.sourceReadBytes += count;
    run.position.doneBytes += count;
    if (run.breather.due()) await run.breather.breathe();
  }
}

function tellReferences(run: BackupRun, { path, header }: Qcow2Source): void {
  const { backingFile, hasExternalData } = header;
  if (backingFile !== undefined) {
    const message = `${textOf(path)} stands on ${textOf(backingFile)}, whose content is backed up as part of the disk`;
    run.info("IMAGE_REFERS_TO", path, message);
  }
  if (hasExternalData) {
    run.info("IMAGE_REFERS_TO", path, `${textOf(path)} keeps its data in another file, which is read`);
  }
}
