/** What the steps of a task's life share: the queue, the ledger, the line, the log, and how a task is shown. */

import type { Clock } from "@ironcore-backup/base";
import type { Scheduler, Task, TaskClass, TaskLogLine, TaskWait } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { findTaskRecord } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { ActiveTask } from "./active-task.ts";
import type { EventStream } from "./event-stream.ts";
import type { LogStore } from "./log-store.ts";
import { createSqliteTaskQueue } from "./queue/sqlite-task-queue.ts";
import type { TaskQueue } from "./queue/task-queue.ts";
import { createRunDurations } from "./run-durations.ts";
import type { RunDurations } from "./run-durations.ts";
import { createStartForecast } from "./start-forecast.ts";
import type { StartForecast } from "./start-forecast.ts";
import { createTaskLedger } from "./task-ledger.ts";
import type { TaskLedger } from "./task-ledger.ts";
import { createTaskLine } from "./task-line.ts";
import type { TaskLine } from "./task-line.ts";
import type { ReportedLine, TaskOutcome } from "./task-report.ts";
import { findWaitReasons, NO_LIMITS, NO_WORKERS } from "./wait-graph.ts";
import type { TaskLimits, WaitView, WorkerCapacity } from "./wait-graph.ts";

export interface TasksNeeds {
  readonly clock: Clock;
  readonly state: State;
  readonly logs: LogStore;
  readonly events: EventStream;
  /** Names this server in UPIDs. */
  readonly identity: { readonly node: string; readonly pid: number; readonly pstart: number };
  /** Runs before a task's end is written: what else must be stored with it. Its failure fails the task. */
  readonly onEnding: (task: Task, outcome: TaskOutcome["kind"]) => Promise<void>;
  /** At each hand-out to a worker: puts what holds now into a task's parameters, which were made when it was queued. */
  readonly completeParameters?: (parameters: unknown) => unknown;
  /** A line for the service's own log. */
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
  /** Lines are stored and about to be told. */
  readonly onLines?: (task: Task, lines: readonly TaskLogLine[]) => void;
  /** How many tasks may run at once; asked whenever one could start. */
  readonly limits?: () => TaskLimits;
  /** After how long without any movement a running task is told as stalled. */
  readonly stallMs?: number;
}

export interface TaskCounts {
  readonly queued: number;
  readonly running: number;
}

export interface Desk extends TasksNeeds {
  readonly queue: TaskQueue;
  readonly ledger: TaskLedger;
  readonly line: TaskLine;
  readonly durations: RunDurations;
  readonly forecast: StartForecast;
  readonly queuedListeners: (() => void)[];
  readonly cancelListeners: ((upid: string) => void)[];
  readonly limitListeners: ((upid: string, bandwidthLimitBytesPerSecond: number | undefined) => void)[];
  readonly endListeners: Set<(one: ActiveTask) => void | Promise<void>>;
  capacity: ReadonlyMap<TaskClass, WorkerCapacity>;
  paused: Scheduler | undefined;
  /** Claims, and what must not happen between one's choice and its being known here, follow each other. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
}

export function openDesk(needs: TasksNeeds): Desk {
  const queue = createSqliteTaskQueue(needs);
  const line = createTaskLine();
  const durations = createRunDurations();
  const ledger = createTaskLedger({
    ...needs,
    queue,
    present: (one) => present(desk, one),
    onStoreFailure: (upid, cause) =>
      needs.warn("TASK_STORE_FAILED", `the state store refused a task: ${String(cause)}`, { upid }),
    onGone: (one) => line.remove(one),
    onClaimLost: (one) =>
      needs.warn("TASK_CLAIM_LOST", "the state store has the task under another attempt", {
        upid: one.task.upid,
      }),
  });
  const desk: Desk = {
    ...needs,
    queue,
    ledger,
    line,
    durations,
    forecast: createStartForecast({ clock: needs.clock, durations }),
    queuedListeners: [],
    cancelListeners: [],
    limitListeners: [],
    endListeners: new Set(),
    capacity: new Map(),
    paused: undefined,
    inTurn: createTurns(),
  };
  return desk;
}

function createTurns(): Desk["inTurn"] {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const turn = last.then(step, step);
    last = turn.catch(() => undefined);
    return turn;
  };
}

export function waitViewOf(desk: Desk): WaitView {
  const now = desk.clock.now();
  desk.line.promote(now);
  return {
    now,
    line: desk.line,
    paused: desk.paused,
    limits: desk.limits?.() ?? NO_LIMITS,
    capacityOf: (taskClass) => desk.capacity.get(taskClass) ?? NO_WORKERS,
  };
}

/** As it is at this instant. */
export function present(desk: Desk, one: ActiveTask): Task {
  if (one.task.state === "queued") return { ...one.task, wait: waitOf(desk, one) };
  if (one.task.state !== "running") return one.task;
  const concern = one.contact ?? one.stall;
  return {
    ...one.task,
    stages: one.meters.map((meter) => meter.stage()),
    ...(concern === undefined ? {} : { concern }),
  };
}

function waitOf(desk: Desk, one: ActiveTask): TaskWait {
  const wait = presentWait(desk, one);
  const predictedStart = one.ending ? undefined : desk.forecast.predict(waitViewOf(desk), one);
  return { ...wait, ...(predictedStart === undefined ? {} : { predictedStart }) };
}

/** Without the predicted start, which costs the most and changes with every second. */
export function presentWait(desk: Desk, one: ActiveTask): TaskWait {
  const aheadCount = desk.line.aheadCount(one);
  if (one.ending)
    return { reasons: [{ code: "starting", message: "It is being cancelled", heldBy: [] }], aheadCount };
  return { reasons: findWaitReasons(waitViewOf(desk), one), aheadCount };
}

/** @throws TASK_NOT_FOUND */
export async function getRecord(desk: Desk, upid: string): Promise<TaskRecord> {
  const active = desk.ledger.find(upid);
  const record = active ?? (await findTaskRecord(desk.state.database, upid));
  if (record === undefined) throw serverErrors.TASK_NOT_FOUND({ upid });
  return record;
}

/** As it is at this instant. */
export function taskOf(desk: Desk, record: TaskRecord): Task {
  const active = desk.ledger.find(record.task.upid);
  return active === undefined ? record.task : present(desk, active);
}

export function tellQueued(desk: Desk): void {
  for (const listener of desk.queuedListeners) listener();
}

/** Stores lines, counts them with the task and with the stage that they name, and tells them. */
export async function logLines(desk: Desk, one: ActiveTask, lines: readonly ReportedLine[]): Promise<void> {
  if (lines.length === 0) return;
  const stored = await desk.logs.append(one.taskId, lines);
  one.task = {
    ...one.task,
    warningCount: one.task.warningCount + lines.filter((line) => line.level === "warning").length,
    errorCount: one.task.errorCount + lines.filter((line) => line.level === "error").length,
    logLineCount: stored.at(-1)?.number ?? one.task.logLineCount,
  };
  for (const { stage, level } of lines) {
    if (stage === undefined || (level !== "warning" && level !== "error")) continue;
    one.meters.findLast((meter) => meter.name === stage)?.count(level);
  }
  desk.onLines?.(one.task, stored);
  desk.events.recordLines(one.task, stored);
}
