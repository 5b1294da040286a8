/**
 * The compressed form of a log that takes no more lines: one zstd frame for each block, then the index in a frame that
 * zstd skips, so that `zstd -dc` gives the plain log back.
 *
 *   frame │ frame │ … │ 184D2A5C, size │ positions of block ends (log-index.ts) │ "IBLOGIX1" · u32 positions · u32 CRC-32 of them │
 *
 * A page is one frame or two. Written under another name, made durable, renamed: the name says that it is whole.
 */

import { open, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, crc32, zstdCompress, zstdDecompressSync } from "node:zlib";
import { assertInvariant, throwIfCancelled } from "@ironcore-backup/base";
import { readRange, removeIfThere, syncDirectoryOf, unlessAbsent, writeWhole } from "./log-disk.ts";
import { decodePositions, encodePositions, INDEX_ENTRY_SIZE_BYTES } from "./log-index.ts";
import type { LogPosition } from "./log-index.ts";
import { createLogView, damaged, endOfRun } from "./log-view.ts";
import type { LogView } from "./log-view.ts";

const COMPRESSION_LEVEL = 3;
/** The thirteenth of the sixteen frames that zstd skips. */
const SKIPPED_FRAME_MAGIC = 0x184d2a5c;
const SKIPPED_HEADER_SIZE_BYTES = 8;
const TRAILER_MAGIC = "IBLOGIX1";
const TRAILER_SIZE_BYTES = 16;
/** An index of so many bytes is one of a hundred million lines. */
const INDEX_SIZE_BYTES_MAX = 16 * 1024 * 1024;

const compress = promisify(zstdCompress);

/**
 * Writes the compressed form of a log durably. Interrupted, it leaves at most a file that ends in `.tmp`.
 * @param path  of the compressed file
 * @throws CANCELLED, TASK_LOG_DAMAGED, what the file system refuses
 */
export async function writeLogArchive(
  path: string,
  view: LogView,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await writeDurably(path, async (file) => {
    const ends = await writeFrames(file, view, options.signal);
    await writeWhole(file, encodeIndexFrame(ends));
  });
}

async function writeFrames(file: FileHandle, view: LogView, signal: AbortSignal): Promise<LogPosition[]> {
  const ends: LogPosition[] = [];
  let offsetBytes = 0;
  for (let first = 0; first < view.blockCount;) {
    throwIfCancelled(signal);
    const end = endOfRun(view, first);
    for (const block of await view.readBlocks(first, end)) {
      const frame = await compress(block, {
        params: {
          [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL,
          [constants.ZSTD_c_checksumFlag]: 1,
        },
        pledgedSrcSize: block.length,
      });
      await writeWhole(file, frame);
      offsetBytes += frame.length;
      first++;
      ends.push({ ...view.position(first), offsetBytes });
    }
  }
  return ends;
}

function encodeIndexFrame(ends: readonly LogPosition[]): Buffer {
  const index = encodePositions(ends);
  const bytes = Buffer.alloc(SKIPPED_HEADER_SIZE_BYTES + index.length + TRAILER_SIZE_BYTES);
  bytes.writeUInt32LE(SKIPPED_FRAME_MAGIC, 0);
  bytes.writeUInt32LE(index.length + TRAILER_SIZE_BYTES, 4);
  bytes.set(index, SKIPPED_HEADER_SIZE_BYTES);
  const trailerAt = bytes.length - TRAILER_SIZE_BYTES;
  bytes.write(TRAILER_MAGIC, trailerAt, "latin1");
  bytes.writeUInt32LE(ends.length, trailerAt + 8);
  bytes.writeUInt32LE(crc32(index), trailerAt + 12);
  return bytes;
}

/**
 * Makes a plain log of a compressed one, durably, in place of whatever plain one there is. Interrupted, it leaves at most a
 * file that ends in `.tmp`.
 * @param path  of the plain file
 */
export async function restoreLog(path: string, view: LogView): Promise<void> {
  await writeDurably(path, async (file) => {
    for (let first = 0; first < view.blockCount;) {
      const end = endOfRun(view, first);
      for (const block of await view.readBlocks(first, end)) await writeWhole(file, block);
      first = end;
    }
  });
}

/** All of it or nothing, under its name only when it survives a power cut. */
async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await write(file);
    await file.sync();
    await file.close();
    await rename(temporary, path);
    await syncDirectoryOf(path);
  } catch (cause) {
    // Closing twice is harmless; what was written of it is not needed.
    await file.close();
    await removeIfThere(temporary);
    throw cause;
  }
}

export interface LogArchive {
  readonly view: LogView;
  close(): Promise<void>;
}

/** @returns undefined when there is none. @throws TASK_LOG_DAMAGED */
export async function openLogArchive(path: string): Promise<LogArchive | undefined> {
  const file = await unlessAbsent(open(path, "r"));
  if (file === undefined) return undefined;
  try {
    const starts = await readIndexFrame(path, file);
    const end = starts.at(-1);
    assertInvariant(end !== undefined, "an index has at least the position before its first line");
    const view = createLogView({ path, starts }, { blockCount: starts.length - 1, end }, (between) =>
      readFrames(path, file, between),
    );
    return { view, close: () => file.close() };
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

async function readIndexFrame(path: string, file: FileHandle): Promise<LogPosition[]> {
  const { size } = await file.stat();
  const trailer =
    size < TRAILER_SIZE_BYTES ? undefined : await readRange(file, size - TRAILER_SIZE_BYTES, size);
  if (trailer?.toString("latin1", 0, 8) !== TRAILER_MAGIC) throw damaged(path, "its end is missing");
  const indexSizeBytes = trailer.readUInt32LE(8) * INDEX_ENTRY_SIZE_BYTES;
  const indexAt = size - TRAILER_SIZE_BYTES - indexSizeBytes;
  const framesEnd = indexAt - SKIPPED_HEADER_SIZE_BYTES;
  if (framesEnd < 0 || indexSizeBytes > INDEX_SIZE_BYTES_MAX) throw damaged(path, "its index is cut");
  const index = await readRange(file, indexAt, indexAt + indexSizeBytes);
  const positions =
    index !== undefined && crc32(index) === trailer.readUInt32LE(12) ? decodePositions(index) : undefined;
  if (positions?.at(-1)?.offsetBytes !== framesEnd) throw damaged(path, "its index is not what was written");
  return positions;
}

async function readFrames(
  path: string,
  file: FileHandle,
  between: readonly LogPosition[],
): Promise<readonly Buffer[]> {
  const base = between[0]?.offsetBytes ?? 0;
  const bytes = await readRange(file, base, between.at(-1)?.offsetBytes ?? base);
  if (bytes === undefined) throw damaged(path, "it is shorter than it was");
  return between.slice(1).map((end, at) => {
    const start = between[at];
    assertInvariant(start !== undefined, "every block has a start");
    const sizeBytes = end.plainBytes - start.plainBytes;
    const frame = bytes.subarray(start.offsetBytes - base, end.offsetBytes - base);
    return decompressFrame(path, frame, sizeBytes);
  });
}

/** On this thread: a frame takes a tenth of a millisecond, the way to another thread and back four times that. */
function decompressFrame(path: string, frame: Buffer, sizeBytes: number): Buffer {
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(frame, { maxOutputLength: sizeBytes, chunkSize: Math.max(64, sizeBytes) });
  } catch (cause) {
    throw damaged(path, "a frame cannot be decompressed", cause);
  }
  if (plain.length !== sizeBytes) throw damaged(path, "a frame has another size than it had");
  return plain;
}
