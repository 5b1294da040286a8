/**
 * Which chunks are in use: those that any index names. For a large store the digests do not all fit into memory; then
 * they are marked for one part of the chunk directories after the other, and the indexes are read once for each part.
 */

import { toCodedError } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import { decodeDynamicIndex, decodeFixedIndex, INDEX_FILE_SIZE_BYTES_MAX } from "@ironcore-backup/format";
import { createDigestSet } from "../digests/digest-set.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import { textFromPath } from "../disk/disk.ts";
import type { Disk } from "../disk/disk.ts";
import { findIndexFiles } from "./index-files.ts";

/** Chunk directories, from the first to before the last. */
export interface DirectoryRange {
  readonly from: number;
  readonly to: number;
}

export interface Marked {
  /** Only of the range. */
  readonly digests: DigestSet;
  readonly indexFileCount: number;
  /** Sum of the streams that the indexes describe. */
  readonly indexDataBytes: number;
}

/** An index that cannot be read: what it needs is not known, so nothing may be removed. */
export interface UnreadableIndex {
  readonly path: string;
  readonly error: CodedError;
}

export interface MarkOptions {
  readonly range: DirectoryRange;
  /** Called between steps of some milliseconds. @throws to end the work */
  readonly rest: () => Promise<void> | undefined;
  readonly onIndex: (doneCount: number) => void;
}

/** @throws what `rest` throws, DISK_READ_FAILED, PERMISSION_DENIED */
export async function markChunks(
  needs: { readonly disk: Disk },
  storePath: string,
  options: MarkOptions,
): Promise<{ readonly marked: Marked; readonly unreadable: readonly UnreadableIndex[] }> {
  const digests = createDigestSet();
  const unreadable: UnreadableIndex[] = [];
  let [indexFileCount, indexDataBytes] = [0, 0];
  for (const path of findIndexFiles(needs.disk, storePath)) {
    const resting = options.rest();
    if (resting !== undefined) await resting;
    if (path === undefined) continue;
    const outcome = readIndex(needs.disk, path);
    if (outcome === "gone") continue;
    if ("error" in outcome) unreadable.push(outcome);
    else {
      indexFileCount++;
      indexDataBytes += outcome.sizeBytes;
      await addDigests(digests, outcome, options);
    }
    options.onIndex(indexFileCount);
  }
  return { marked: { digests, indexFileCount, indexDataBytes }, unreadable };
}

/** The digests of one index, in the order of its stream. */
export interface IndexDigests {
  readonly sizeBytes: number;
  readonly chunkCount: number;
  digestAt(chunkIndex: number): Uint8Array;
}

/** Whole in memory. "gone": it was removed. */
export function readIndex(disk: Disk, path: string): IndexDigests | UnreadableIndex | "gone" {
  try {
    const file = disk.readFile(path, INDEX_FILE_SIZE_BYTES_MAX);
    return path.endsWith(".fidx") ? decodeFixedIndex(file) : decodeDynamicIndex(file);
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "FILE_MISSING") return "gone";
    return { path: textFromPath(path), error };
  }
}

/** Entries of a large index between two rests. */
const ENTRIES_PER_STEP = 20_000;

async function addDigests(
  digests: DigestSet,
  index: IndexDigests,
  { range, rest }: MarkOptions,
): Promise<void> {
  const isAll = range.from === 0 && range.to === 65_536;
  for (let at = 0; at < index.chunkCount; at++) {
    if (at % ENTRIES_PER_STEP === ENTRIES_PER_STEP - 1) await rest();
    const digest = index.digestAt(at);
    if (isAll || isInRange(digest, range)) digests.add(digest);
  }
}

/** Whether a chunk's file lies in these directories. */
export function isInRange(digest: Uint8Array, { from, to }: DirectoryRange): boolean {
  const directory = ((digest[0] ?? 0) << 8) | (digest[1] ?? 0);
  return directory >= from && directory < to;
}
