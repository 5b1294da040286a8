/**
 * Looks records up in the file that garbage collection sorted by digest. Digests lie evenly, so that the place of one is guessed
 * from its first bytes: two or three small reads find it among millions, and nothing is kept in memory.
 */

import type { OpenFile } from "../disk/disk.ts";
import { decodeRecord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { recordCountOf } from "./record-files.ts";

const BLOCK_RECORD_COUNT = 64;
/** Guesses; what is left then is halved, which also finds its way in a file whose digests do not lie evenly. */
const GUESS_COUNT_MAX = 8;
const PREFIX_SIZE_BYTES = 6;
const PREFIX_END = 2 ** (8 * PREFIX_SIZE_BYTES);

export interface SortedRecords {
  /** In the order in which they were written. */
  find(digest: Uint8Array): ChunkRecord[];
}

export function createSortedRecords(file: OpenFile): SortedRecords {
  const recordCount = recordCountOf(file);
  const key = Buffer.alloc(RECORD_SIZE_BYTES);

  const keyAt = (at: number): Buffer => {
    file.pread(key, at * RECORD_SIZE_BYTES);
    return key.subarray(0, 32);
  };

  /** The first record that is not below the digest. */
  const lowerBound = (digest: Uint8Array): number => {
    let [from, to] = [0, recordCount];
    let [fromPrefix, toPrefix] = [0, PREFIX_END];
    const prefix = prefixOf(digest);
    for (let guesses = 0; to - from > BLOCK_RECORD_COUNT; guesses++) {
      const share = guesses < GUESS_COUNT_MAX ? (prefix - fromPrefix) / (toPrefix - fromPrefix) : 0.5;
      // Half a block before the guess: most often what is looked for is in the next block then.
      const aim =
        from + Math.floor((to - from) * share) + (guesses % 2 === 0 ? -1 : 1) * (BLOCK_RECORD_COUNT / 2);
      const middle = Math.min(to - 1, Math.max(from, aim));
      const found = keyAt(middle);
      if (Buffer.compare(found, digest) < 0) [from, fromPrefix] = [middle + 1, prefixOf(found)];
      else [to, toPrefix] = [middle, prefixOf(found)];
      if (toPrefix <= fromPrefix) guesses = GUESS_COUNT_MAX;
    }
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (Buffer.compare(keyAt(middle), digest) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  };

  return {
    find: (digest) => {
      const found: ChunkRecord[] = [];
      const bytes = new Uint8Array(RECORD_SIZE_BYTES);
      for (let at = lowerBound(digest); at < recordCount; at++) {
        if (file.pread(bytes, at * RECORD_SIZE_BYTES) < RECORD_SIZE_BYTES) break;
        if (Buffer.compare(bytes.subarray(0, 32), digest) !== 0) break;
        const record = decodeRecord(bytes);
        if (record !== undefined) found.push(record);
      }
      return found;
    },
  };
}

function prefixOf(digest: Uint8Array): number {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).readUIntBE(0, PREFIX_SIZE_BYTES);
}
