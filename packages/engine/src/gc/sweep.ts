/**
 * Removes what no index names and no living writer can count on. One chunk directory after the other.
 *
 * Between looking at a chunk's access time and removing it, another process may find and touch the chunk. So the chunk's
 * name is taken away first, by a rename; a touch after that finds nothing, and whoever finds nothing gives the name
 * back (chunk-store). Then the time is looked at once more, and only a chunk that is still old is removed. A kill in
 * between leaves a chunk without its name, which the next reader, writer or collection gives back.
 */

import { bytesFromHex, toCodedError } from "@ironcore-backup/base";
import {
  chunkDirectoryName,
  CHUNKS_DIRECTORY_NAME,
  classifyChunkName,
  doomedChunkPath,
} from "../chunk-store/chunk-path.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import type { Disk, FileStat } from "../disk/disk.ts";
import type { DirectoryRange } from "./mark.ts";

export interface SweepTally {
  /** Chunks that stay because an index names them. */
  usedChunkCount: number;
  usedBytes: number;
  removedChunkCount: number;
  removedBytes: number;
  /** Named by no index, but not old enough yet. */
  pendingChunkCount: number;
  pendingBytes: number;
  /** Access time of the oldest pending one, in milliseconds since 1970. */
  pendingOldestMs: number | undefined;
  removedBadChunkCount: number;
  /** Set aside by a verification, and kept: still named by an index, or not old enough. */
  keptBadChunkCount: number;
  /** Of writers that died. */
  removedTemporaryCount: number;
}

export function createSweepTally(): SweepTally {
  return {
    usedChunkCount: 0,
    usedBytes: 0,
    removedChunkCount: 0,
    removedBytes: 0,
    pendingChunkCount: 0,
    pendingBytes: 0,
    pendingOldestMs: undefined,
    removedBadChunkCount: 0,
    keptBadChunkCount: 0,
    removedTemporaryCount: 0,
  };
}

/** Of what is removed only so many digests are kept, for the records; what is left in these does no harm. */
const REMOVED_COUNT_MAX = 1_000_000;

export interface SweepOptions {
  readonly range: DirectoryRange;
  readonly marked: DigestSet;
  /** What was used since then stays. */
  readonly oldestKeptMs: number;
  /** Nothing is changed, only counted. */
  readonly isDryRun: boolean;
  readonly tally: SweepTally;
  /** Filled with what was removed, as far as it takes. */
  readonly removed: DigestSet;
  readonly rest: () => Promise<void> | undefined;
  /** Before each directory, and after each rest. @throws when it is not the store that was marked any more */
  readonly assertStore: () => void;
  readonly onDirectory: (doneCount: number) => void;
}

/** @throws what `rest` throws, DISK_READ_FAILED, DISK_WRITE_FAILED, PERMISSION_DENIED */
export async function sweepChunks(
  needs: { readonly disk: Disk },
  storePath: string,
  options: SweepOptions,
): Promise<void> {
  const { from, to } = options.range;
  for (let at = from; at < to; at++) {
    options.assertStore();
    const directory = `${storePath}/${CHUNKS_DIRECTORY_NAME}/${chunkDirectoryName(at)}`;
    for (const name of namesIn(needs.disk, directory, options.isDryRun)) {
      const resting = options.rest();
      if (resting !== undefined) {
        await resting;
        options.assertStore();
      }
      sweepOne(needs.disk, `${directory}/${name}`, name, options);
    }
    const resting = options.rest();
    if (resting !== undefined) await resting;
    options.onDirectory(at + 1);
  }
}

function sweepOne(disk: Disk, path: string, name: string, options: SweepOptions): void {
  switch (classifyChunkName(name)) {
    case "chunk":
      return sweepChunk(disk, path, name, options);
    case "bad-chunk":
      return sweepBadChunk(disk, path, name, options);
    case "temporary":
      return sweepTemporary(disk, path, options);
    case "doomed-chunk":
    case "other":
      return;
  }
}

function isMarked({ marked }: SweepOptions, name: string): boolean {
  return marked.has(bytesFromHex(name.slice(0, 64)));
}

function sweepChunk(disk: Disk, path: string, name: string, options: SweepOptions): void {
  const { tally, oldestKeptMs, isDryRun } = options;
  const stat = findFile(disk, path);
  if (stat === undefined) return;
  if (isMarked(options, name)) {
    tally.usedChunkCount++;
    tally.usedBytes += stat.sizeBytes;
  } else if (stat.accessedAtMs < oldestKeptMs && (isDryRun || removeIfStillOld(disk, path, oldestKeptMs))) {
    tally.removedChunkCount++;
    tally.removedBytes += stat.sizeBytes;
    if (options.removed.digestCount < REMOVED_COUNT_MAX) options.removed.add(bytesFromHex(name));
  } else countPending(tally, findFile(disk, path) ?? stat);
}

function countPending(tally: SweepTally, { sizeBytes, accessedAtMs }: FileStat): void {
  tally.pendingChunkCount++;
  tally.pendingBytes += sizeBytes;
  tally.pendingOldestMs = Math.min(tally.pendingOldestMs ?? accessedAtMs, accessedAtMs);
}

function removeIfStillOld(disk: Disk, path: string, oldestKeptMs: number): boolean {
  const doomed = doomedChunkPath(path);
  if (!attempt(() => disk.rename(path, doomed))) return false;
  const stat = disk.lstat(doomed);
  // Somebody needed it and has given it back already.
  if (stat === undefined) return false;
  if (stat.accessedAtMs < oldestKeptMs) return attempt(() => disk.unlink(doomed));
  // Touched after the first look. A new chunk that came under the name meanwhile holds the same.
  attempt(() => disk.rename(doomed, path));
  return false;
}

/**
 * A bad chunk may be all that is left of one that an index still names: it stays as long as nothing sound took its place.
 */
function sweepBadChunk(disk: Disk, path: string, name: string, options: SweepOptions): void {
  const { tally, oldestKeptMs, isDryRun } = options;
  const stat = findFile(disk, path);
  if (stat === undefined) return;
  const isNeeded = isMarked(options, name) && findFile(disk, path.slice(0, -".0.bad".length)) === undefined;
  if (isNeeded || stat.accessedAtMs >= oldestKeptMs) tally.keptBadChunkCount++;
  else if (isDryRun || attempt(() => disk.unlink(path))) tally.removedBadChunkCount++;
}

function sweepTemporary(disk: Disk, path: string, { tally, oldestKeptMs, isDryRun }: SweepOptions): void {
  const stat = findFile(disk, path);
  if (stat === undefined || stat.accessedAtMs >= oldestKeptMs || stat.modifiedAtMs >= oldestKeptMs) return;
  if (isDryRun || attempt(() => disk.unlink(path))) tally.removedTemporaryCount++;
}

/**
 * The names of a directory. What a killed collection had taken the name of gets it back first, and is looked at like any
 * other chunk.
 */
function namesIn(disk: Disk, directory: string, isDryRun: boolean): ReadonlySet<string> {
  const names = new Set(disk.readdir(directory));
  for (const name of [...names]) {
    if (classifyChunkName(name) !== "doomed-chunk" || isDryRun) continue;
    const ownName = name.slice(0, -".gc".length);
    if (attempt(() => disk.rename(`${directory}/${name}`, `${directory}/${ownName}`))) names.add(ownName);
  }
  return names;
}

function findFile(disk: Disk, path: string): FileStat | undefined {
  const stat = disk.lstat(path);
  return stat?.kind === "file" ? stat : undefined;
}

/** False when the file is gone: another process was quicker. */
function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (thrown) {
    if (toCodedError(thrown).code === "FILE_MISSING") return false;
    throw thrown;
  }
}
