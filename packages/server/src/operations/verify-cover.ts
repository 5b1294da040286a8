/** Verification with a window: a share of all bytes each run, and what came of it so far. */

import { formatSize } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { coverSnapshots, daysToCover } from "@ironcore-backup/engine";
import type { CoverResult } from "@ironcore-backup/engine";
import type { VerifyCoverage, VerifyRequest } from "@ironcore-backup/protocol";
import type { ReachedDatastore } from "./datastore-reach.ts";
import type { TaskRun } from "./operation.ts";
import { passOptionsOf, scopeText, verdictAtMs } from "./verify-pass-options.ts";
import { PassProgress } from "./verify-progress.ts";

const DAY_SECONDS = 86_400;
/** A run that read less tells nothing about the pace. */
const FORECAST_SIZE_BYTES_MIN = 64 * 1024 * 1024;

export interface CoverScope {
  readonly request: VerifyRequest;
  readonly snapshots: readonly SnapshotRef[];
  readonly coverDays: number;
}

/** @throws SNAPSHOTS_DAMAGED, and as the engine */
export async function coverScope(
  run: TaskRun,
  { needs, datastore }: ReachedDatastore,
  { request, snapshots, coverDays }: CoverScope,
): Promise<void> {
  const { durationSecondsMax } = request;
  const pass = new PassProgress(run, { snapshotCount: undefined, recentCount: 0 });
  const reading = run.stage("read");
  const startedMs = run.clock.elapsedMs();
  const result = await coverSnapshots(needs, datastore, snapshots, {
    ...passOptionsOf(run),
    scope: scopeText(request),
    windowMs: coverDays * DAY_SECONDS * 1000,
    ...(durationSecondsMax === undefined ? {} : { durationMsMax: durationSecondsMax * 1000 }),
    verdictAtMs,
    onPlan: ({ dueBytes, dueChunkCount }) => {
      reading.update({ doneBytes: 0, totalBytes: dueBytes });
      const message = `${dueChunkCount} chunks (${formatSize(dueBytes)}) of ${snapshots.length} snapshots are due`;
      run.log("info", "VERIFY_STARTED", message, {
        dueBytes,
        dueChunkCount,
        snapshotCount: snapshots.length,
      });
    },
    onRead: (read) => {
      reading.update({ doneBytes: read.readBytes });
      pass.addChunks(read);
    },
    onOutcome: (outcome) => pass.outcome(outcome),
  });
  reading.end();
  const coverage = tellCoverage(run, result, {
    request,
    coverDays,
    durationMs: run.clock.elapsedMs() - startedMs,
  });
  pass.tell({ coverage });
  pass.end();
}

function tellCoverage(
  run: TaskRun,
  result: CoverResult,
  { request, coverDays, durationMs }: { request: VerifyRequest; coverDays: number; durationMs: number },
): VerifyCoverage {
  const { coverage, leftBytes } = result;
  const { totalBytes, coveredBytes } = coverage;
  const forecastDays = forecastOf(result, { request, durationMs });
  const share = totalBytes === 0 ? 100 : Math.floor((coveredBytes / totalBytes) * 1000) / 10;
  run.log(
    "info",
    "VERIFY_COVERAGE",
    `${share} % of ${formatSize(totalBytes)} were checked within ${coverDays} days`,
    {
      totalBytes,
      coveredBytes,
      leftBytes,
    },
  );
  if (leftBytes > 0) {
    const message = `The time was over with ${formatSize(leftBytes)} due and not read; the next run goes on with them`;
    run.log("warning", "VERIFY_TIME_OVER", message, { leftBytes });
  }
  if (forecastDays !== undefined && forecastDays > coverDays) {
    const pace = `at the pace of this run all bytes take ${Math.ceil(forecastDays)} days`;
    const remedy = "run it more often or longer, raise its bandwidth limit, or ask for more days";
    run.log("warning", "VERIFY_WINDOW_NOT_HELD", `${coverDays} days cannot be held: ${pace}; ${remedy}`, {
      forecastDays,
      coverDays,
    });
  }
  return {
    coverDays,
    ...coverage,
    ages: [...coverage.ages],
    leftBytes,
    ...(forecastDays === undefined ? {} : { forecastDays }),
  };
}

/**
 * A run that may go on as long as it likes reads as much as fits between two runs; one with a time, what fits into that. Runs are
 * taken to come as far apart as this one came after the last, a day for the first.
 */
function forecastOf(
  { coverage, readBytes, secondsSinceLastRun = DAY_SECONDS }: CoverResult,
  { request, durationMs }: { readonly request: VerifyRequest; readonly durationMs: number },
): number | undefined {
  if (readBytes < FORECAST_SIZE_BYTES_MIN || durationMs <= 0) return undefined;
  const secondsBetweenRuns = Math.max(1, secondsSinceLastRun);
  const secondsPerRun = Math.min(request.durationSecondsMax ?? secondsBetweenRuns, secondsBetweenRuns);
  const bytesPerRun = (readBytes / (durationMs / 1000)) * secondsPerRun;
  return daysToCover(coverage.totalBytes, { bytesPerRun, secondsBetweenRuns });
}
