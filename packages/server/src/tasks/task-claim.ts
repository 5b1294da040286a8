/** A task in the hands of a worker: claimed, told about, given back. Whatever names an attempt that is over is refused. */

import type { Upid } from "@ironcore-backup/base";
import type { TaskClass, TaskType } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import type { TaskClaim } from "./queue/task-queue.ts";
import { createStageMeter } from "./stage-meter.ts";
import { logLines, tellQueued, waitViewOf } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { backInLine, startTask } from "./task-life.ts";
import type { StageReport, TaskReport } from "./task-report.ts";
import { hasClaimable } from "./wait-graph.ts";

/** How long a claim holds without being renewed. */
export const LEASE_MS = 45_000;

export interface TaskAssignment {
  readonly upid: Upid;
  readonly attempt: number;
  readonly authId: string;
  readonly type: TaskType;
  /** As far as the task knows it: `main:host/web-1/2024-05-01T12:00:00Z`. */
  readonly target: string;
  readonly parameters: unknown;
}

export function claimTask(
  desk: Desk,
  wish: { readonly worker: string; readonly class: TaskClass },
): Promise<TaskAssignment | undefined> {
  return desk.inTurn(async () => {
    const view = waitViewOf(desk);
    // Saves asking the store, which would walk over all that waits for a lock or a limit.
    if (!hasClaimable(view, wish.class)) return undefined;
    const record = await desk.queue.claim({
      ...wish,
      leaseMs: LEASE_MS,
      limits: {
        datastores: named(desk.line.datastoreNames(), (name) => view.limits.datastoreMax(name)),
        projects: named(desk.line.projectNames(), (name) => view.limits.projectMax(name)),
      },
    });
    if (record === undefined) return undefined;
    const one = desk.ledger.find(record.task.upid) ?? adoptQueued(desk, record);
    const startedAt = record.task.startedAt ?? view.now;
    one.task = startTask(one.task, { startedAt, worker: wish.worker });
    one.attempt = record.attempt;
    moveNow(desk, one);
    desk.line.place(one);
    desk.ledger.tell(one);
    const assignment = assignmentOf(one);
    const { completeParameters = (parameters: unknown) => parameters } = desk;
    return { ...assignment, parameters: completeParameters(assignment.parameters) };
  });
}

/** Somebody else put it into the line. */
function adoptQueued(desk: Desk, record: TaskRecord): ActiveTask {
  return desk.ledger.adopt({ ...record, task: { ...record.task, state: "queued" } });
}

function named(names: Iterable<string>, maxOf: (name: string) => number | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const name of names) {
    const countMax = maxOf(name);
    if (countMax !== undefined) limits.set(name, countMax);
  }
  return limits;
}

export function assignmentOf(one: TaskRecord | ActiveTask): TaskAssignment {
  const { task, attempt, parameters } = one;
  const { authId, type, target } = task;
  // Made by `formatUpid` when the task was queued.
  return { upid: task.upid as Upid, attempt, authId, type, target, parameters };
}

export function findClaimed(desk: Desk, upid: string, attempt: number): ActiveTask | undefined {
  const one = desk.ledger.find(upid);
  return one !== undefined && one.attempt === attempt && one.task.state === "running" && !one.ending
    ? one
    : undefined;
}

/** @returns false when the claim is over */
export async function renewClaim(desk: Desk, upid: string, attempt: number): Promise<boolean> {
  const one = findClaimed(desk, upid, attempt);
  return one !== undefined && (await desk.queue.heartbeat(claimOf(one), LEASE_MS));
}

/**
 * The task goes back to its place in the line and is run anew by whoever claims it next. For a worker that is drained
 * before it has begun, or whose operation can be begun again without harm.
 * @returns false when the claim is over, or the task was asked to stop: it is to be ended then
 */
export function releaseTask(desk: Desk, upid: string, attempt: number, why: string): Promise<boolean> {
  return desk.inTurn(async () => {
    const one = findClaimed(desk, upid, attempt);
    if (one === undefined || one.task.cancelRequested) return false;
    if (!(await desk.queue.release(claimOf(one)))) return false;
    one.attempt++;
    one.task = backInLine(one.task);
    one.meters = [];
    one.contact = undefined;
    one.stall = undefined;
    desk.line.place(one);
    const line = {
      at: desk.clock.now(),
      level: "info",
      code: "TASK_RELEASED",
      message: why,
      fields: {},
    } as const;
    await logLines(desk, one, [line]);
    desk.ledger.tell(one);
    tellQueued(desk);
    return true;
  });
}

function claimOf({ taskId, attempt }: ActiveTask): TaskClaim {
  return { taskId, attempt };
}

/** Resolves when the lines are stored; false when the claim is over and nothing was taken. */
export async function takeReport(
  desk: Desk,
  upid: string,
  attempt: number,
  report: TaskReport,
): Promise<boolean> {
  const one = findClaimed(desk, upid, attempt);
  if (one === undefined) return false;
  if (applyProgress(desk, one, report) || report.lines.length > 0) moveNow(desk, one);
  await logLines(desk, one, report.lines);
  const { warning, error } = report.droppedLineCounts;
  one.task = {
    ...one.task,
    warningCount: one.task.warningCount + warning,
    errorCount: one.task.errorCount + error,
  };
  desk.ledger.moved(one);
  return true;
}

/** It does something: what the watch has said about it is over. */
function moveNow(desk: Desk, one: ActiveTask): void {
  one.movedMs = desk.clock.elapsedMs();
  one.movedAt = desk.clock.now();
  one.stall = undefined;
}

/** @returns whether anything was other than before */
function applyProgress(desk: Desk, one: ActiveTask, report: TaskReport): boolean {
  const elapsedMs = desk.clock.elapsedMs();
  let hasMoved = report.bytes !== undefined && report.bytes !== one.task.bytes;
  for (const stage of report.stages) {
    const meter = one.meters[stage.index];
    hasMoved ||= meter === undefined || hasStageMoved(meter.stage(), stage);
    if (meter === undefined) one.meters[stage.index] = createStageMeter(stage, elapsedMs);
    (one.meters[stage.index] ?? meter)?.update(stage, elapsedMs);
  }
  const told = new Set(report.stages.map((stage) => stage.index));
  one.meters.forEach((meter, index) => {
    if (!told.has(index)) meter.tick(elapsedMs);
  });
  one.task = {
    ...one.task,
    ...(report.bytes === undefined ? {} : { bytes: report.bytes }),
    ...(report.target === undefined ? {} : { target: report.target }),
    ...(report.statistics === undefined ? {} : { statistics: report.statistics }),
  };
  return hasMoved;
}

function hasStageMoved(
  before: { readonly doneBytes: number; readonly doneItems: number; readonly endedAt?: number },
  after: StageReport,
): boolean {
  return (
    before.doneBytes !== after.doneBytes ||
    before.doneItems !== after.doneItems ||
    before.endedAt !== after.endedAt
  );
}
