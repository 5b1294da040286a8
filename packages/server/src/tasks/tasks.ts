/**
 * The life of runs, from the request to the history. `task-life.ts` draws the states, `queue/task-queue.ts` the queue.
 *
 * 1. `queue` gives the run its UPID, writes it down durably, and tells the listeners that there is work.
 * 2. A worker `claim`s the first task in line of its class. The claim is stored before the worker hears of it, and its
 *    attempt number fences every later report: what comes under another number is refused, so a worker that was given up
 *    cannot write into a task that has ended or moved on. `renew` keeps the claim alive.
 * 3. The worker `report`s log lines and progress in batches and in the end `finish`es, or gives the task back (`release`).
 * 4. `requestCancel` ends a queued task at once and asks the workers to stop a running one, parts included.
 * 5. `retry` repeats a failed or cancelled task as a new one; a policy may do so by itself.
 * 6. After a restart `recover` fails what was running and keeps what was queued.
 *
 * Why a queued task waits is worked out whenever somebody looks (`wait-graph.ts`), when it will start is predicted from
 * how long like runs took (`start-forecast.ts`).
 * This room does not look into a task's parameters: what a run does is the operation's business.
 */

import type { Upid } from "@ironcore-backup/base";
import type { Scheduler, Task, TaskClass, TaskConcern } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import type { TaskPlace } from "../state/task-visibility.ts";
import type { LogPage, LogPageQuery } from "./log-page.ts";
import { requestCancel } from "./task-cancel.ts";
import { changeTask } from "./task-change.ts";
import type { TaskChange } from "./task-change.ts";
import { claimTask, findClaimed, releaseTask, renewClaim, takeReport } from "./task-claim.ts";
import type { TaskAssignment } from "./task-claim.ts";
import { getRecord, openDesk, present, taskOf, tellQueued } from "./task-desk.ts";
import type { Desk, TaskCounts, TasksNeeds } from "./task-desk.ts";
import { endTask } from "./task-end.ts";
import { queueTask } from "./task-entry.ts";
import type { TaskPlan } from "./task-entry.ts";
import { afterEnd, settlePart, waitForParts } from "./task-family.ts";
import type { TaskOutcome, TaskReport } from "./task-report.ts";
import { recover } from "./task-recovery.ts";
import { retryTask } from "./task-retry.ts";
import { startTaskWatch } from "./task-watch.ts";
import type { WorkerCapacity } from "./wait-graph.ts";

export type { TaskAssignment } from "./task-claim.ts";
export type { TaskPlan } from "./task-entry.ts";
export type { WorkerCapacity } from "./wait-graph.ts";

export interface Tasks {
  /** @throws TASK_QUEUE_FULL, SERVER_STOPPING; of a plan with a parent also TASK_NOT_FOUND, TASK_FINISHED */
  queue(caller: { readonly authId: string }, plan: TaskPlan): Promise<Upid>;
  /** The first task of the class that may run, now running; undefined when there is none. */
  claim(wish: { readonly worker: string; readonly class: TaskClass }): Promise<TaskAssignment | undefined>;
  /** Prolongs the claim. False when it is over: the worker stops at once and writes nothing any more. */
  renew(upid: string, attempt: number): Promise<boolean>;
  /** Resolves when the lines are stored; false when the worker's claim is over and nothing was taken. */
  report(upid: string, attempt: number, report: TaskReport): Promise<boolean>;
  /** Ends a claimed task. False when the claim is over. */
  finish(upid: string, attempt: number, outcome: TaskOutcome): Promise<boolean>;
  /**
   * Gives a claimed task back, for another worker or another day. False when the claim is over, or when the task was asked
   * to stop and is to be finished as cancelled instead.
   * @param why  a sentence for the task's log
   */
  release(upid: string, attempt: number, why: string): Promise<boolean>;
  /** What the workers know about a running task that looks wrong; undefined when it does not any more. */
  setConcern(upid: string, concern: TaskConcern | undefined): void;
  /** @throws TASK_NOT_FOUND, TASK_FINISHED */
  requestCancel(upid: string, authId: string): Promise<Task>;
  /** Holds at once, also while it runs. @throws TASK_NOT_FOUND, TASK_FINISHED */
  change(upid: string, by: { readonly authId: string; readonly change: TaskChange }): Promise<Task>;
  /** A new task that does what a failed or cancelled one should have done. @throws TASK_NOT_FOUND, TASK_NOT_RETRYABLE, TASK_RETRY_ACTIVE, SERVER_STOPPING */
  retry(upid: string, authId: string): Promise<Upid>;
  /** Resolves when no part of the task is queued or running any more, with its parts. @throws CANCELLED */
  waitForParts(upid: string, options: { readonly signal: AbortSignal }): Promise<readonly Task[]>;
  /** @throws TASK_NOT_FOUND */
  get(upid: string): Promise<Task>;
  /** The task as it is now while it is queued or running, else undefined. */
  findActive(upid: string): Task | undefined;
  /** All queued and running ones as they are now, oldest first. Works out every wait graph: for a few tasks. */
  active(): readonly Task[];
  /** The same as they are kept, without what holds only at this instant: as cheap for ten thousand as it can be. */
  activeFacts(): Iterable<Task>;
  /** Where an active task stands and works, without working out how it is now. */
  findPlace(upid: string): TaskPlace | undefined;
  /** By its number, the fourth part of the UPID. */
  isActive(taskId: number): boolean;
  /** @throws TASK_NOT_FOUND */
  readLog(upid: string, query: LogPageQuery): Promise<LogPage & { readonly finished: boolean }>;
  /** @throws TASK_NOT_FOUND */
  streamLogText(
    upid: string,
    options: { readonly level: LogPageQuery["level"] },
  ): Promise<AsyncIterable<string>>;
  counts(): TaskCounts;
  /** A queued or running task that works on the datastore. */
  findUserOf(datastore: string): Task | undefined;
  /** The workers say what they can take; queued tasks' reasons follow it. */
  capacityChanged(capacity: ReadonlyMap<TaskClass, WorkerCapacity>): void;
  capacity(): ReadonlyMap<TaskClass, WorkerCapacity>;
  /** While set, nothing new is handed out, and queued tasks say who paused it. */
  setPaused(scheduler: Scheduler | undefined): void;
  isPaused(): boolean;
  onQueued(listener: () => void): void;
  onCancelRequested(listener: (upid: string) => void): void;
  /** Hears of every end, after it was stored and the retry that it causes with it. */
  onEnded(listener: (task: Task) => void): void;
  /** A task's own limit on bandwidth is another one. */
  onLimitChanged(listener: (upid: string, bandwidthLimitBytesPerSecond: number | undefined) => void): void;
  /**
   * To be called once, before the workers start. Ends what the last life of the server left running.
   * @returns the assignments that were lost, for the operations' own cleaning up
   */
  recover(): Promise<readonly TaskAssignment[]>;
  close(): Promise<void>;
}

// Long because it is the table of all that the room does.
export function createTasks(needs: TasksNeeds): Tasks {
  const desk = openDesk(needs);
  const watch = startTaskWatch(desk);
  desk.endListeners.add((one) =>
    afterEnd(desk, one).catch((cause: unknown) =>
      needs.warn("TASK_PARTS_FAILED", `the parts of a task were not told of its end: ${String(cause)}`, {
        upid: one.task.upid,
      }),
    ),
  );
  return {
    queue: ({ authId }, plan) => queue(desk, authId, plan),
    claim: (wish) => claimTask(desk, wish),
    renew: (upid, attempt) => renewClaim(desk, upid, attempt),
    report: (upid, attempt, report) => takeReport(desk, upid, attempt, report),
    finish: async (upid, attempt, outcome) => {
      const one = findClaimed(desk, upid, attempt);
      return one !== undefined && endTask(desk, one, outcome);
    },
    release: (upid, attempt, why) => releaseTask(desk, upid, attempt, why),
    setConcern: (upid, concern) => setConcern(desk, upid, concern),
    requestCancel: (upid, authId) => requestCancel(desk, upid, authId),
    change: (upid, by) => changeTask(desk, upid, by),
    retry: (upid, authId) => retry(desk, upid, authId),
    waitForParts: (upid, options) => waitForParts(desk, upid, options),
    get: async (upid) => taskOf(desk, await getRecord(desk, upid)),
    findActive: (upid) => {
      const one = desk.ledger.find(upid);
      return one === undefined ? undefined : present(desk, one);
    },
    activeFacts: () => Array.from(desk.ledger.list(), (one) => one.task),
    findPlace: (upid) => desk.ledger.find(upid)?.task,
    isActive: (taskId) => desk.ledger.has(taskId),
    active: () => Array.from(desk.ledger.list(), (one) => present(desk, one)),
    readLog: async (upid, query) => {
      // The state first: a task that ends in between is asked for again, one that ended cannot have grown.
      const record = await getRecord(desk, upid);
      const page = await needs.logs.readPage(record.taskId, query);
      return { ...page, finished: isFinishedTaskState(record.task.state) };
    },
    streamLogText: async (upid, options) =>
      needs.logs.streamText((await getRecord(desk, upid)).taskId, options),
    counts: () => ({ queued: desk.line.queuedCount, running: desk.line.runningCount }),
    findUserOf: (datastore) => findUserOf(desk, datastore),
    capacityChanged: (capacity) => {
      desk.capacity = capacity;
    },
    capacity: () => desk.capacity,
    setPaused: (scheduler) => {
      desk.paused = scheduler?.paused === true ? scheduler : undefined;
      desk.queue.pause(desk.paused !== undefined);
      if (desk.paused === undefined) tellQueued(desk);
    },
    isPaused: () => desk.paused !== undefined,
    onQueued: (listener) => desk.queuedListeners.push(listener),
    onCancelRequested: (listener) => desk.cancelListeners.push(listener),
    onEnded: (listener) => void desk.endListeners.add((one) => listener(one.task)),
    onLimitChanged: (listener) => desk.limitListeners.push(listener),
    recover: () => recover(desk),
    close: async () => {
      watch.close();
      await desk.ledger.close();
      await needs.logs.close();
    },
  };
}

async function queue(desk: Desk, authId: string, plan: TaskPlan): Promise<Upid> {
  const upid = await queueTask(desk, authId, plan);
  const one = desk.ledger.find(upid);
  // Its parent may have ended while it was being written down.
  if (plan.parent !== undefined && one !== undefined) await settlePart(desk, one);
  return upid;
}

async function retry(desk: Desk, upid: string, authId: string): Promise<Upid> {
  const again = await retryTask(desk, upid, authId);
  const one = desk.ledger.find(again);
  if (one !== undefined) await settlePart(desk, one);
  return again;
}

function setConcern(desk: Desk, upid: string, concern: TaskConcern | undefined): void {
  const one = desk.ledger.find(upid);
  if (one === undefined || one.task.state !== "running" || one.ending) return;
  one.contact = concern;
  desk.ledger.tell(one);
}

function findUserOf(desk: Desk, datastore: string): Task | undefined {
  for (const one of desk.ledger.list()) if (one.task.datastore === datastore) return one.task;
  return undefined;
}
