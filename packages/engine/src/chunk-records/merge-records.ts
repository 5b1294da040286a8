/**
 * Sorts what writers left into the one sorted file, and drops what counts no more: earlier checks of the same file, and
 * all of chunks that were removed. It goes over everything once for each range of digests, so that its memory is
 * bounded; the old file and the logs stay until the new one is durable.
 */

import { randomHex } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import type { DigestSet } from "../digests/digest-set.ts";
import type { Disk, DiskLock, OpenFile } from "../disk/disk.ts";
import { tryLockPath } from "../locks/path-lock.ts";
import { encodeRecord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import {
  listLogs,
  openIfThere,
  readRecords,
  recordCountOf,
  recordsPath,
  SORTED_NAME,
} from "./record-files.ts";
import { recordsThatCount } from "./records-that-count.ts";

/** Of one range of digests in memory at once, some 400 bytes each. */
const RANGE_RECORD_COUNT = 200_000;
const RANGE_COUNT_MAX = 256;
const TEMPORARY_MARK = ".tmp_";

export interface MergeOptions {
  /** Chunks that are gone. */
  readonly removed?: DigestSet;
  /** Between pieces of work; what it throws ends the merge, and everything stays as it was. */
  readonly rest?: () => Promise<void> | undefined;
  /** As in `RANGE_RECORD_COUNT`. */
  readonly rangeRecordCount?: number;
}

/**
 * Does nothing while another merge goes on. Logs that are written to stay as they are.
 * @throws DISK_FULL, DISK_READ_FAILED, DISK_WRITE_FAILED, PERMISSION_DENIED, what `rest` throws
 */
export async function mergeChunkRecords(
  needs: { readonly disk: Disk; readonly random: Random },
  storePath: string,
  options: MergeOptions = {},
): Promise<void> {
  const { disk } = needs;
  const directory = recordsPath(storePath);
  const merging = tryLockPath(needs, directory, "exclusive");
  if (merging.outcome !== "locked") return;
  const locks: DiskLock[] = [merging.lock];
  const sources: OpenFile[] = [];
  try {
    removeTemporaries(disk, directory);
    const sorted = openIfThere(disk, `${directory}/${SORTED_NAME}`);
    if (sorted !== undefined) sources.push(sorted);
    const logs: string[] = [];
    for (const path of listLogs(disk, storePath)) {
      const locked = tryLockPath(needs, path, "exclusive");
      if (locked.outcome !== "locked") continue;
      locks.push(locked.lock);
      sources.push(disk.open(path, "read"));
      logs.push(path);
    }
    if (logs.length === 0 && (options.removed?.digestCount ?? 0) === 0) return;
    await writeSorted(needs, directory, sources, options);
    for (const path of logs) disk.unlink(path);
  } finally {
    for (const file of sources) file.close();
    for (const lock of locks) lock.release();
  }
}

async function writeSorted(
  { disk, random }: { readonly disk: Disk; readonly random: Random },
  directory: string,
  sources: readonly OpenFile[],
  { removed, rest, rangeRecordCount = RANGE_RECORD_COUNT }: MergeOptions,
): Promise<void> {
  const path = `${directory}/${SORTED_NAME}`;
  const temporary = `${path}${TEMPORARY_MARK}${randomHex(random, 8)}`;
  const recordCount = sources.reduce((sum, file) => sum + recordCountOf(file), 0);
  const rangeCount = Math.min(RANGE_COUNT_MAX, Math.max(1, Math.ceil(recordCount / rangeRecordCount)));
  const target = disk.open(temporary, "create");
  try {
    try {
      let writtenBytes = 0;
      for (let range = 0; range < rangeCount; range++) {
        const bytes = await sortRange(sources, { range, rangeCount, removed, rest });
        target.pwrite(bytes, writtenBytes);
        writtenBytes += bytes.length;
      }
      target.sync();
    } finally {
      target.close();
    }
    disk.rename(temporary, path);
  } catch (thrown) {
    removeTemporaries(disk, directory);
    throw thrown;
  }
  disk.syncDirectory(directory);
}

interface Range {
  readonly range: number;
  readonly rangeCount: number;
  readonly removed: DigestSet | undefined;
  readonly rest: MergeOptions["rest"];
}

/** The records of one range of digests that count, by digest and then as they were written. */
async function sortRange(
  sources: readonly OpenFile[],
  { range, rangeCount, removed, rest }: Range,
): Promise<Uint8Array> {
  const byDigest = new Map<string, ChunkRecord[]>();
  for (const file of sources)
    for (const records of readRecords(file)) {
      for (const record of records) {
        const first = record.digest[0] ?? 0;
        if (Math.floor((first * rangeCount) / 256) !== range || removed?.has(record.digest) === true)
          continue;
        const name = Buffer.from(record.digest).toString("latin1");
        byDigest.set(name, recordsThatCount([...(byDigest.get(name) ?? []), record]));
      }
      await rest?.();
    }
  const sorted = [...byDigest.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, kept]) => kept);
  const bytes = new Uint8Array(sorted.length * RECORD_SIZE_BYTES);
  for (const [at, record] of sorted.entries())
    encodeRecord(record, bytes.subarray(at * RECORD_SIZE_BYTES, (at + 1) * RECORD_SIZE_BYTES));
  return bytes;
}

/** What a killed merge left; whoever holds the lock is the only one to merge. */
function removeTemporaries(disk: Disk, directory: string): void {
  for (const name of disk.readdir(directory))
    if (name.startsWith(`${SORTED_NAME}${TEMPORARY_MARK}`)) disk.unlink(`${directory}/${name}`);
}
