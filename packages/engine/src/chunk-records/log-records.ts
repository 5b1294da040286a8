/**
 * The records that no garbage collection has sorted yet, in memory: their bytes as they are, and for each digest the number of its
 * newest record, from which each leads to the one before. Some 130 bytes a record.
 */

import { createDigestMap } from "../digests/digest-map.ts";
import type { Disk } from "../disk/disk.ts";
import { decodeRecord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { listLogs, openIfThere, recordCountOf } from "./record-files.ts";

const DIGEST_SIZE_BYTES = 32;

export interface LogRecords {
  readonly recordCount: number;
  /** In the order in which they were written, as far as several writers have one. */
  find(digest: Uint8Array): ChunkRecord[];
}

/** @throws DISK_READ_FAILED, PERMISSION_DENIED */
export function readLogRecords(needs: { readonly disk: Disk }, storePath: string): LogRecords {
  const pieces: Uint8Array[] = [];
  for (const path of listLogs(needs.disk, storePath)) {
    const file = openIfThere(needs.disk, path);
    if (file === undefined) continue;
    try {
      const bytes = new Uint8Array(recordCountOf(file) * RECORD_SIZE_BYTES);
      pieces.push(bytes.subarray(0, wholeRecords(file.pread(bytes, 0))));
    } finally {
      file.close();
    }
  }
  const all = Buffer.concat(pieces);
  const recordCount = all.length / RECORD_SIZE_BYTES;
  const newest = createDigestMap(recordCount);
  /** By number, from 1: the record before it of the same digest; 0: none. */
  const before = new Uint32Array(recordCount + 1);
  const bytesOf = (number: number): Uint8Array =>
    all.subarray((number - 1) * RECORD_SIZE_BYTES, number * RECORD_SIZE_BYTES);
  for (let number = 1; number <= recordCount; number++)
    before[number] = newest.set(bytesOf(number).subarray(0, DIGEST_SIZE_BYTES), number) ?? 0;

  return {
    recordCount,
    find: (digest) => {
      const found: ChunkRecord[] = [];
      for (let number = newest.get(digest) ?? 0; number > 0; number = before[number] ?? 0) {
        const record = decodeRecord(bytesOf(number));
        if (record !== undefined && Buffer.compare(record.digest, digest) === 0) found.push(record);
      }
      return found.toReversed();
    },
  };
}

function wholeRecords(sizeBytes: number): number {
  return sizeBytes - (sizeBytes % RECORD_SIZE_BYTES);
}
