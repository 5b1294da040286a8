/**
 * Where the records of a store's chunks lie: `.chunk-records` beside `.chunks`, no part of the format.
 *
 * - `START-CHANCE`: what one thread wrote, in the order it wrote it. It is locked as long as it is written to.
 * - `sorted`: everything older, by digest, made by garbage collection of what nobody writes to any more.
 *
 * All of it may be removed at any time: then nothing is known of chunks that were stored before, until they are checked again.
 */

import { toCodedError } from "@ironcore-backup/base";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { decodeRecord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";

export const RECORDS_DIRECTORY_NAME = ".chunk-records";
export const SORTED_NAME = "sorted";
const LOG_NAME = /^\d{16}-[0-9a-f]{16}$/;
const READ_SIZE_BYTES = 4096 * RECORD_SIZE_BYTES;

export function recordsPath(storePath: string): string {
  return `${storePath}/${RECORDS_DIRECTORY_NAME}`;
}

export function logName(startedAtMs: number, chance: string): string {
  return `${String(Math.floor(startedAtMs)).padStart(16, "0")}-${chance}`;
}

/** Paths of the logs, the oldest first. */
export function listLogs(disk: Disk, storePath: string): string[] {
  const directory = recordsPath(storePath);
  if (disk.stat(directory) === undefined) return [];
  return disk
    .readdir(directory)
    .filter((name) => LOG_NAME.test(name))
    .toSorted()
    .map((name) => `${directory}/${name}`);
}

/** Undefined when it is gone: merged by a garbage collection meanwhile. */
export function openIfThere(disk: Disk, path: string): OpenFile | undefined {
  try {
    return disk.open(path, "read");
  } catch (thrown) {
    if (toCodedError(thrown).code === "FILE_MISSING") return undefined;
    throw thrown;
  }
}

/** Whole records only: the last of a killed writer may be half. */
export function recordCountOf(file: OpenFile): number {
  return Math.floor(file.stat().sizeBytes / RECORD_SIZE_BYTES);
}

/** Sound records from `from` on, in the order of the file, in pieces that a caller may pause between. */
export function* readRecords(
  file: OpenFile,
  { from = 0, to = recordCountOf(file) }: { readonly from?: number; readonly to?: number } = {},
): Generator<readonly ChunkRecord[]> {
  const buffer = new Uint8Array(READ_SIZE_BYTES);
  for (let at = from * RECORD_SIZE_BYTES; at < to * RECORD_SIZE_BYTES; at += READ_SIZE_BYTES) {
    const size = Math.min(READ_SIZE_BYTES, to * RECORD_SIZE_BYTES - at);
    const read = file.pread(buffer.subarray(0, size), at);
    const records: ChunkRecord[] = [];
    for (let offset = 0; offset + RECORD_SIZE_BYTES <= read; offset += RECORD_SIZE_BYTES) {
      const record = decodeRecord(buffer.subarray(offset, offset + RECORD_SIZE_BYTES));
      if (record !== undefined) records.push(record);
    }
    yield records;
  }
}
