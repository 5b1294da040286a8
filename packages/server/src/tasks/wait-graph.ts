/**
 * Why a queued task does not run at this instant: every reason that holds, the one to act on first. There is always one.
 *
 * The order is that of what an operator would do: put an end to the pause, bring up workers, then look at what the task
 * itself waits for (its parent, a lock, a limit, a delay), and last at the slots, which come free by themselves. When
 * nothing at all holds it back, a worker is about to take it (`starting`).
 */

import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { Scheduler, TaskClass, TaskWait, WaitReason } from "@ironcore-backup/protocol";
import type { ActiveTask } from "./active-task.ts";
import type { TaskLine } from "./task-line.ts";

/** Tasks that a reason names. */
const HOLDER_COUNT_MAX = 20;

/** What the workers of one class can take now, as they last said. */
export interface WorkerCapacity {
  readonly slotCount: number;
  readonly freeSlotCount: number;
  /** Processes that would take a task at once. */
  readonly readyCount: number;
  /** Processes on their way up. */
  readonly startingCount: number;
  /** Set while no new work is taken because the server stops; says so. */
  readonly closedBecause: string | undefined;
  /** Set while all workers of the class are drained or being drained; says by whom. */
  readonly drainingBecause?: string | undefined;
}

export const NO_WORKERS: WorkerCapacity = {
  slotCount: 0,
  freeSlotCount: 0,
  readyCount: 0,
  startingCount: 0,
  closedBecause: undefined,
};

/** How many tasks may run at once; undefined: as many as there are slots. */
export interface TaskLimits {
  datastoreMax(name: string): number | undefined;
  projectMax(name: string): number | undefined;
  /** Why nothing is to be started on the datastore now; its `datastoreMax` is 0 then. */
  datastoreClosedBecause?(name: string): string | undefined;
}

export const NO_LIMITS: TaskLimits = { datastoreMax: () => undefined, projectMax: () => undefined };

/** All that decides whether a task may run. */
export interface WaitView {
  readonly now: number;
  readonly line: TaskLine;
  readonly paused: Scheduler | undefined;
  readonly limits: TaskLimits;
  readonly capacityOf: (taskClass: TaskClass) => WorkerCapacity;
}

export function findWaitReasons(view: WaitView, one: ActiveTask): WaitReason[] {
  const reasons = [
    ...pauseReason(view),
    ...workerReason(view, one),
    ...parentReason(one),
    ...lockReason(view, one),
    ...limitReasons(view, one),
    ...delayReason(view, one),
    ...slotReason(view, one),
  ];
  if (reasons.length > 0) return reasons;
  return [{ code: "starting", message: "A worker process is about to take it", heldBy: [] }];
}

/** Whether asking the queue for a task of the class can give one. */
export function hasClaimable(view: WaitView, taskClass: TaskClass): boolean {
  if (view.paused !== undefined) return false;
  return view.line.heads(taskClass).some((one) => !isLimited(view, one));
}

export function freeSlotCount(view: WaitView, taskClass: TaskClass): number {
  const { slotCount, freeSlotCount: told } = view.capacityOf(taskClass);
  // A claim is known here before the workers have said that the slot is taken.
  return Math.max(0, Math.min(told, slotCount - view.line.runningIn(taskClass).size));
}

function pauseReason({ paused }: WaitView): WaitReason[] {
  if (paused === undefined) return [];
  const by = paused.pausedBy === undefined ? "" : ` by ${paused.pausedBy}`;
  const why = paused.reason === undefined || paused.reason === "" ? "" : `: ${paused.reason}`;
  return [{ code: "scheduler-paused", message: `The scheduler is paused${by}${why}`, heldBy: [] }];
}

function workerReason(view: WaitView, one: ActiveTask): WaitReason[] {
  const taskClass = one.task.class;
  const capacity = view.capacityOf(taskClass);
  const reason = (code: WaitReason["code"], message: string): WaitReason[] => [
    { code, message, heldBy: [], resource: taskClass },
  ];
  if (capacity.closedBecause !== undefined) return reason("no-worker-online", capacity.closedBecause);
  if (capacity.drainingBecause !== undefined) return reason("worker-draining", capacity.drainingBecause);
  if (capacity.slotCount === 0)
    return reason("no-worker-online", `No worker of class ${taskClass} is online`);
  const isNobodyThere = capacity.readyCount === 0 && capacity.startingCount === 0;
  // With all slots busy no process need stand by; the slots are the reason then.
  if (isNobodyThere && freeSlotCount(view, taskClass) > 0)
    return reason("no-worker-online", "No worker process could be started; the server tries again");
  return [];
}

function parentReason({ afterParent, task }: ActiveTask): WaitReason[] {
  if (!afterParent || task.parent === undefined) return [];
  return [
    {
      code: "waiting-for-parent",
      message: "It starts when the task that it belongs to has ended well",
      heldBy: [task.parent],
      resource: task.parent,
    },
  ];
}

function lockReason({ line }: WaitView, one: ActiveTask): WaitReason[] {
  const holder = line.holderOf(one);
  if (holder === undefined || one.exclusiveKey === undefined) return [];
  const message =
    holder.task.state === "queued"
      ? `${one.task.target} goes to another ${holder.task.type} task first`
      : `${one.task.target} is in use by another ${holder.task.type} task`;
  return [{ code: "waiting-for-lock", message, heldBy: [holder.task.upid], resource: one.exclusiveKey }];
}

function limitReasons({ line, limits }: WaitView, { task }: ActiveTask): WaitReason[] {
  const { datastore, project } = task;
  const closed = limits.datastoreClosedBecause?.(datastore);
  if (closed !== undefined)
    return [{ code: "datastore-maintenance", message: closed, heldBy: [], resource: datastore }];
  return [
    ...limitReason(`datastore ${datastore}`, line.runningOn(datastore), limits.datastoreMax(datastore)),
    ...(project === undefined
      ? []
      : limitReason(`project ${project}`, line.runningFor(project), limits.projectMax(project))),
  ];
}

/** The same question without the words. */
function isLimited({ line, limits }: WaitView, { task: { datastore, project } }: ActiveTask): boolean {
  return (
    line.runningOn(datastore).size >= (limits.datastoreMax(datastore) ?? Infinity) ||
    (project !== undefined && line.runningFor(project).size >= (limits.projectMax(project) ?? Infinity))
  );
}

function limitReason(
  resource: string,
  running: ReadonlySet<ActiveTask>,
  countMax: number | undefined,
): WaitReason[] {
  if (countMax === undefined || running.size < countMax) return [];
  const tasks = countMax === 1 ? "task runs" : "tasks run";
  return [
    {
      code: "limit-reached",
      message: `At most ${countMax} ${tasks} at once for the ${resource}`,
      heldBy: upidsOf(running),
      resource,
    },
  ];
}

function delayReason({ now }: WaitView, { notBefore, task }: ActiveTask): WaitReason[] {
  if (notBefore === undefined || notBefore <= now) return [];
  const at = formatInstant(instantFromMs(notBefore));
  return [
    {
      code: "retry-delay",
      message: `Try ${task.tryNumber} starts at ${at} at the earliest`,
      heldBy: [],
      ...(task.retryOf === undefined ? {} : { resource: task.retryOf }),
    },
  ];
}

/** The slots are all taken, or those that are free go to tasks before this one. */
function slotReason(view: WaitView, one: ActiveTask): WaitReason[] {
  const taskClass = one.task.class;
  const { slotCount } = view.capacityOf(taskClass);
  if (slotCount === 0) return [];
  const running = view.line.runningIn(taskClass);
  const free = freeSlotCount(view, taskClass);
  if (free > 0 && countBefore(view, one, free) < free) return [];
  return [
    {
      code: "no-free-slot",
      message: slotMessage(slotCount, { free, aheadCount: view.line.aheadCount(one) }),
      heldBy: upidsOf(running),
      resource: taskClass,
    },
  ];
}

/** How many that could start now go before it; no more than asked for are counted. */
function countBefore(view: WaitView, one: ActiveTask, countMax: number): number {
  let count = 0;
  for (const other of view.line.heads(one.task.class)) {
    if (other === one || count >= countMax) break;
    if (view.line.aheadCount(other) >= view.line.aheadCount(one)) break;
    if (!isLimited(view, other)) count++;
  }
  return count;
}

function slotMessage(
  slotCount: number,
  line: { readonly free: number; readonly aheadCount: number },
): string {
  const { free, aheadCount } = line;
  const ahead = `${aheadCount} queued ${aheadCount === 1 ? "task is" : "tasks are"} ahead`;
  if (free > 0) return `The free ${free === 1 ? "slot goes" : "slots go"} to others first; ${ahead}`;
  const slots = slotCount === 1 ? "The only slot is busy" : `All ${slotCount} slots are busy`;
  return aheadCount === 0 ? `${slots}; it is next` : `${slots}; ${ahead}`;
}

function upidsOf(tasks: Iterable<ActiveTask>): string[] {
  const upids: string[] = [];
  for (const { task } of tasks) {
    if (upids.length >= HOLDER_COUNT_MAX) break;
    upids.push(task.upid);
  }
  return upids;
}

/** A wait graph without what changes by itself with time. */
export function shortOf(wait: TaskWait): string {
  return JSON.stringify([
    wait.reasons.map(({ code, message, heldBy }) => [code, message, heldBy[0]]),
    wait.aheadCount,
  ]);
}
