/** A disk image back into a file. Chunks of zeros are not even fetched: the new file is one hole until data is written. */

import { chunkDigest } from "@ironcore-backup/format";
import type { FixedIndexReader } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { removeFileAt, setSize } from "../syscalls/creation.ts";
import { closeFd, openAt, OPEN_CREATE } from "../syscalls/directory.ts";
import { describeErrno, EEXIST } from "../syscalls/errno.ts";
import type { ChosenArchive } from "./archive-choice.ts";
import type { PieceQueue } from "./piece-queue.ts";
import type { RestoreRun } from "./restore-run.ts";
import { splitPath } from "./target-tree.ts";

const IMAGE_MODE = 0o600;

export type ImageArchive = Extract<ChosenArchive, { kind: "image" }>;

/** @param path  of the new file, relative to the target */
export async function restoreImage(
  run: RestoreRun,
  queue: PieceQueue,
  image: { readonly archive: ImageArchive; readonly path: string },
): Promise<void> {
  const { archive, path } = image;
  const index = run.source.openFixedIndex(archive.archive.name);
  createImage(run, path, index.sizeBytes);
  run.position.totalBytes = index.sizeBytes;
  const encrypted = archive.archive.cryptMode === "encrypt";
  const zeroDigest = chunkDigest(new Uint8Array(index.chunkSizeBytes), encrypted ? run.key : undefined);
  for (let chunkIndex = 0; chunkIndex < index.chunkCount; chunkIndex++) {
    addChunk(run, queue, { index, chunkIndex, zeroDigest, path, encrypted });
    while (queue.isFull) await queue.relieve();
    if (run.breather.due()) await run.breather.breathe();
  }
  await queue.drain(() => (run.breather.due() ? run.breather.breathe() : undefined));
  run.counts.fileCount++;
  run.position.doneItems++;
}

interface ImageChunk {
  readonly index: FixedIndexReader;
  readonly chunkIndex: number;
  readonly zeroDigest: Uint8Array;
  readonly path: string;
  readonly encrypted: boolean;
}

function addChunk(run: RestoreRun, queue: PieceQueue, chunk: ImageChunk): void {
  const { index, chunkIndex } = chunk;
  const fileOffsetBytes = index.startBytes(chunkIndex);
  const sizeBytes = index.endBytes(chunkIndex) - fileOffsetBytes;
  const digest = index.digestAt(chunkIndex);
  if (Buffer.compare(digest, chunk.zeroDigest) === 0) {
    run.counts.restoredBytes += sizeBytes;
    run.position.doneBytes += sizeBytes;
    return;
  }
  queue.add(
    { digest, rawSizeBytes: sizeBytes, encrypted: chunk.encrypted },
    {
      path: chunk.path,
      chunkOffsetBytes: 0,
      fileOffsetBytes,
      sizeBytes,
      headerSaysBytes: undefined,
      whole: undefined,
    },
  );
}

function createImage(run: RestoreRun, path: string, sizeBytes: number): void {
  const failed = (errno: number): Error =>
    agentErrors.TARGET_WRITE_FAILED({ path: textOf(path), reason: describeErrno(errno) });
  const { parent, name } = splitPath(path);
  const directoryFd = run.tree.directory(parent);
  if (directoryFd < 0) throw failed(directoryFd);
  let fd = openAt(directoryFd, name, OPEN_CREATE, IMAGE_MODE);
  if (fd === -EEXIST && run.overwrite !== "never") {
    const removed = removeFileAt(directoryFd, name);
    if (removed < 0) throw failed(removed);
    fd = openAt(directoryFd, name, OPEN_CREATE, IMAGE_MODE);
  }
  if (fd < 0) throw failed(fd);
  const sized = setSize(fd, sizeBytes);
  closeFd(fd);
  if (sized < 0) throw failed(sized);
}
