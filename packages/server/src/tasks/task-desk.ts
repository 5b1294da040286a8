/** What the steps of a task's life share: the ledger, the log, and how every end is made. */

import type { Clock } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { findTaskRecord } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { EventStream } from "./event-stream.ts";
import type { LogStore } from "./log-store.ts";
import { finishTask } from "./task-life.ts";
import { createTaskLedger } from "./task-ledger.ts";
import type { ActiveTask, TaskLedger } from "./task-ledger.ts";
import type { ReportedLine, TaskOutcome } from "./task-report.ts";
import { findWaitReason, NO_WORKERS } from "./wait-reason.ts";
import type { WorkerCapacity } from "./wait-reason.ts";

export interface TasksNeeds {
  readonly clock: Clock;
  readonly state: State;
  readonly logs: LogStore;
  readonly events: EventStream;
  /** Names this server in UPIDs. */
  readonly identity: { readonly node: string; readonly pid: number; readonly pstart: number };
  /** Runs before a task's end is written: what else must be stored with it. Its failure fails the task. */
  readonly onEnding: (task: Task) => Promise<void>;
  /** A line for the service's own log. */
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export interface TaskCounts {
  readonly queued: number;
  readonly running: number;
}

export interface Desk extends TasksNeeds {
  readonly ledger: TaskLedger;
  readonly queuedListeners: (() => void)[];
  readonly cancelListeners: ((upid: string) => void)[];
  capacity: WorkerCapacity;
}

export function openDesk(needs: TasksNeeds): Desk {
  const ledger = createTaskLedger({
    ...needs,
    present: (one) => present(desk, one),
    onStoreFailure: (upid, cause) =>
      needs.warn("TASK_STORE_FAILED", `the state store refused a task: ${String(cause)}`, { upid }),
  });
  const desk: Desk = { ...needs, ledger, queuedListeners: [], cancelListeners: [], capacity: NO_WORKERS };
  return desk;
}

export function present(desk: Desk, one: ActiveTask): Task {
  if (one.task.state === "queued") {
    return { ...one.task, waitReason: findWaitReason(one, desk.ledger.list(), desk.capacity) };
  }
  return one.task.state === "running"
    ? { ...one.task, stages: one.meters.map((meter) => meter.stage()) }
    : one.task;
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

export function countActive(desk: Desk): TaskCounts {
  const active = desk.ledger.list();
  const queued = active.filter((one) => one.task.state === "queued").length;
  return { queued, running: active.length - queued };
}

export async function logLines(desk: Desk, one: ActiveTask, lines: readonly ReportedLine[]): Promise<void> {
  if (lines.length === 0) return;
  const stored = await desk.logs.append(one.taskId, lines);
  one.task = {
    ...one.task,
    warningCount: one.task.warningCount + lines.filter((line) => line.level === "warning").length,
    errorCount: one.task.errorCount + lines.filter((line) => line.level === "error").length,
    logLineCount: stored.at(-1)?.number ?? one.task.logLineCount,
  };
  desk.events.recordLines(one.task, stored);
}

/** Every end goes through here. Whatever fails on the way, the task ends. */
export async function endTask(desk: Desk, one: ActiveTask, wanted: TaskOutcome): Promise<void> {
  one.ending = true;
  one.task = { ...one.task, stages: one.meters.map((meter) => meter.stage()) };
  let outcome = wanted;
  try {
    await desk.onEnding(one.task);
  } catch (cause) {
    outcome = {
      kind: "failed",
      error: serverErrors.TASK_RESULT_UNSTORED({ detail: String(cause) }, cause).toJSON(),
    };
  }
  const last = lastLine(desk, one.task, outcome);
  try {
    await logLines(desk, one, [last]);
    await desk.logs.finish(one.taskId);
  } catch (cause) {
    desk.warn("TASK_LOG_FAILED", `the last log line of a task was not stored: ${String(cause)}`, {
      upid: one.task.upid,
    });
  }
  one.task = finishTask(one.task, outcome, desk.clock.now());
  await desk.ledger.ended(one);
  // Its slot or its lock may be what another one waits for.
  for (const listener of desk.queuedListeners) listener();
}

function lastLine(desk: Desk, task: Task, outcome: TaskOutcome): ReportedLine {
  const at = desk.clock.now();
  if (outcome.kind === "failed") {
    const { code, message, remedy } = outcome.error;
    return { at, level: "error", code, message, fields: { remedy } };
  }
  const { exitStatus } = finishTask(task, outcome, at);
  return { at, level: "info", code: "TASK_ENDED", message: `TASK ${exitStatus ?? outcome.kind}`, fields: {} };
}
