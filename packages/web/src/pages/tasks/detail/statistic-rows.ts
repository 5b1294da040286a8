/** What a task came to, in numbers with their meaning. A rate or share that nothing could be divided for is left out. */

import { formatDuration, formatInstant, formatSize, instantFromMs } from "@ironcore-backup/base";
import type {
  BackupStatistics,
  DrillStatistics,
  GcStatistics,
  PruneStatistics,
  RestoreStatistics,
  VerifyStatistics,
} from "@ironcore-backup/protocol/calls";
import { countOf, formatCount } from "../../../parts/stage-text.ts";

export interface StatisticRow {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export function backupRows(numbers: BackupStatistics): StatisticRow[] {
  const { fileCount, reusedFileCount, directoryCount, chunkCount, knownChunkCount } = numbers;
  const rate = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${formatSize(value)}/s`;
  return present([
    [
      "Effective transfer rate",
      rate(numbers.effectiveTransferRateBytesPerSecond),
      "Bytes a second of chunk data really sent to the datastore",
    ],
    ["Source read rate", rate(numbers.sourceReadRateBytesPerSecond), "Bytes a second read from the workload"],
    [
      "Deduplication hit rate",
      formatShare(numbers.deduplicationHitRate),
      "Share of chunks already in the datastore; above 70 % is usual for a daily backup",
    ],
    [
      "Compression ratio",
      numbers.compressionRatio === undefined ? undefined : `${numbers.compressionRatio.toFixed(2)}×`,
      "Raw size against size after Zstandard, of newly stored chunks; 2× to 4× is usual",
    ],
    [
      "Pre-encrypt size",
      formatSize(numbers.preEncryptBytes),
      "Logical bytes of the snapshot, before compression and encryption",
    ],
    ["On-disk size", formatSize(numbers.onDiskBytes), "Bytes that this backup added on the datastore's disk"],
    ["Source size", formatSize(numbers.sourceSizeBytes), "Logical size of the source: files and images"],
    [
      "Read from the source",
      formatSize(numbers.sourceReadBytes),
      "What really was read; unchanged files are taken from the snapshot before",
    ],
    [
      "Files",
      reusedFileCount === 0
        ? formatCount(fileCount)
        : `${formatCount(fileCount)}, ${formatCount(reusedFileCount)} unchanged`,
      "Files in the snapshot, and how many of them were not read again",
    ],
    ["Directories", formatCount(directoryCount), "Directories in the snapshot"],
    [
      "Chunks",
      `${formatCount(chunkCount)}, ${formatCount(knownChunkCount)} known`,
      "Pieces of the snapshot, and how many of them the datastore already had",
    ],
    ["New data", newData(numbers), "Newly stored chunks: raw, after Zstandard, and as written to disk"],
    ["Work took", formatDuration(numbers.durationMs), "From the first stage to the last"],
  ]);
}

function newData({ newRawBytes, newCompressedBytes, newStoredBytes }: BackupStatistics): string {
  return [newRawBytes, newCompressedBytes, newStoredBytes].map((size) => formatSize(size)).join(" → ");
}

export function restoreRows(numbers: RestoreStatistics): StatisticRow[] {
  return present([
    ["Restored", formatSize(numbers.restoredBytes), "Logical bytes written to the target"],
    ["Files", formatCount(numbers.fileCount), "Files written"],
    ["Directories", formatCount(numbers.directoryCount), "Directories made"],
    [
      "Skipped",
      numbers.skippedCount === 0 ? undefined : formatCount(numbers.skippedCount),
      "Left as they were, by the rule for what exists already",
    ],
    ["Chunks read", formatCount(numbers.chunkCount), "Pieces read from the datastore"],
    ["Read from disk", formatSize(numbers.storedReadBytes), "Bytes read from the datastore's disk"],
    ["Work took", formatDuration(numbers.durationMs), "From the first stage to the last"],
  ]);
}

export function verifyRows(numbers: VerifyStatistics): StatisticRow[] {
  return present([
    ["Snapshots", formatCount(numbers.snapshotCount), "Snapshots that were verified"],
    ["Chunks", formatCount(numbers.chunkCount), "Pieces that were read again and compared"],
    ["Read", formatSize(numbers.readBytes), "Bytes read from the datastore's disk"],
    ["Work took", formatDuration(numbers.durationMs), "From the first stage to the last"],
  ]);
}

export function pruneRows(numbers: PruneStatistics): StatisticRow[] {
  return present([
    ["Groups", formatCount(numbers.groupCount), "Backup groups that were looked at"],
    ["Removed", formatCount(numbers.removedCount), "Snapshots that the retention does not keep"],
    ["Kept", formatCount(numbers.keptCount), "Snapshots that stay"],
    [
      "In use",
      numbers.inUseCount === 0 ? undefined : formatCount(numbers.inUseCount),
      "Should have gone; something used them, so they stay for now",
    ],
    ["Work took", formatDuration(numbers.durationMs), "From the first stage to the last"],
  ]);
}

export function drillRows(numbers: DrillStatistics): StatisticRow[] {
  const { restoreMs, check, isCleanedUp } = numbers;
  return present([
    ["Snapshot", numbers.snapshot, "What was restored into scratch space"],
    [
      "Back after",
      restoreMs === undefined ? undefined : formatDuration(restoreMs),
      "From the drill's begin until the last byte was there: the time to recover",
    ],
    ["Restored", formatSize(numbers.restoredBytes), "Bytes that came back, every chunk hashed again"],
    ["Files", formatCount(numbers.fileCount), "Files that came back"],
    [
      "Check",
      check === undefined
        ? undefined
        : `${check.passed ? "passed" : "did not pass"} in ${formatDuration(check.durationMs)}`,
      check === undefined ? "" : check.argv.join(" "),
    ],
    [
      "Scratch space",
      isCleanedUp ? "removed" : "something is left",
      isCleanedUp ? "Nothing of the drill is left" : "The log says what could not be removed",
    ],
  ]);
}

export function gcRows(numbers: GcStatistics): StatisticRow[] {
  const chunks = (chunkCount: number, sizeBytes: number): string =>
    `${formatSize(sizeBytes)} in ${countOf(chunkCount, "chunk")}`;
  const { nextFreeAt, missingChunkCount, indexFileCount } = numbers;
  return present([
    [
      numbers.isDryRun ? "Would be freed" : "Freed",
      chunks(numbers.removedChunkCount, numbers.removedBytes),
      "Chunks that no snapshot needs and nobody used lately",
    ],
    [
      "Unused, too young to go",
      chunks(numbers.pendingChunkCount, numbers.pendingBytes),
      nextFreeAt === undefined
        ? "Nothing waits to be freed"
        : `The first may go after ${formatInstant(instantFromMs(nextFreeAt))}`,
    ],
    ["In use", chunks(numbers.usedChunkCount, numbers.usedBytes), "Chunks that at least one index names"],
    [
      "Described by indexes",
      formatSize(numbers.indexDataBytes),
      `What ${countOf(indexFileCount, "index", "indexes")} describe, before deduplication`,
    ],
    [
      "Missing",
      missingChunkCount === 0 ? undefined : countOf(missingChunkCount, "chunk"),
      "An index names them and they are not there: a verification tells whose they are",
    ],
    ["Work took", formatDuration(numbers.durationMs), "From the first stage to the last"],
  ]);
}

/** `96.2 %`; whole only when it is whole. */
export function formatShare(share: number | undefined): string | undefined {
  if (share === undefined) return undefined;
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  return `${Math.min(99.9, Math.max(0.1, Math.round(percent * 10) / 10)).toFixed(1)} %`;
}

function present(rows: readonly (readonly [string, string | undefined, string])[]): StatisticRow[] {
  return rows.flatMap(([name, value, meaning]) => (value === undefined ? [] : [{ name, value, meaning }]));
}
