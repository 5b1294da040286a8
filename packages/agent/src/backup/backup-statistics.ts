/** Turns what was counted into the figures that people see. Rates and shares are absent where there is nothing to divide. */

import type { BackupStatistics } from "@ironcore-backup/protocol";
import type { PipelineStatistics } from "@ironcore-backup/format";
import type { BackupCounts } from "./backup-run.ts";

export function backupStatistics(
  counts: BackupCounts,
  pipeline: PipelineStatistics,
  durationMs: number,
): BackupStatistics {
  const knownChunkCount = pipeline.knownChunkCount + pipeline.reusedChunkCount;
  const seconds = durationMs / 1000;
  return {
    durationMs: Math.round(durationMs),
    fileCount: counts.fileCount,
    directoryCount: counts.directoryCount,
    reusedFileCount: counts.reusedFileCount,
    sourceSizeBytes: counts.sourceSizeBytes,
    sourceReadBytes: counts.sourceReadBytes,
    chunkCount: pipeline.chunkCount,
    knownChunkCount,
    newRawBytes: pipeline.storedRawSizeBytes,
    newCompressedBytes: pipeline.compressedSizeBytes,
    newStoredBytes: pipeline.storedSizeBytes,
    ...(seconds > 0
      ? {
          effectiveTransferRateBytesPerSecond: pipeline.storedSizeBytes / seconds,
          sourceReadRateBytesPerSecond: counts.sourceReadBytes / seconds,
        }
      : {}),
    ...(pipeline.chunkCount > 0 ? { deduplicationHitRate: knownChunkCount / pipeline.chunkCount } : {}),
    ...(pipeline.compressedSizeBytes > 0
      ? { compressionRatio: pipeline.storedRawSizeBytes / pipeline.compressedSizeBytes }
      : {}),
    preEncryptBytes: counts.sourceSizeBytes,
    onDiskBytes: pipeline.storedSizeBytes + counts.overheadSizeBytes,
  };
}
