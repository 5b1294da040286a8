/**
 * A stage's progress in numbers that are honest: a percentage only from a known total, an end only as a range or "about",
 * an estimate said to be one.
 */

import { formatSize } from "@ironcore-backup/base";
import type { Task, TaskStage } from "@ironcore-backup/protocol/calls";
import { formatNumber, t } from "../texts/texts.ts";

/** 0 to 1, from bytes where there are any, else from items; absent while the total is not known. */
export function shareOf(stage: TaskStage): number | undefined {
  const { doneBytes, totalBytes, doneItems, totalItems } = stage;
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, doneBytes / totalBytes);
  if (totalItems !== undefined && totalItems > 0) return Math.min(1, doneItems / totalItems);
  return undefined;
}

/** `42 %`, `about 42 %` where the total is an estimate; never 100 before it is. */
export function formatShare(stage: TaskStage): string | undefined {
  const share = shareOf(stage);
  if (share === undefined) return undefined;
  const percent = share === 1 ? 100 : Math.min(99, Math.floor(share * 100));
  return aboutIf(stage.totalIsEstimate, `${percent} %`);
}

/** `1.20 GiB of 3.00 GiB`, `1.20 GiB of about 3 GiB`, `512 items`. */
export function formatDone(stage: TaskStage): string {
  const { doneBytes, totalBytes, doneItems, totalItems } = stage;
  const of = (done: string, total: string | undefined): string =>
    total === undefined ? done : t("parts.stage.of", { done, total: aboutIf(stage.totalIsEstimate, total) });
  if (doneBytes > 0 || (totalBytes ?? 0) > 0) {
    return of(formatSize(doneBytes), totalBytes === undefined ? undefined : formatSize(totalBytes));
  }
  const total = totalItems === undefined ? undefined : formatCount(totalItems);
  return t("parts.stage.items", { amount: of(formatCount(doneItems), total) });
}

function aboutIf(isEstimate: boolean, amount: string): string {
  return isEstimate ? t("parts.stage.about", { amount }) : amount;
}

/** `120 MiB/s`; absent before there is a window to measure over. */
export function formatRate(stage: TaskStage): string | undefined {
  return stage.rateBytesPerSecond === undefined ? undefined : `${formatSize(stage.rateBytesPerSecond)}/s`;
}

/** How far an estimated total may be off, either way. */
const ESTIMATE_LOW = 0.7;
const ESTIMATE_HIGH = 1.5;

/** `about 4 min left`, `3 to 6 min left` where the total is an estimate. */
export function formatEta(stage: TaskStage): string | undefined {
  const { etaSeconds } = stage;
  if (etaSeconds === undefined) return undefined;
  if (!stage.totalIsEstimate) return t("parts.stage.left", { span: aboutSeconds(etaSeconds) });
  const [from, to] = [aboutSeconds(etaSeconds * ESTIMATE_LOW), aboutSeconds(etaSeconds * ESTIMATE_HIGH)];
  if (from === to) return t("parts.stage.left", { span: from });
  const [amount = "", unit] = from.split(" ");
  return t("parts.stage.leftRange", { from: to.endsWith(` ${unit ?? ""}`) ? amount : from, to });
}

/** To a precision that does not jump at every report: 5 s, 10 s, 1 min, 5 min … */
function aboutSeconds(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  const minutes = seconds / 60;
  if (minutes < 10) return `${Math.max(1, Math.round(minutes))} min`;
  if (minutes < 90) return `${Math.round(minutes / 5) * 5} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

/** The stage that tells most: the one that runs, else the last. */
export function currentStage(task: Pick<Task, "stages">): TaskStage | undefined {
  return task.stages.findLast(({ state }) => state === "running") ?? task.stages.at(-1);
}

/** `1,204` */
export function formatCount(count: number): string {
  return formatNumber(count);
}

/** `1 task`, `2 tasks` */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
