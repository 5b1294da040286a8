/**
 * Rate and remaining time of one stage.
 *
 * The rate is the slope over a sliding window, so it follows the disk and not the first minute. When nothing has moved for
 * a whole window there is neither a rate nor a remaining time. The remaining time comes
 * from a slower mixture (half window, half whole stage), counts down by itself between reports and is pulled towards the
 * new estimate with a time constant, so that one slow file does not make it jump.
 */

import type { TaskStage } from "@ironcore-backup/protocol";
import type { StageReport } from "./task-report.ts";

const WINDOW_MS = 10_000;
const SAMPLE_COUNT_MAX = 64;
/** Before that there is too little to divide by. */
const FIRST_RATE_AFTER_MS = 1000;
const FIRST_ETA_AFTER_MS = 3000;
const ETA_SMOOTHING_MS = 8000;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
  readonly items: number;
}

export interface StageMeter {
  readonly name: string;
  /** A line of this level names the stage. */
  count(level: "warning" | "error"): void;
  /** Takes absolute values as they were at `elapsedMs`. */
  update(report: StageReport, elapsedMs: number): void;
  /** Lets time pass without news: the window moves on and the rate sinks. */
  tick(elapsedMs: number): void;
  stage(): TaskStage;
}

/** A stage that the store has of an earlier life of the server: it moves no more. */
export function standingMeter(stage: TaskStage): StageMeter {
  return {
    name: stage.name,
    count: () => undefined,
    update: () => undefined,
    tick: () => undefined,
    stage: () => stage,
  };
}

export function createStageMeter(first: StageReport, elapsedMs: number): StageMeter {
  let report = first;
  let samples: Sample[] = [{ atMs: elapsedMs, bytes: 0, items: 0 }];
  let eta: { readonly seconds: number; readonly atMs: number } | undefined;
  let rates: { bytes: number; items: number } | undefined;
  const startedMs = elapsedMs;
  const counts = { warning: 0, error: 0 };

  const measure = (nowMs: number): void => {
    samples = [...samples, { atMs: nowMs, bytes: report.doneBytes, items: report.doneItems }];
    while (samples.length > 2 && nowMs - (samples[1]?.atMs ?? nowMs) >= WINDOW_MS) samples.shift();
    // A burst of reports thins out its own middle, the window's ends stay.
    if (samples.length > SAMPLE_COUNT_MAX)
      samples = samples.filter((_, at) => at % 2 === 0 || at === samples.length - 1);
    const oldest = samples[0];
    if (oldest === undefined || nowMs - startedMs < FIRST_RATE_AFTER_MS) return;
    const seconds = Math.max(nowMs - oldest.atMs, 1) / 1000;
    rates = {
      bytes: (report.doneBytes - oldest.bytes) / seconds,
      items: (report.doneItems - oldest.items) / seconds,
    };
    if (rates.bytes <= 0 && rates.items <= 0) {
      // A whole window without movement: an old rate or an end in sight would be made up.
      rates = undefined;
      eta = undefined;
    } else if (nowMs - startedMs >= FIRST_ETA_AFTER_MS)
      eta = nextEta(eta, remainingSeconds(report, rates, nowMs - startedMs), nowMs);
  };

  return {
    name: first.name,
    count: (level) => {
      counts[level]++;
    },
    update: (next, nowMs) => {
      report = next;
      measure(nowMs);
    },
    tick: (nowMs) => {
      if (report.endedAt === undefined) measure(nowMs);
    },
    stage: () => ({
      ...presentStage(report, rates, eta?.seconds),
      warningCount: counts.warning,
      errorCount: counts.error,
    }),
  };
}

/** Undefined where no total is known or nothing moves. Bytes lead; a stage without bytes is judged by its items. */
function remainingSeconds(
  report: StageReport,
  rates: { readonly bytes: number; readonly items: number },
  stageMs: number,
): number | undefined {
  const estimate = (done: number, total: number | undefined, rate: number): number | undefined => {
    if (total === undefined || total <= 0) return undefined;
    const pace = (rate + done / (stageMs / 1000)) / 2;
    return pace > 0 ? Math.max(0, total - done) / pace : undefined;
  };
  return (
    estimate(report.doneBytes, report.totalBytes, rates.bytes) ??
    estimate(report.doneItems, report.totalItems, rates.items)
  );
}

function nextEta(
  before: { readonly seconds: number; readonly atMs: number } | undefined,
  estimateSeconds: number | undefined,
  nowMs: number,
): { readonly seconds: number; readonly atMs: number } | undefined {
  if (estimateSeconds === undefined) return undefined;
  if (before === undefined) return { seconds: estimateSeconds, atMs: nowMs };
  const passedMs = nowMs - before.atMs;
  const expected = Math.max(0, before.seconds - passedMs / 1000);
  const pull = 1 - Math.exp(-passedMs / ETA_SMOOTHING_MS);
  return { seconds: expected + (estimateSeconds - expected) * pull, atMs: nowMs };
}

function presentStage(
  report: StageReport,
  rates: { readonly bytes: number } | undefined,
  etaSeconds: number | undefined,
): Omit<TaskStage, "warningCount" | "errorCount"> {
  const ended = report.endedAt !== undefined;
  return {
    name: report.name,
    state: ended ? "done" : "running",
    startedAt: report.startedAt,
    ...(report.endedAt === undefined ? {} : { endedAt: report.endedAt }),
    doneBytes: report.doneBytes,
    ...(report.totalBytes === undefined ? {} : { totalBytes: report.totalBytes }),
    doneItems: report.doneItems,
    ...(report.totalItems === undefined ? {} : { totalItems: report.totalItems }),
    totalIsEstimate: report.totalIsEstimate,
    ...(ended || rates === undefined ? {} : { rateBytesPerSecond: Math.max(0, Math.round(rates.bytes)) }),
    ...(ended || etaSeconds === undefined ? {} : { etaSeconds: Math.round(etaSeconds) }),
    ...(ended || report.current === undefined ? {} : { current: report.current }),
  };
}
