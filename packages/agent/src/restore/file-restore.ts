/**
 * Regular files. One that lies in a single chunk is left to the decode threads whole; one that is spread over several is
 * made here with its full size, filled by the threads in any order, and finished here when its last piece is written.
 */

import type { PxarEntry } from "@ironcore-backup/format";
import { PAYLOAD_HEADER_SIZE_BYTES } from "@ironcore-backup/format";
import { writeMetadata } from "../attributes/attribute-writer.ts";
import { textOf } from "../byte-string.ts";
import { removeFileAt, setSize } from "../syscalls/creation.ts";
import { closeFd, openAt, OPEN_CREATE, OPEN_WRITE } from "../syscalls/directory.ts";
import { EEXIST } from "../syscalls/errno.ts";
import { FileStat, S_IFDIR, S_IFREG, statAt } from "../syscalls/file-stat.ts";
import type { FilePiece } from "./chunk-task.ts";
import { writeFailed } from "./directory-restore.ts";
import { tellMetadataFailures } from "./metadata-notice.ts";
import type { OpenTree } from "./open-tree.ts";
import type { DamagedChunk, PieceQueue, PieceQueueListener, WrittenChunk } from "./piece-queue.ts";
import type { RestoreRun } from "./restore-run.ts";
import { splitPath } from "./target-tree.ts";

const MODE_WHILE_RESTORING = 0o600;

/** A file that is being filled piece by piece. */
interface SpreadFile {
  readonly entry: PxarEntry;
  missingPieceCount: number;
  isDamaged: boolean;
}

export class FileRestore implements PieceQueueListener {
  readonly #run: RestoreRun;
  readonly #spread = new Map<string, SpreadFile>();
  readonly #stat = new FileStat();
  #queue: PieceQueue | undefined;

  constructor(run: RestoreRun) {
    this.#run = run;
  }

  /** The queue reports to this object, so it is made after it. */
  attach(queue: PieceQueue): void {
    this.#queue = queue;
  }

  /** @throws TARGET_WRITE_FAILED, ARCHIVE_DAMAGED */
  restore(open: OpenTree, entry: PxarEntry, path: string): void {
    if (!this.#run.isTargetEmpty && this.#isLeftAsItIs(entry, path)) return;
    const { startBytes, sizeBytes } = open.dataPlace(entry);
    const endBytes = startBytes + sizeBytes;
    const first = open.payload.findChunk(startBytes);
    if (sizeBytes === 0) this.#restoreEmpty(entry, path);
    else if (endBytes <= open.payload.endBytes(first))
      this.#addWhole(open, entry, { path, startBytes, sizeBytes, first });
    else this.#addSpread(open, entry, { path, startBytes, sizeBytes, first });
  }

  /** Existing files: unchanged ones stay, directories are never removed for a file. */
  #isLeftAsItIs(entry: PxarEntry, path: string): boolean {
    const { parent, name } = splitPath(path);
    const directoryFd = this.#run.tree.directory(parent);
    if (directoryFd < 0 || statAt(directoryFd, name, this.#stat) < 0) return false;
    const found = this.#stat;
    if (found.kind === S_IFDIR && this.#run.overwrite !== "never") {
      this.#run.warn(
        "ENTRY_SKIPPED",
        path,
        `${textOf(path)} is a directory in the target and was left as it is`,
      );
      return this.#skip();
    }
    const isSame =
      found.kind === S_IFREG &&
      found.sizeBytes === entry.content?.sizeBytes &&
      found.mtimeSeconds === entry.stat.mtimeSeconds &&
      found.mtimeNanos === entry.stat.mtimeNanos;
    return this.#run.overwrite === "if-changed" && isSame ? this.#skip() : false;
  }

  #skip(): true {
    this.#run.counts.skippedCount++;
    this.#run.position.doneItems++;
    return true;
  }

  #restoreEmpty(entry: PxarEntry, path: string): void {
    const fd = this.#create(path);
    this.#finish(fd, entry, path);
  }

  #addWhole(open: OpenTree, entry: PxarEntry, data: FileData): void {
    const { stat } = entry;
    const piece = pieceOf(open, data, data.first);
    this.#queue?.add(this.#place(open, data.first), {
      ...piece,
      whole: {
        mode: stat.mode,
        flags: stat.flags,
        uid: stat.uid,
        gid: stat.gid,
        mtimeSeconds: stat.mtimeSeconds,
        mtimeNanos: stat.mtimeNanos,
        attributes: entry.rawAttributes,
      },
    });
  }

  #addSpread(open: OpenTree, entry: PxarEntry, data: FileData): void {
    const fd = this.#create(data.path);
    const sized = setSize(fd, data.sizeBytes);
    closeFd(fd);
    if (sized < 0) throw writeFailed(data.path, sized);
    const last = open.payload.findChunk(data.startBytes + data.sizeBytes - 1);
    this.#spread.set(data.path, { entry, missingPieceCount: last - data.first + 1, isDamaged: false });
    for (let chunkIndex = data.first; chunkIndex <= last; chunkIndex++) {
      this.#queue?.add(this.#place(open, chunkIndex), pieceOf(open, data, chunkIndex));
    }
  }

  #place(open: OpenTree, chunkIndex: number) {
    const { payload } = open;
    return {
      digest: payload.digestAt(chunkIndex),
      rawSizeBytes: payload.endBytes(chunkIndex) - payload.startBytes(chunkIndex),
      encrypted: open.payloadFile.cryptMode === "encrypt",
    };
  }

  /** A new, empty file in place of whatever file was there, as far as the policy allows. */
  #create(path: string): number {
    const { parent, name } = splitPath(path);
    const directoryFd = this.#run.tree.directory(parent);
    if (directoryFd < 0) throw writeFailed(path, directoryFd);
    let fd = openAt(directoryFd, name, OPEN_CREATE, MODE_WHILE_RESTORING);
    if (fd === -EEXIST && this.#run.overwrite !== "never") {
      const removed = removeFileAt(directoryFd, name);
      fd = removed < 0 ? removed : openAt(directoryFd, name, OPEN_CREATE, MODE_WHILE_RESTORING);
    }
    if (fd < 0) throw writeFailed(path, fd);
    return fd;
  }

  /** Metadata of a file that has all its data. Closes the descriptor. */
  #finish(fd: number, entry: PxarEntry, path: string): void {
    try {
      const metadata = { ...entry.stat, attributes: entry.attributes() };
      tellMetadataFailures(
        this.#run,
        path,
        writeMetadata(fd, metadata, { setsOwner: this.#run.isPrivileged }),
      );
    } finally {
      closeFd(fd);
    }
    this.#run.counts.fileCount++;
    this.#run.position.doneItems++;
  }

  onWritten({ answer, storedSizeBytes, wholeCount, partPaths }: WrittenChunk): void {
    const { counts, position } = this.#run;
    counts.chunkCount++;
    counts.storedReadBytes += storedSizeBytes;
    counts.restoredBytes += answer.writtenBytes;
    counts.fileCount += wholeCount;
    position.doneBytes += answer.writtenBytes;
    position.doneItems += wholeCount;
    for (const failure of answer.failures) {
      if (failure.isFatal) throw writeFailed(`${failure.path} (${failure.what})`, failure.errno);
      tellMetadataFailures(this.#run, failure.path, [failure]);
    }
    for (const path of partPaths) this.#pieceWritten(path);
  }

  onDamaged({ wholePaths, partPaths, error }: DamagedChunk): void {
    if (!this.#run.skipDamaged) throw error;
    for (const path of wholePaths) this.#tellDamaged(path, error);
    for (const path of partPaths) {
      const file = this.#spread.get(path);
      if (file === undefined) this.#tellGap(path, error);
      else if (!file.isDamaged) this.#tellDamaged(path, error);
      if (file !== undefined) file.isDamaged = true;
      this.#pieceWritten(path);
    }
  }

  /** A disk image is worth having with a gap, which a file system check can deal with. */
  #tellGap(path: string, error: Error): void {
    const gap = `${textOf(path)} has zeros in place of a damaged chunk: ${error.message}`;
    this.#run.warn("IMAGE_INCOMPLETE", path, gap);
  }

  #tellDamaged(path: string, error: Error): void {
    this.#run.warn("FILE_NOT_RESTORED", path, `${textOf(path)} was not restored: ${error.message}`);
    this.#skip();
  }

  #pieceWritten(path: string): void {
    const file = this.#spread.get(path);
    if (file === undefined || --file.missingPieceCount > 0) return;
    this.#spread.delete(path);
    const { parent, name } = splitPath(path);
    const directoryFd = this.#run.tree.directory(parent);
    // Half a file under its full name and size would pass for a whole one.
    if (file.isDamaged) return void removeFileAt(directoryFd, name);
    const fd = directoryFd < 0 ? directoryFd : openAt(directoryFd, name, OPEN_WRITE);
    if (fd < 0) throw writeFailed(path, fd);
    this.#finish(fd, file.entry, path);
  }
}

interface FileData {
  readonly path: string;
  /** In the stream that holds it. */
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** Index of the chunk it begins in. */
  readonly first: number;
}

/** The part of the file that lies in one chunk. */
function pieceOf(open: OpenTree, data: FileData, chunkIndex: number): FilePiece {
  const { payload } = open;
  const chunkStart = payload.startBytes(chunkIndex);
  const start = Math.max(data.startBytes, chunkStart);
  const end = Math.min(data.startBytes + data.sizeBytes, payload.endBytes(chunkIndex));
  const isHeaderHere = data.startBytes - PAYLOAD_HEADER_SIZE_BYTES >= chunkStart;
  return {
    path: data.path,
    chunkOffsetBytes: start - chunkStart,
    fileOffsetBytes: start - data.startBytes,
    sizeBytes: end - start,
    headerSaysBytes: isHeaderHere && start === data.startBytes ? data.sizeBytes : undefined,
    whole: undefined,
  };
}
