/**
 * One regular file or block device as a disk image: chunks of fixed size, holes unread.
 *
 * An image file that is still the same inode with the same size, modification and change time as in the previous snapshot,
 * and was last changed before that snapshot began, is not read at all: its chunks are put in by digest. A chunk the
 * store has lost meanwhile is read from the source again. Block devices have no such times and are always read.
 */

import { parseArchiveName } from "@ironcore-backup/base";
import type { ChunkStream, FixedIndexReader } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import type { FixedIndexSink } from "../snapshot-sink.ts";
import { describeErrno } from "../syscalls/errno.ts";
import { S_IFBLK } from "../syscalls/file-stat.ts";
import type { FileStat } from "../syscalls/file-stat.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import type { ImageIdentity } from "./source-record.ts";
import { readOnce, SourceReader } from "./source-reader.ts";
import { plainZeros } from "./zero-writer.ts";

/** The one size that every reader of the format accepts. */
export const IMAGE_CHUNK_SIZE_BYTES = 4 * 1024 * 1024;

export interface ImageSource {
  /** Absolute, as a byte string. */
  readonly path: string;
  readonly archiveName: string;
  readonly fd: number;
  readonly sizeBytes: number;
  /** As the open file was when it was found. */
  readonly identity: ImageIdentity | undefined;
  /** What the previous snapshot recorded of the same source. */
  readonly baseIdentity: ImageIdentity | undefined;
  readonly stat: FileStat;
}

/** @throws SOURCE_READ_FAILED when the source cannot be read; an image with a gap is worth nothing */
export async function backupImage(run: BackupRun, image: ImageSource): Promise<StoredArchive> {
  const name = parseArchiveName(image.archiveName);
  const index = run.sink.createFixedIndex(name, image.sizeBytes, IMAGE_CHUNK_SIZE_BYTES);
  const stream = openImageStream(run, index);
  const base = unchangedBase(run, image);
  if (base === undefined) await readImage(run, image, stream);
  else await reuseImage(run, image, stream, base);
  stream.end();
  run.counts.sourceSizeBytes += image.sizeBytes;
  run.counts.fileCount++;
  const closed = index.close();
  run.counts.overheadSizeBytes += indexFileSizeBytes(closed.chunkCount, 32);
  return { name, sizeBytes: closed.sizeBytes, checksum: closed.checksum };
}

const INDEX_HEADER_SIZE_BYTES = 4096;

export function indexFileSizeBytes(chunkCount: number, entrySizeBytes: number): number {
  return INDEX_HEADER_SIZE_BYTES + chunkCount * entrySizeBytes;
}

function openImageStream(run: BackupRun, index: FixedIndexSink): ChunkStream {
  return run.pipeline.openStream({ kind: "fixed", chunkSizeBytes: IMAGE_CHUNK_SIZE_BYTES }, (chunk) => {
    if (chunk.outcome === "stored") run.sink.chunkStored(chunk.digest);
    index.set(chunk.startBytes / IMAGE_CHUNK_SIZE_BYTES, chunk.digest);
  });
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

/** The previous snapshot's index of the same, untouched file. */
function unchangedBase(run: BackupRun, image: ImageSource): FixedIndexReader | undefined {
  const { base } = run;
  const now = image.identity;
  const then = image.baseIdentity;
  if (base === undefined || now === undefined || then === undefined) return undefined;
  const isSame =
    now.inode === then.inode &&
    now.fileSystem === then.fileSystem &&
    now.sizeBytes === then.sizeBytes &&
    now.mtimeSeconds === then.mtimeSeconds &&
    now.mtimeNanos === then.mtimeNanos &&
    now.ctimeSeconds === then.ctimeSeconds &&
    now.ctimeNanos === then.ctimeNanos &&
    now.ctimeSeconds < base.snapshot.backupTime;
  if (!isSame || !base.manifest.files.some((file) => file.name === image.archiveName)) return undefined;
  const index = base.openFixedIndex(parseArchiveName(image.archiveName));
  const fits = index.sizeBytes === image.sizeBytes && index.chunkSizeBytes === IMAGE_CHUNK_SIZE_BYTES;
  return fits ? index : undefined;
}

async function reuseImage(
  run: BackupRun,
  image: ImageSource,
  stream: ChunkStream,
  base: FixedIndexReader,
): Promise<void> {
  const known = new Map<string, boolean>();
  for (let index = 0; index < base.chunkCount; index++) {
    const digest = base.digestAt(index);
    const key = Buffer.from(digest).toString("latin1");
    let isKnown = known.get(key);
    if (isKnown === undefined) known.set(key, (isKnown = run.sink.hasChunk(digest)));
    const sizeBytes = base.endBytes(index) - base.startBytes(index);
    if (isKnown) stream.inject(digest, sizeBytes);
    else readChunk(run, image, stream, base.startBytes(index), sizeBytes);
    run.position.doneBytes += sizeBytes;
    if (run.breather.due()) await run.breather.breathe();
  }
  run.counts.reusedFileCount++;
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
