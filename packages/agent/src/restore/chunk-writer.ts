/**
 * The decode threads' part of a restore: takes one verified chunk and writes the pieces of files in it.
 *
 * Whole files are made, filled and finished here, all at once and without the main thread. Pieces of larger files go to
 * their place in a file that the main thread made; it also finishes them when the last piece is written.
 */

import { decodeAttributes, PAYLOAD_HEADER_SIZE_BYTES, writePayloadHeader } from "@ironcore-backup/format";
import type { ChunkConsumer } from "@ironcore-backup/format";
import { writeMetadata } from "../attributes/attribute-writer.ts";
import { removeFileAt } from "../syscalls/creation.ts";
import { closeFd, openAt, OPEN_CREATE, OPEN_WRITE } from "../syscalls/directory.ts";
import { EEXIST, EIO } from "../syscalls/errno.ts";
import { unpackPieces } from "./chunk-task.ts";
import type { ChunkAnswer, FilePiece, PackedPieces, PieceFailure, WholeFile } from "./chunk-task.ts";
import { writeSparse, writeWholeSparse } from "./sparse-writer.ts";
import { splitPath, TargetTree } from "./target-tree.ts";

/** Goes to the threads; descriptors are the process's, so every thread can use the main thread's. */
export interface ChunkWriterData {
  readonly rootFd: number;
  readonly setsOwner: boolean;
  /** An existing file is removed first; without it, one that appeared meanwhile is a failure. */
  readonly replaces: boolean;
}

export const CHUNK_WRITER_URL = import.meta.url;

export function open(data: unknown): ChunkConsumer {
  // Only `restoreSnapshot` names this module, with data of this shape.
  const options = data as ChunkWriterData;
  const tree = new TargetTree(options.rootFd);
  return {
    // Only `PieceQueue` makes the tasks of this module.
    consume: (raw, task) => writePieces(options, tree, raw, task as PackedPieces),
    close: () => tree.close(),
  };
}

function writePieces(
  options: ChunkWriterData,
  tree: TargetTree,
  raw: Uint8Array,
  task: PackedPieces,
): ChunkAnswer {
  const failures: PieceFailure[] = [];
  let writtenBytes = 0;
  for (const piece of unpackPieces(task)) {
    const before = failures.length;
    writePiece(options, tree, raw, piece, failures);
    if (failures.slice(before).every((failure) => !failure.isFatal)) writtenBytes += piece.sizeBytes;
  }
  return { writtenBytes, failures };
}

function writePiece(
  options: ChunkWriterData,
  tree: TargetTree,
  raw: Uint8Array,
  piece: FilePiece,
  failures: PieceFailure[],
): void {
  const fail = (what: string, errno: number, isFatal = true): void =>
    void failures.push({ path: piece.path, what, errno, isFatal });
  const bytes = raw.subarray(piece.chunkOffsetBytes, piece.chunkOffsetBytes + piece.sizeBytes);
  if (bytes.length !== piece.sizeBytes) return fail("data (the chunk is too short)", -EIO);
  if (!isHeaderRight(raw, piece))
    return fail("data (the archive's header before it is another file's)", -EIO);
  const { parent, name } = splitPath(piece.path);
  const directoryFd = tree.directory(parent);
  if (directoryFd < 0) return fail("directory", directoryFd);
  const fd =
    piece.whole === undefined ? openAt(directoryFd, name, OPEN_WRITE) : create(options, directoryFd, name);
  if (fd < 0) return fail("file", fd);
  try {
    const result =
      piece.whole === undefined ? writeSparse(fd, bytes, piece.fileOffsetBytes) : writeWholeSparse(fd, bytes);
    if (result < 0) return fail("data", result);
    if (piece.whole === undefined) return;
    for (const { what, errno } of finish(options, fd, piece.whole)) fail(what, errno, false);
  } finally {
    closeFd(fd);
  }
}

const header = new Uint8Array(PAYLOAD_HEADER_SIZE_BYTES);

/** A second witness that names and data of the archive belong together. */
function isHeaderRight(raw: Uint8Array, piece: FilePiece): boolean {
  if (piece.headerSaysBytes === undefined) return true;
  writePayloadHeader(header, piece.headerSaysBytes);
  const found = raw.subarray(piece.chunkOffsetBytes - PAYLOAD_HEADER_SIZE_BYTES, piece.chunkOffsetBytes);
  return Buffer.compare(found, header) === 0;
}

function create(options: ChunkWriterData, directoryFd: number, name: string): number {
  const fd = openAt(directoryFd, name, OPEN_CREATE, 0o600);
  if (fd !== -EEXIST || !options.replaces) return fd;
  const removed = removeFileAt(directoryFd, name);
  return removed < 0 ? removed : openAt(directoryFd, name, OPEN_CREATE, 0o600);
}

function finish(options: ChunkWriterData, fd: number, whole: WholeFile): { what: string; errno: number }[] {
  const attributes = decodeAttributes(whole.attributes, 0);
  return writeMetadata(fd, { ...whole, attributes }, options);
}
