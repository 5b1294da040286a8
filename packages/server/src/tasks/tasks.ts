/**
 * The life of runs, from the request to the history. `task-life.ts` draws the states.
 *
 * 1. `queue` gives the run its UPID, writes it down durably, and tells the listeners that there is work.
 * 2. A worker `claim`s the oldest task that may run. The claim is stored before the worker hears of it, and its attempt
 *    number fences every later report: what comes under another number is refused, so a worker that was given up cannot
 *    write into a task that has ended or moved on.
 * 3. The worker `report`s log lines and progress in batches and in the end `finish`es.
 * 4. `requestCancel` ends a queued task at once and asks the workers to stop a running one.
 * 5. After a restart `recover` fails what was running and keeps what was queued.
 *
 * This room does not look into a task's parameters: what a run does is the operation's business.
 */

import type { Upid } from "@ironcore-backup/base";
import { formatUpid, parseAuthId, secondsOf } from "@ironcore-backup/base";
import type { Task, TaskListQuery, TaskType } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { takeNumber } from "../state/counter-records.ts";
import { listActiveTaskRecords, listTaskRecords } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { LogPage } from "./log-store.ts";
import type { LogPageQuery } from "./log-file.ts";
import { createStageMeter } from "./stage-meter.ts";
import { startTask } from "./task-life.ts";
import { countActive, endTask, getRecord, logLines, openDesk, present, taskOf } from "./task-desk.ts";
import type { Desk, TaskCounts, TasksNeeds } from "./task-desk.ts";
import { withoutBulk } from "./task-ledger.ts";
import type { ActiveTask } from "./task-ledger.ts";
import type { ReportedLine, TaskOutcome, TaskReport } from "./task-report.ts";
import { findHolder } from "./wait-reason.ts";
import type { WorkerCapacity } from "./wait-reason.ts";

const QUEUED_COUNT_MAX = 10_000;
const PAGE_LENGTH_DEFAULT = 50;

/** What is to be run, and how it shows. */
export interface TaskPlan {
  readonly type: TaskType;
  /** The field's own type and id for the UPID: `backup`, `store1:host/web-1`. */
  readonly upidType: string;
  readonly workerId: string;
  readonly datastore: string;
  readonly source: string;
  readonly target: string;
  /** Tasks with the same key run one after the other. */
  readonly exclusiveKey: string | undefined;
  readonly parameters: unknown;
  readonly retryOf?: string;
}

export interface TaskAssignment {
  readonly upid: Upid;
  readonly attempt: number;
  readonly authId: string;
  readonly type: TaskType;
  /** As far as the task knows it: `main:host/web-1/2024-05-01T12:00:00Z`. */
  readonly target: string;
  readonly parameters: unknown;
}

interface TaskPage {
  readonly tasks: Task[];
  readonly nextCursor: string | undefined;
}

export interface Tasks {
  /** @throws TASK_QUEUE_FULL, SERVER_STOPPING */
  queue(authId: string, plan: TaskPlan): Promise<Upid>;
  /** The oldest task that may run, now running; undefined when there is none. */
  claim(): Promise<TaskAssignment | undefined>;
  /** Resolves when the lines are stored; false when the worker's claim is over and nothing was taken. */
  report(upid: string, attempt: number, report: TaskReport): Promise<boolean>;
  /** Ends a claimed task. False when the claim is over. */
  finish(upid: string, attempt: number, outcome: TaskOutcome): Promise<boolean>;
  /** @throws TASK_NOT_FOUND, TASK_FINISHED */
  requestCancel(upid: string, authId: string): Promise<Task>;
  /** @throws TASK_NOT_FOUND */
  get(upid: string): Promise<Task>;
  list(query: TaskListQuery): Promise<TaskPage>;
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
  capacityChanged(capacity: WorkerCapacity): void;
  capacity(): WorkerCapacity;
  onQueued(listener: () => void): void;
  onCancelRequested(listener: (upid: string) => void): void;
  /**
   * To be called once, before the workers start. Ends what the last life of the server left running.
   * @returns the assignments that were lost, for the operations' own cleaning up
   */
  recover(): Promise<readonly TaskAssignment[]>;
  close(): Promise<void>;
}

export function createTasks(needs: TasksNeeds): Tasks {
  const desk = openDesk(needs);
  return {
    queue: (authId, plan) => queueTask(desk, authId, plan),
    claim: () => claimTask(desk),
    report: (upid, attempt, report) => takeReport(desk, upid, attempt, report),
    finish: async (upid, attempt, outcome) => {
      const one = findClaimed(desk, upid, attempt);
      if (one === undefined) return false;
      await endTask(desk, one, outcome);
      return true;
    },
    requestCancel: (upid, authId) => requestCancel(desk, upid, authId),
    get: async (upid) => taskOf(desk, await getRecord(desk, upid)),
    list: (query) => listPage(desk, query),
    readLog: async (upid, query) => {
      // The state first: a task that ends in between is asked for again, one that ended cannot have grown.
      const record = await getRecord(desk, upid);
      const page = await needs.logs.readPage(record.taskId, query);
      return { ...page, finished: isFinishedTaskState(record.task.state) };
    },
    streamLogText: async (upid, options) =>
      needs.logs.streamText((await getRecord(desk, upid)).taskId, options),
    counts: () => countActive(desk),
    findUserOf: (datastore) => desk.ledger.list().find((one) => one.task.datastore === datastore)?.task,
    capacityChanged: (capacity) => {
      desk.capacity = capacity;
    },
    capacity: () => desk.capacity,
    onQueued: (listener) => desk.queuedListeners.push(listener),
    onCancelRequested: (listener) => desk.cancelListeners.push(listener),
    recover: () => recover(desk),
    close: async () => {
      await desk.ledger.close();
      await needs.logs.close();
    },
  };
}

async function queueTask(desk: Desk, authId: string, plan: TaskPlan): Promise<Upid> {
  if (desk.capacity.closedBecause !== undefined) throw serverErrors.SERVER_STOPPING({});
  const { queued } = countActive(desk);
  if (queued >= QUEUED_COUNT_MAX) throw serverErrors.TASK_QUEUE_FULL({ queuedTaskCount: queued });
  const taskId = await takeNumber(desk.state.database, "task");
  const upid = makeUpid(desk, taskId, authId, plan);
  const { exclusiveKey, parameters } = plan;
  await desk.ledger.add({
    taskId,
    attempt: 0,
    exclusiveKey,
    parameters,
    task: newTask(desk, upid, authId, plan),
  });
  for (const listener of desk.queuedListeners) listener();
  return upid;
}

function makeUpid(desk: Desk, taskId: number, authId: string, plan: TaskPlan): Upid {
  return formatUpid({
    ...desk.identity,
    taskId,
    startTime: secondsOf(desk.clock.now()),
    type: plan.upidType,
    workerId: plan.workerId,
    authId: parseAuthId(authId),
  });
}

function newTask(desk: Desk, upid: Upid, authId: string, plan: TaskPlan): Task {
  return {
    upid,
    type: plan.type,
    state: "queued",
    authId,
    datastore: plan.datastore,
    source: plan.source,
    target: plan.target,
    queuedAt: desk.clock.now(),
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    ...(plan.retryOf === undefined ? {} : { retryOf: plan.retryOf }),
  };
}

async function claimTask(desk: Desk): Promise<TaskAssignment | undefined> {
  const active = desk.ledger.list();
  const one = active.find(
    (other) => other.task.state === "queued" && !other.ending && findHolder(other, active) === undefined,
  );
  if (one === undefined) return undefined;
  // In memory at once, so that a second claim cannot choose it while this one is being stored.
  one.task = startTask(one.task, desk.clock.now());
  one.attempt++;
  await desk.ledger.changed(one);
  return assignmentOf(one);
}

function assignmentOf(one: TaskRecord | ActiveTask): TaskAssignment {
  const { task, attempt, parameters } = one;
  // Made by `formatUpid` when the task was queued.
  return {
    upid: task.upid as Upid,
    attempt,
    authId: task.authId,
    type: task.type,
    target: task.target,
    parameters,
  };
}

function findClaimed(desk: Desk, upid: string, attempt: number): ActiveTask | undefined {
  const one = desk.ledger.find(upid);
  return one !== undefined && one.attempt === attempt && one.task.state === "running" && !one.ending
    ? one
    : undefined;
}

async function takeReport(desk: Desk, upid: string, attempt: number, report: TaskReport): Promise<boolean> {
  const one = findClaimed(desk, upid, attempt);
  if (one === undefined) return false;
  applyProgress(desk, one, report);
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

function applyProgress(desk: Desk, one: ActiveTask, report: TaskReport): void {
  const elapsedMs = desk.clock.elapsedMs();
  for (const stage of report.stages) {
    const meter = one.meters[stage.index];
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
}

async function requestCancel(desk: Desk, upid: string, authId: string): Promise<Task> {
  const one = desk.ledger.find(upid);
  if (one === undefined || one.ending) {
    const record = await getRecord(desk, upid);
    throw serverErrors.TASK_FINISHED({ upid, state: record.task.state });
  }
  const first = !one.task.cancelRequested;
  one.task = { ...one.task, cancelRequested: true };
  const line: ReportedLine = {
    at: desk.clock.now(),
    level: "info",
    code: "CANCEL_REQUESTED",
    message: `${authId} asked to stop the task`,
    fields: {},
  };
  if (one.task.state === "queued") {
    one.ending = true;
    await logLines(desk, one, [line]);
    await endTask(desk, one, { kind: "cancelled" });
  } else if (first) {
    await logLines(desk, one, [line]);
    await desk.ledger.changed(one);
    for (const listener of desk.cancelListeners) listener(upid);
  }
  return present(desk, one);
}

async function listPage(desk: Desk, query: TaskListQuery): Promise<TaskPage> {
  const limit = query.limit ?? PAGE_LENGTH_DEFAULT;
  const records = await listTaskRecords(desk.state.database, query, {
    limit: limit + 1,
    beforeTaskId: parseCursor(query.cursor),
  });
  const page = records.slice(0, limit);
  return {
    tasks: page.map((record) => withoutBulk(taskOf(desk, record))),
    nextCursor: records.length > limit ? String(page.at(-1)?.taskId) : undefined,
  };
}

function parseCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (!/^\d{1,15}$/.test(cursor))
    throw serverErrors.REQUEST_INVALID({ part: "query", detail: "cursor is not one of ours" });
  return Number(cursor);
}

async function recover(desk: Desk): Promise<readonly TaskAssignment[]> {
  const lost: TaskAssignment[] = [];
  for (const record of await listActiveTaskRecords(desk.state.database)) {
    const one = desk.ledger.adopt(record);
    if (record.task.state === "queued") continue;
    lost.push(assignmentOf(record));
    const error = serverErrors.WORKER_LOST({ reason: "the server stopped while the task ran" }).toJSON();
    await endRecovered(desk, one, { kind: "failed", error });
  }
  return lost;
}

/** Stages come from the store here, there are no meters. */
async function endRecovered(desk: Desk, one: ActiveTask, outcome: TaskOutcome): Promise<void> {
  const { stages } = one.task;
  one.meters = stages.map((stage) => ({
    update: () => undefined,
    tick: () => undefined,
    stage: () => stage,
  }));
  await endTask(desk, one, outcome);
}
