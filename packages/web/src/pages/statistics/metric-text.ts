/** The metrics of a backup in words and units. */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { RunMetric } from "@ironcore-backup/protocol/calls";

/** A small backup takes less, and "0.0 s" says nothing. */
const SECOND_MS = 1000;

export const METRIC_WORDS: Readonly<Record<RunMetric, { readonly name: string; readonly meaning: string }>> =
  {
    effectiveTransferRateBytesPerSecond: {
      name: "Effective transfer rate",
      meaning: "Bytes of chunks a second that were really sent to the datastore",
    },
    sourceReadRateBytesPerSecond: {
      name: "Source read rate",
      meaning: "Bytes a second that were read from the source",
    },
    deduplicationHitRate: {
      name: "Deduplication hit rate",
      meaning:
        "Share of the chunks that were in the datastore already; above 70 % is healthy for a daily backup",
    },
    compressionRatio: {
      name: "Compression ratio",
      meaning: "New data before compression against after it; 2 to 4 is healthy",
    },
    preEncryptToDiskRatio: {
      name: "Pre-encrypt size vs. on-disk size",
      meaning: "The whole backup's logical size against what it added on disk",
    },
    durationMs: { name: "Duration", meaning: "From the first byte to the published snapshot" },
    newStoredBytes: { name: "New data", meaning: "What it added on disk" },
  };

export function formatMetric(metric: RunMetric, value: number): string {
  switch (metric) {
    case "effectiveTransferRateBytesPerSecond":
    case "sourceReadRateBytesPerSecond":
      return `${formatSize(Math.round(value))}/s`;
    case "deduplicationHitRate":
      return `${(value * 100).toFixed(value < 0.995 && value > 0 ? 1 : 0)} %`;
    case "durationMs":
      return value < SECOND_MS ? `${Math.round(value)} ms` : formatDuration(value);
    case "newStoredBytes":
      return formatSize(Math.round(value));
    case "compressionRatio":
    case "preEncryptToDiskRatio":
      return `${value >= 100 ? Math.round(value) : value.toFixed(1)}×`;
  }
}

/** How a chart of it is ruled. */
export function metricUnit(metric: RunMetric): "bytes" | "plain" {
  return metric === "newStoredBytes" || metric.endsWith("BytesPerSecond") ? "bytes" : "plain";
}
