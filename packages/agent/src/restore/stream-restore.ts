/**
 * The output of a command back into a file, under another name until every byte of it is there: half a dump under its own
 * name would pass for a whole one.
 */

import { textOf } from "../byte-string.ts";
import { hardLinkAt, removeFileAt, renameAt, setSize } from "../syscalls/creation.ts";
import { closeFd, openAt, OPEN_CREATE } from "../syscalls/directory.ts";
import { EEXIST, EOPNOTSUPP, EPERM } from "../syscalls/errno.ts";
import type { ChosenArchive } from "./archive-choice.ts";
import { writeFailed } from "./directory-restore.ts";
import { PieceQueue } from "./piece-queue.ts";
import type { DamagedChunk, PieceQueueListener, WrittenChunk } from "./piece-queue.ts";
import type { RestoreOptions } from "./restore-plan.ts";
import type { RestoreRun } from "./restore-run.ts";

export type StreamArchive = Extract<ChosenArchive, { kind: "stream" }>;

/** A dump holds what is in a database: nobody else's to read. */
const STREAM_MODE = 0o600;
const PARTIAL_SUFFIX = ".ironcore-partial";

/**
 * @param path  of the new file, right in the target
 * @throws RESTORE_CHUNK_FAILED, TARGET_WRITE_FAILED, CANCELLED; then there is no such file
 */
export async function restoreStream(
  run: RestoreRun,
  { archive, path }: { readonly archive: StreamArchive; readonly path: string },
  pace: RestoreOptions["pace"],
): Promise<void> {
  const index = run.source.openDynamicIndex(archive.archive.name);
  const partial = path + PARTIAL_SUFFIX;
  const directoryFd = run.tree.directory("");
  if (directoryFd < 0) throw writeFailed(path, directoryFd);
  run.position.totalBytes = index.sizeBytes;
  create(directoryFd, partial, index.sizeBytes);
  let isWhole = false;
  try {
    const progress = new StreamProgress(run, path);
    const queue = new PieceQueue(run.decoder, progress, pace);
    const encrypted = archive.archive.cryptMode === "encrypt";
    for (let chunkIndex = 0; chunkIndex < index.chunkCount; chunkIndex++) {
      const fileOffsetBytes = index.startBytes(chunkIndex);
      const sizeBytes = index.endBytes(chunkIndex) - fileOffsetBytes;
      queue.add(
        { digest: index.digestAt(chunkIndex), rawSizeBytes: sizeBytes, encrypted },
        {
          path: partial,
          chunkOffsetBytes: 0,
          fileOffsetBytes,
          sizeBytes,
          headerSaysBytes: undefined,
          whole: undefined,
        },
      );
      while (queue.isFull) await queue.relieve();
      if (run.breather.due()) await run.breather.breathe();
    }
    await queue.drain(() => (run.breather.due() ? run.breather.breathe() : undefined));
    if (progress.isDamaged) return;
    giveName(run, directoryFd, { partial, path });
    isWhole = true;
    run.counts.fileCount++;
    run.position.doneItems++;
  } finally {
    if (!isWhole) removeFileAt(directoryFd, partial);
  }
}

class StreamProgress implements PieceQueueListener {
  isDamaged = false;
  readonly #run: RestoreRun;
  readonly #path: string;

  constructor(run: RestoreRun, path: string) {
    this.#run = run;
    this.#path = path;
  }

  onWritten({ answer, storedSizeBytes }: WrittenChunk): void {
    const { counts, position } = this.#run;
    counts.chunkCount++;
    counts.storedReadBytes += storedSizeBytes;
    counts.restoredBytes += answer.writtenBytes;
    position.doneBytes += answer.writtenBytes;
    const [failure] = answer.failures;
    if (failure !== undefined) throw writeFailed(`${this.#path} (${failure.what})`, failure.errno);
  }

  /** Unlike a disk image, a dump with a gap is worth nothing. */
  onDamaged({ error }: DamagedChunk): void {
    if (!this.#run.skipDamaged) throw error;
    if (!this.isDamaged) {
      const message = `${textOf(this.#path)} was not restored: ${error.message}`;
      this.#run.warn("FILE_NOT_RESTORED", this.#path, message);
      this.#run.counts.skippedCount++;
    }
    this.isDamaged = true;
  }
}

/** What an earlier restore left under the partial name goes. */
function create(directoryFd: number, partial: string, sizeBytes: number): void {
  let fd = openAt(directoryFd, partial, OPEN_CREATE, STREAM_MODE);
  if (fd === -EEXIST) {
    const removed = removeFileAt(directoryFd, partial);
    fd = removed < 0 ? removed : openAt(directoryFd, partial, OPEN_CREATE, STREAM_MODE);
  }
  if (fd < 0) throw writeFailed(partial, fd);
  const sized = setSize(fd, sizeBytes);
  closeFd(fd);
  if (sized < 0) throw writeFailed(partial, sized);
}

/** With the policy `never`, a file that appeared meanwhile stays and the restore fails. */
function giveName(
  run: RestoreRun,
  directoryFd: number,
  { partial, path }: { readonly partial: string; readonly path: string },
): void {
  if (run.overwrite === "never") {
    const linked = hardLinkAt(directoryFd, partial, directoryFd, path);
    if (linked >= 0) return void removeFileAt(directoryFd, partial);
    // Some file systems (FAT, network shares) know no second names; then the look before the restore has to do.
    if (linked !== -EPERM && linked !== -EOPNOTSUPP) throw writeFailed(path, linked);
  }
  const renamed = renameAt(directoryFd, partial, path);
  if (renamed < 0) throw writeFailed(path, renamed);
}
