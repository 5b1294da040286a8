/**
 * Progress as lines of text: a pure function of the task and the terminal's width.
 *
 * A percentage is shown only from a known total; while the total is unknown it says "counting". A total taken from the
 * previous snapshot is an estimate and marked "~".
 */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Task, TaskStage } from "@ironcore-backup/protocol/calls";
import {
  displayWidth,
  fitWidth,
  plural,
  printable,
  showCount,
  showEta,
  showPercent,
  showState,
  showTime,
} from "./look.ts";
import type { Look } from "./look.ts";

const BAR_WIDTHS = [20, 10, 0];
const NAME_WIDTH_MIN = 12;
const NAME_WIDTH_MAX = 24;
/** Stages shown at once; the finished ones in front are summed up. */
const STAGE_COUNT_MAX = 6;

/** The live region under the log. */
export function renderProgress(look: Look, task: Task, width: number): string[] {
  if (task.state === "queued") {
    return [fitWidth(`${showState(look, "queued")}  ${describeWait(task)}`.trimEnd(), width - 1)];
  }
  const shown = task.stages.slice(-STAGE_COUNT_MAX);
  const hidden = task.stages.length - shown.length;
  const lines = shown.flatMap((stage) => renderStage(look, stage, width));
  return hidden === 0 ? lines : [look.paint("dim", `  … ${hidden} stages before these`), ...lines];
}

/** Why a queued task waits, the reason to act on first, and when it is likely to start. */
export function describeWait({ wait }: Task): string {
  const [reason] = wait?.reasons ?? [];
  if (wait === undefined || reason === undefined) return "";
  const { predictedStart } = wait;
  const start =
    predictedStart === undefined
      ? ""
      : `; likely to start between ${showTime(predictedStart.earliestAt)} and ${showTime(predictedStart.latestAt)}`;
  return `${printable(reason.message)}${start}`;
}

/** One column stays free: a terminal whose last one is written may begin a new line. */
function renderStage(look: Look, stage: TaskStage, width: number): string[] {
  const name = fitWidth(stage.name, NAME_WIDTH_MAX).padEnd(NAME_WIDTH_MIN);
  if (stage.state !== "running") {
    const mark = stage.state === "done" ? look.paint("green", "✔") : look.paint("red", "✘");
    const took = look.paint("dim", stageDuration(stage));
    return [fitWidth(`  ${mark} ${name}  ${describeAmount(stage)}  ${took}`.trimEnd(), width - 1)];
  }
  const head = (barWidth: number): string =>
    `  ${look.paint("cyan", "▶")} ${name}  ${bar(look, stage, barWidth)}${describeAmount(stage)}${describePace(stage)}`.trimEnd();
  // The bar gives way first: the figures say the same.
  const fitting = BAR_WIDTHS.map(head).find((line) => displayWidth(line) < width) ?? head(0);
  const current =
    stage.current === undefined
      ? []
      : [look.paint("dim", fitWidth(`      ${printable(stage.current)}`, width - 1))];
  return [fitWidth(fitting, width - 1), ...current];
}

/** Share of the total, by bytes where there are any; undefined while it is not known. */
export function stageShare(stage: TaskStage): number | undefined {
  const { doneBytes, totalBytes, doneItems, totalItems } = stage;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, doneBytes / totalBytes);
  if (totalItems !== undefined && totalItems > 0) return Math.min(1, doneItems / totalItems);
  return undefined;
}

function bar(look: Look, stage: TaskStage, width: number): string {
  const share = stageShare(stage);
  if (share === undefined) return "";
  const filled = Math.floor(share * width);
  const percent = `${stage.totalIsEstimate ? "~" : ""}${showPercent(share)}`.padStart(6);
  return `${look.paint("cyan", "━".repeat(filled))}${look.paint("dim", "─".repeat(width - filled))} ${percent}  `;
}

/** `1.20 GiB of 4.00 GiB, 3,120 items`. */
export function describeAmount(stage: TaskStage): string {
  const { doneBytes, totalBytes, doneItems, totalItems, state } = stage;
  const parts: string[] = [];
  if (doneBytes > 0 || totalBytes !== undefined) {
    parts.push(
      formatSize(doneBytes) +
        (totalBytes === undefined || state !== "running" ? "" : ` of ${formatSize(totalBytes)}`),
    );
  }
  if (doneItems > 0 || totalItems !== undefined) {
    const total = totalItems === undefined || state !== "running" ? "" : ` of ${showCount(totalItems)}`;
    parts.push(total === "" ? plural(doneItems, "item") : `${showCount(doneItems)}${total} items`);
  }
  if (state === "running" && stageShare(stage) === undefined && parts.length > 0) parts.push("counting");
  if (stage.warningCount > 0) parts.push(plural(stage.warningCount, "warning"));
  if (stage.errorCount > 0) parts.push(plural(stage.errorCount, "error"));
  return parts.join(", ");
}

function describePace(stage: TaskStage): string {
  const rate = stage.rateBytesPerSecond === undefined ? "" : `, ${formatSize(stage.rateBytesPerSecond)}/s`;
  return stage.etaSeconds === undefined ? rate : `${rate}, about ${showEta(stage.etaSeconds)} left`;
}

function stageDuration(stage: TaskStage): string {
  return stage.endedAt === undefined ? "" : formatDuration(stage.endedAt - stage.startedAt);
}

/** One line for output that is not a terminal. */
export function describeStage(stage: TaskStage): string {
  if (stage.state !== "running") {
    const facts = [describeAmount(stage), stageDuration(stage)].filter((fact) => fact !== "");
    return `${stage.name} ${stage.state}: ${facts.join(", ")}`.replace(/: $/, "");
  }
  const share = stageShare(stage);
  const percent = share === undefined ? "" : `${stage.totalIsEstimate ? "~" : ""}${showPercent(share)}, `;
  return `${stage.name}: ${percent}${describeAmount(stage)}${describePace(stage)}`.replace(/: $/, "");
}
