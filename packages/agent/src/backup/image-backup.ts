/**
 * One regular file or block device as a disk image: chunks of fixed size, holes unread.
 *
 * An image file that is still the same inode with the same size, modification and change time as in the previous snapshot,
 * and was last changed before that snapshot began, is not read at all: its chunks are put in by digest. A chunk the
 * store has lost meanwhile is read from the source again. Block devices have no such times and are always read.
 */

import type { ChunkStream } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { describeErrno } from "../syscalls/errno.ts";
import { S_IFBLK } from "../syscalls/file-stat.ts";
import type { FileStat } from "../syscalls/file-stat.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import { openImageStream, reuseImage, unchangedBase } from "./image-stream.ts";
import type { KnownImage } from "./image-stream.ts";
import { readOnce, SourceReader } from "./source-reader.ts";
import { plainZeros } from "./zero-writer.ts";

export interface ImageSource extends KnownImage {
  /** Absolute, as a byte string. */
  readonly path: string;
  readonly fd: number;
  readonly stat: FileStat;
}

/** @throws SOURCE_READ_FAILED when the source cannot be read; an image with a gap is worth nothing */
export async function backupImage(run: BackupRun, image: ImageSource): Promise<StoredArchive> {
  const opened = openImageStream(run, image);
  const { stream } = opened;
  const base = unchangedBase(run, image);
  if (base === undefined) await readImage(run, image, stream);
  else {
    await reuseImage(run, stream, base, (startBytes, sizeBytes) =>
      readChunk(run, image, stream, startBytes, sizeBytes),
    );
  }
  return opened.close();
}

async function readImage(run: BackupRun, image: ImageSource, stream: ChunkStream): Promise<void> {
  const reader = new SourceReader(run.breather, plainZeros, (count) => (run.position.doneBytes += count));
  const mayHaveHoles = image.stat.kind !== S_IFBLK && image.stat.allocatedBytes < image.sizeBytes;
  const outcome = await reader.copy(stream, image.fd, image.sizeBytes, mayHaveHoles);
  run.counts.sourceReadBytes += outcome.readBytes;
  if (outcome.failure < 0) throw readFailed(image, outcome.failure);
  if (outcome.failure > 0) {
    run.warn(
      "FILE_CHANGED",
      image.path,
      `${textOf(image.path)} became shorter while it was read; the rest is zeros`,
    );
  }
}

function readFailed(image: ImageSource, errno: number): Error {
  return agentErrors.SOURCE_READ_FAILED({ path: textOf(image.path), reason: describeErrno(errno) });
}

/** One chunk that the store lost, from the source. */
function readChunk(
  run: BackupRun,
  image: ImageSource,
  stream: ChunkStream,
  startBytes: number,
  sizeBytes: number,
): void {
  for (let done = 0; done < sizeBytes;) {
    const count = readOnce(stream, image.fd, startBytes + done, sizeBytes - done);
    if (count < 0) throw readFailed(image, count);
    if (count === 0) {
      stream.writeZeros(sizeBytes - done);
      return;
    }
    done += count;
    run.counts.sourceReadBytes += count;
  }
}
