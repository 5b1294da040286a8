/** How a finished task reads: its verdict, what it did in figures, and for a failure what to do next. */

import { formatDuration, formatInstant, formatSize, instantFromMs } from "@ironcore-backup/base";
import type {
  BackupStatistics,
  DrillStatistics,
  GcStatistics,
  PruneStatistics,
  RestoreStatistics,
  Task,
  VerifyCoverage,
  VerifyStatistics,
} from "@ironcore-backup/protocol/calls";
import { plural, printable, showCount as count, showPercent, showState } from "./look.ts";
import type { Look } from "./look.ts";

const LABEL_WIDTH = 26;
const SHOWN_SNAPSHOT_COUNT_MAX = 20;

/** The verdict, then the figures. */
export function renderOutcome(look: Look, task: Task): string[] {
  const took =
    task.endedAt === undefined || task.startedAt === undefined
      ? ""
      : ` in ${formatDuration(task.endedAt - task.startedAt)}`;
  // A failure's status is its message, which follows; of the others, only warnings say more than the verdict.
  const isTold = task.state === "ok" || task.state === "failed" || task.exitStatus === undefined;
  const status = isTold ? "" : `: ${printable(task.exitStatus ?? "")}`;
  const verdict = `${showState(look, task.state)}  ${task.type}${took}${status}`;
  return [verdict, ...renderFailure(look, task), ...renderStatistics(task)].map((line) => line.trimEnd());
}

/** What went wrong and what to do next. */
function renderFailure(look: Look, task: Task): string[] {
  const { error } = task;
  if (error === undefined || task.state !== "failed") return [];
  return [
    row(look.paint("red", error.code), printable(error.message), error.code.length),
    row(look.paint("dim", "What to do"), printable(error.remedy), "What to do".length),
  ];
}

function renderStatistics(task: Task): string[] {
  const { statistics } = task;
  if (statistics === undefined) return [];
  switch (statistics.kind) {
    case "backup":
      return [row("Snapshot", statistics.snapshot), ...backupRows(statistics.backup)];
    case "restore":
      return restoreRows(statistics.restore);
    case "verify":
      return verifyRows(statistics.verify);
    case "prune":
      return pruneRows(statistics.prune);
    case "gc":
      return gcRows(statistics.gc);
    case "drill":
      return drillRows(statistics.drill);
  }
}

function backupRows(figures: BackupStatistics): string[] {
  const rate = (value: number | undefined): string =>
    value === undefined ? "nothing to measure" : `${formatSize(value)}/s`;
  const files = treeText(figures);
  return [
    row("Source", `${files}, ${formatSize(figures.sourceSizeBytes)}`),
    row(
      "Read from the source",
      `${formatSize(figures.sourceReadBytes)} (${plural(figures.reusedFileCount, "file")} unchanged)`,
    ),
    row("Effective transfer rate", rate(figures.effectiveTransferRateBytesPerSecond)),
    row("Source read rate", rate(figures.sourceReadRateBytesPerSecond)),
    row("Deduplication hit rate", hitRate(figures)),
    row(
      "Compression ratio",
      figures.compressionRatio === undefined
        ? "nothing to compress"
        : `${figures.compressionRatio.toFixed(2)}x`,
    ),
    row(
      "Pre-encrypt / on-disk size",
      `${formatSize(figures.preEncryptBytes)} / ${formatSize(figures.onDiskBytes)}`,
    ),
  ];
}

function hitRate(figures: BackupStatistics): string {
  if (figures.deduplicationHitRate === undefined) return "no chunks";
  const chunks = `${count(figures.knownChunkCount)} of ${plural(figures.chunkCount, "chunk")}`;
  return `${showPercent(figures.deduplicationHitRate)} (${chunks})`;
}

function restoreRows(figures: RestoreStatistics): string[] {
  return [
    row("Restored", `${treeText(figures)}, ${formatSize(figures.restoredBytes)}`),
    ...(figures.skippedCount === 0 ? [] : [row("Left as they were", count(figures.skippedCount))]),
    row(
      "Read from the datastore",
      `${formatSize(figures.storedReadBytes)} in ${plural(figures.chunkCount, "chunk")}`,
    ),
  ];
}

function verifyRows(figures: VerifyStatistics): string[] {
  const shown = figures.snapshots.slice(0, SHOWN_SNAPSHOT_COUNT_MAX);
  const hidden = figures.snapshots.length - shown.length;
  return [
    row(
      "Verified",
      `${plural(figures.snapshotCount, "snapshot")}, ${plural(figures.chunkCount, "chunk")}, ${formatSize(figures.readBytes)}`,
    ),
    ...(figures.coverage === undefined ? [] : coverageRows(figures.coverage)),
    ...shown.map((report) => {
      const checks =
        report.checksumOnlyChunkCount === 0
          ? ""
          : `, ${plural(report.checksumOnlyChunkCount, "encrypted chunk")} by checksum only`;
      const findings = report.findingCount === 0 ? "" : `, ${plural(report.findingCount, "finding")}`;
      return row(report.snapshot, `${report.result}${findings}${checks}`);
    }),
    ...(hidden > 0 ? [row("", `… and ${count(hidden)} more`)] : []),
  ];
}

function coverageRows(coverage: VerifyCoverage): string[] {
  const { coverDays, totalBytes, coveredBytes, neverBytes, ages, olderBytes, leftBytes, forecastDays } =
    coverage;
  const share = (bytes: number): string =>
    totalBytes === 0 ? "" : ` (${Math.floor((bytes / totalBytes) * 100)} %)`;
  const aged = (what: string, bytes: number): string[] =>
    bytes === 0 ? [] : [row(what, `${formatSize(bytes)}${share(bytes)}`)];
  return [
    row(
      `Within ${coverDays} days`,
      `${formatSize(coveredBytes)} of ${formatSize(totalBytes)} were checked${share(coveredBytes)}`,
    ),
    ...ages.flatMap(({ days, bytes }) => aged(`  up to ${plural(days, "day")} ago`, bytes)),
    ...aged("  longer ago", olderBytes),
    ...aged("  never", neverBytes),
    ...aged("Due and not read", leftBytes),
    ...(forecastDays === undefined
      ? []
      : [row("All bytes take", `${plural(Math.ceil(forecastDays), "day")} at the pace of this run`)]),
  ];
}

function pruneRows(figures: PruneStatistics): string[] {
  return [
    row("Removed", plural(figures.removedCount, "snapshot")),
    row("Kept", `${plural(figures.keptCount, "snapshot")} in ${plural(figures.groupCount, "group")}`),
    ...(figures.inUseCount === 0
      ? []
      : [row("In use, kept for now", plural(figures.inUseCount, "snapshot"))]),
  ];
}

function drillRows(figures: DrillStatistics): string[] {
  const { snapshot, restoreMs, check, comparison, isCleanedUp } = figures;
  return [
    row("Snapshot", snapshot),
    row("Restored", `${treeText(figures)}, ${formatSize(figures.restoredBytes)}`),
    row("Back after", restoreMs === undefined ? "it was not" : formatDuration(restoreMs)),
    ...(comparison === undefined
      ? []
      : [
          row(
            "Live source",
            `${comparison.addedCount} added, ${comparison.removedCount} removed, ${comparison.changedCount} changed`,
          ),
          ...comparison.differences.map(({ path, what }) => row("", `${what} ${printable(path)}`)),
        ]),
    ...(check === undefined
      ? []
      : [
          row(
            "Check",
            `${check.passed ? "passed" : "did not pass"} in ${formatDuration(check.durationMs)}: ${printable(check.argv.join(" "))}`,
          ),
        ]),
    ...(isCleanedUp ? [] : [row("Scratch space", "something is left there, see the log")]),
  ];
}

function gcRows(figures: GcStatistics): string[] {
  const chunks = (chunkCount: number, sizeBytes: number): string =>
    `${formatSize(sizeBytes)} in ${plural(chunkCount, "chunk")}`;
  const { nextFreeAt, missingChunkCount } = figures;
  const next =
    nextFreeAt === undefined ? "" : `, the first may go after ${formatInstant(instantFromMs(nextFreeAt))}`;
  const ratio =
    figures.usedBytes === 0 ? "" : `, ${(figures.indexDataBytes / figures.usedBytes).toFixed(2)}x`;
  return [
    row(
      figures.isDryRun ? "Would be freed" : "Freed",
      chunks(figures.removedChunkCount, figures.removedBytes),
    ),
    row("Unused, too young to go", chunks(figures.pendingChunkCount, figures.pendingBytes) + next),
    row("In use", chunks(figures.usedChunkCount, figures.usedBytes)),
    row(
      "Described by indexes",
      `${formatSize(figures.indexDataBytes)} in ${plural(figures.indexFileCount, "index", "indexes")}${ratio}`,
    ),
    ...(missingChunkCount === 0 ? [] : [row("Missing", plural(missingChunkCount, "chunk"))]),
    ...(figures.keptBadChunkCount === 0
      ? []
      : [row("Bad, kept", plural(figures.keptBadChunkCount, "chunk"))]),
  ];
}

function treeText(figures: { readonly fileCount: number; readonly directoryCount: number }): string {
  return `${plural(figures.fileCount, "file")}, ${plural(figures.directoryCount, "directory", "directories")}`;
}

/** @param labelWidth  of a label that is painted */
function row(label: string, value: string, labelWidth = label.length): string {
  return `  ${label}${" ".repeat(Math.max(0, LABEL_WIDTH - labelWidth))} ${value}`;
}
