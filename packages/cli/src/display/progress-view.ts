/**
 * Progress as lines of text: a pure function of the task and the terminal's width.
 *
 * A percentage is shown only from a known total; while the total is unknown it says "counting". A total taken from the
 * previous snapshot is an estimate and marked "~".
 */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Task, TaskStage } from "@ironcore-backup/protocol/calls";
import { showEta, showPercent, showState } from "./look.ts";
import type { Look } from "./look.ts";

const BAR_WIDTH = 20;
const NAME_WIDTH_MAX = 24;
/** Stages shown at once; the finished ones in front are summed up. */
const STAGE_COUNT_MAX = 6;

/** The live region under the log. */
export function renderProgress(look: Look, task: Task, width: number): string[] {
  if (task.state === "queued")
    return [fit(`${showState(look, "queued")}  ${task.waitReason?.message ?? ""}`, width)];
  const shown = task.stages.slice(-STAGE_COUNT_MAX);
  const hidden = task.stages.length - shown.length;
  const lines = shown.flatMap((stage) => renderStage(look, stage, width));
  return hidden === 0 ? lines : [fit(look.paint("dim", `  … ${hidden} stages done`), width), ...lines];
}

function renderStage(look: Look, stage: TaskStage, width: number): string[] {
  const name = stage.name.slice(0, NAME_WIDTH_MAX).padEnd(Math.min(NAME_WIDTH_MAX, 12));
  if (stage.state !== "running") {
    const mark = stage.state === "done" ? look.paint("green", "✔") : look.paint("red", "✘");
    return [
      fit(`  ${mark} ${name}  ${describeAmount(stage)}  ${look.paint("dim", stageDuration(stage))}`, width),
    ];
  }
  const head = `  ${look.paint("cyan", "▶")} ${name}  ${bar(look, stage)}${describeAmount(stage)}${describePace(stage)}`;
  const current =
    stage.current === undefined ? [] : [look.paint("dim", fit(`      ${stage.current}`, width))];
  return [fit(head, width), ...current];
}

/** Share of the total, by bytes where there are any; undefined while it is not known. */
export function stageShare(stage: TaskStage): number | undefined {
  const { doneBytes, totalBytes, doneItems, totalItems } = stage;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, doneBytes / totalBytes);
  if (totalItems !== undefined && totalItems > 0) return Math.min(1, doneItems / totalItems);
  return undefined;
}

function bar(look: Look, stage: TaskStage): string {
  const share = stageShare(stage);
  if (share === undefined) return "";
  const filled = Math.round(share * BAR_WIDTH);
  const percent = `${stage.totalIsEstimate ? "~" : ""}${showPercent(share)}`.padStart(5);
  return `${look.paint("cyan", "━".repeat(filled))}${look.paint("dim", "━".repeat(BAR_WIDTH - filled))} ${percent}  `;
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
    const total =
      totalItems === undefined || state !== "running" ? "" : ` of ${totalItems.toLocaleString("en")}`;
    parts.push(`${doneItems.toLocaleString("en")}${total} items`);
  }
  if (state === "running" && stageShare(stage) === undefined && parts.length > 0) parts.push("counting");
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
  const share = stage.state === "running" ? stageShare(stage) : undefined;
  const percent = share === undefined ? "" : `${stage.totalIsEstimate ? "~" : ""}${showPercent(share)}, `;
  const pace = stage.state === "running" ? describePace(stage) : `, ${stageDuration(stage)}`;
  return `${stage.name}: ${percent}${describeAmount(stage)}${pace}`.replace(": ,", ":");
}

// eslint-disable-next-line no-control-regex -- colours are control sequences, and have no width
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Cut to the terminal's width, so that a redrawn region never wraps. Colours survive only where nothing is cut. */
function fit(line: string, width: number): string {
  const plain = line.replace(COLOURS, "");
  return plain.length < width ? line : `${plain.slice(0, Math.max(0, width - 2))}…`;
}
