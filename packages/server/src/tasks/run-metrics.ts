/** The panel's metrics from the sums they stand on; of one run, or of many together. One that has nothing to divide is absent. */

import type { RunMetric, RunStatistics } from "@ironcore-backup/protocol";

/** Bytes, counts and milliseconds; of many runs their sums. */
export interface RunSums {
  readonly runCount: number;
  readonly durationMs: number;
  readonly sourceReadBytes: number;
  readonly preEncryptBytes: number;
  readonly onDiskBytes: number;
  readonly chunkCount: number;
  readonly knownChunkCount: number;
  readonly newRawBytes: number;
  readonly newCompressedBytes: number;
  readonly newStoredBytes: number;
}

export function metricsOf(sums: RunSums): RunStatistics["metrics"] {
  const seconds = sums.durationMs / 1000;
  const all: Readonly<Record<RunMetric, number>> = {
    effectiveTransferRateBytesPerSecond: sums.newStoredBytes / seconds,
    sourceReadRateBytesPerSecond: sums.sourceReadBytes / seconds,
    deduplicationHitRate: sums.knownChunkCount / sums.chunkCount,
    compressionRatio: sums.newRawBytes / sums.newCompressedBytes,
    preEncryptToDiskRatio: sums.preEncryptBytes / sums.onDiskBytes,
    durationMs: sums.durationMs / sums.runCount,
    newStoredBytes: sums.newStoredBytes / sums.runCount,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Number.isFinite(value)));
}
