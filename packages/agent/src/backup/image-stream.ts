/** What raw and qcow2 images have in common: the index of fixed chunks, and an untouched image's chunks by digest. */

import { parseArchiveName } from "@ironcore-backup/base";
import type { ArchiveName } from "@ironcore-backup/base";
import type { ChunkStream, FixedIndexReader } from "@ironcore-backup/format";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import type { ImageIdentity } from "./source-record.ts";

/** The one size that every reader of the format accepts. */
export const IMAGE_CHUNK_SIZE_BYTES = 4 * 1024 * 1024;

const INDEX_HEADER_SIZE_BYTES = 4096;

export function indexFileSizeBytes(chunkCount: number, entrySizeBytes: number): number {
  return INDEX_HEADER_SIZE_BYTES + chunkCount * entrySizeBytes;
}

/** What is known of an image before it is read. */
export interface KnownImage {
  readonly archiveName: string;
  /** Of the disk that is stored. */
  readonly sizeBytes: number;
  /** As the open file was when it was found; undefined when that does not say whether the disk has changed. */
  readonly identity: ImageIdentity | undefined;
  /** What the previous snapshot recorded of the same source. */
  readonly baseIdentity: ImageIdentity | undefined;
}

export interface ImageStream {
  readonly stream: ChunkStream;
  /** Ends the stream and counts the image. */
  close(): StoredArchive;
}

export function openImageStream(
  run: BackupRun,
  image: Pick<KnownImage, "archiveName" | "sizeBytes">,
): ImageStream {
  const name: ArchiveName = parseArchiveName(image.archiveName);
  const index = run.sink.createFixedIndex(name, image.sizeBytes, IMAGE_CHUNK_SIZE_BYTES);
  const cutting = { kind: "fixed", chunkSizeBytes: IMAGE_CHUNK_SIZE_BYTES } as const;
  const stream = run.pipeline.openStream(cutting, (chunk) => {
    if (chunk.outcome === "stored") run.sink.chunkStored(chunk.digest);
    index.set(chunk.startBytes / IMAGE_CHUNK_SIZE_BYTES, chunk.digest);
  });
  const close = (): StoredArchive => {
    stream.end();
    run.counts.sourceSizeBytes += image.sizeBytes;
    run.counts.fileCount++;
    const closed = index.close();
    run.counts.overheadSizeBytes += indexFileSizeBytes(closed.chunkCount, 32);
    return { name, sizeBytes: closed.sizeBytes, checksum: closed.checksum };
  };
  return { stream, close };
}

/** The previous snapshot's index of the same, untouched file. */
export function unchangedBase(run: BackupRun, image: KnownImage): FixedIndexReader | undefined {
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

/** Puts an untouched image's chunks in by digest. @param readChunk  for one that the store has lost */
export async function reuseImage(
  run: BackupRun,
  stream: ChunkStream,
  base: FixedIndexReader,
  readChunk: (startBytes: number, sizeBytes: number) => Promise<void> | void,
): Promise<void> {
  const known = new Map<string, boolean>();
  for (let index = 0; index < base.chunkCount; index++) {
    const digest = base.digestAt(index);
    const key = Buffer.from(digest).toString("latin1");
    let isKnown = known.get(key);
    if (isKnown === undefined) known.set(key, (isKnown = run.sink.hasChunk(digest)));
    const sizeBytes = base.endBytes(index) - base.startBytes(index);
    if (isKnown) stream.inject(digest, sizeBytes);
    else await readChunk(base.startBytes(index), sizeBytes);
    run.position.doneBytes += sizeBytes;
    if (run.breather.due()) await run.breather.breathe();
  }
  run.counts.reusedFileCount++;
}
