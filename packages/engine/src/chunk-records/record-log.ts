/**
 * Appends records of chunks to a file that is this writer's own. It is made with the first record, so a writer that has
 * nothing to say leaves nothing.
 */

import { baseErrors, randomHex, toCodedError } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import type { Disk, DiskLock, OpenFile } from "../disk/disk.ts";
import { tryLockPath } from "../locks/path-lock.ts";
import { encodeRecord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { logName, recordsPath } from "./record-files.ts";

const BUFFERED_RECORD_COUNT_MAX = 1024;
const OPEN_ATTEMPT_COUNT_MAX = 100;

export interface RecordLog {
  /** Kept in memory until `flush`, or until there are many. @throws DISK_FULL, DISK_WRITE_FAILED */
  add(record: ChunkRecord): void;
  /** Outlives the process from now on, and a power cut from the file system's next sync on. @throws DISK_FULL, DISK_WRITE_FAILED */
  flush(): void;
  /** Flushes. @throws DISK_FULL, DISK_WRITE_FAILED */
  close(): void;
}

export function createRecordLog(
  needs: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
  storePath: string,
): RecordLog {
  let buffer = new Uint8Array(0);
  let bufferedBytes = 0;
  let writtenBytes = 0;
  let held: { readonly file: OpenFile; readonly lock: DiskLock } | undefined;

  const flush = (): void => {
    if (bufferedBytes === 0) return;
    held ??= openLog(needs, storePath);
    held.file.pwrite(buffer.subarray(0, bufferedBytes), writtenBytes);
    writtenBytes += bufferedBytes;
    bufferedBytes = 0;
  };
  return {
    add: (record) => {
      if (buffer.length === 0) buffer = new Uint8Array(BUFFERED_RECORD_COUNT_MAX * RECORD_SIZE_BYTES);
      if (bufferedBytes === buffer.length) flush();
      encodeRecord(record, buffer.subarray(bufferedBytes, bufferedBytes + RECORD_SIZE_BYTES));
      bufferedBytes += RECORD_SIZE_BYTES;
    },
    flush,
    close: () => {
      try {
        flush();
      } finally {
        held?.file.close();
        held?.lock.release();
        held = undefined;
      }
    },
  };
}

function openLog(
  needs: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
  storePath: string,
): { readonly file: OpenFile; readonly lock: DiskLock } {
  const { disk, clock, random } = needs;
  makeDirectory(disk, recordsPath(storePath));
  for (let attempt = 0; attempt < OPEN_ATTEMPT_COUNT_MAX; attempt++) {
    const path = `${recordsPath(storePath)}/${logName(clock.now(), randomHex(random, 8))}`;
    const file = disk.open(path, "create");
    const locked = tryLockPath(needs, path, "exclusive");
    if (locked.outcome === "locked") return { file, lock: locked.lock };
    // A garbage collection took the empty file for a dead writer's, in the moment before it was locked.
    file.close();
  }
  throw baseErrors.INVARIANT_BROKEN({
    invariant: `a new log of chunk records is locked within ${OPEN_ATTEMPT_COUNT_MAX} attempts`,
  });
}

function makeDirectory(disk: Disk, path: string): void {
  if (disk.stat(path) !== undefined) return;
  try {
    disk.mkdir(path);
  } catch (thrown) {
    // Two writers began at once.
    if (toCodedError(thrown).code !== "FILE_EXISTS") throw thrown;
  }
}
