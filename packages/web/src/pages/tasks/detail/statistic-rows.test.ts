import { expect, test } from "vitest";
import type { BackupStatistics } from "@ironcore-backup/protocol/calls";
import { backupRows, formatShare } from "./statistic-rows.ts";

const MIB = 1024 ** 2;

function aBackup(given: Partial<BackupStatistics> = {}): BackupStatistics {
  return {
    durationMs: 62_000,
    fileCount: 12_000,
    directoryCount: 30,
    reusedFileCount: 0,
    sourceSizeBytes: 10 * MIB,
    sourceReadBytes: 2 * MIB,
    chunkCount: 8,
    knownChunkCount: 6,
    newRawBytes: 2 * MIB,
    newCompressedBytes: MIB,
    newStoredBytes: MIB,
    preEncryptBytes: 10 * MIB,
    onDiskBytes: MIB,
    ...given,
  };
}

test("every number of a backup has its meaning, and what could not be divided is left out", () => {
  const rows = new Map(backupRows(aBackup()).map(({ name, value }) => [name, value]));
  expect(rows.get("Files")).toBe("12,000");
  expect(rows.get("New data")).toBe("2.00 MiB → 1.00 MiB → 1.00 MiB");
  expect(rows.has("Deduplication hit rate")).toBe(false);
  const full = backupRows(
    aBackup({
      deduplicationHitRate: 0.75,
      compressionRatio: 2,
      effectiveTransferRateBytesPerSecond: MIB,
      sourceReadRateBytesPerSecond: MIB,
      reusedFileCount: 11_000,
    }),
  );
  expect(full.every(({ meaning }) => meaning.length > 20)).toBe(true);
  expect(full.map(({ value }) => value)).toEqual(
    expect.arrayContaining(["75.0 %", "2.00×", "1.00 MiB/s", "12,000, 11,000 unchanged"]),
  );
});

test.each([
  [0, "0 %"],
  [1, "100 %"],
  [0.99999, "99.9 %"],
  [0.00001, "0.1 %"],
  [0.962, "96.2 %"],
])("a share of %d reads %s: whole only when it is", (share, text) => {
  expect(formatShare(share)).toBe(text);
});
