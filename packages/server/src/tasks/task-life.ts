/**
 * The states of one run, as pure steps from one task value to the next.
 *
 *              ┌────────── cancel, before a worker has it ──────────┐
 *              │                                                    ▼
 *   queued ────┴── claimed ───▶ running ──── operator's cancel ─▶ cancelled
 *      ▲                         │ │ ├─────── returned, no warning ▶ ok
 *      └── given back, drained ──┘ │ ├─────── returned, warnings ──▶ warning
 *                                  └─┴─────── threw, lost, stopped ▶ failed
 *
 * Queued, a task waits for its turn, a lock, a limit, its parent, or the delay of a retry; `wait-graph.ts` says for what.
 * It outlives a restart of the server and runs then. A running one does not: its worker died with the server,
 * and starting it again on our own could do a thing twice that the operator has repaired by hand meanwhile. Only a worker
 * that says so itself gives a task back (`release`), and only before it has done anything that cannot be done twice.
 * A running task may be of concern (its worker is silent, it stands still): that is said of it and changes no state.
 * A finished task never changes again; a retry is a new task. Every step asserts where it starts, so no path around the
 * picture is possible.
 */

import { assertInvariant, baseErrors } from "@ironcore-backup/base";
import type { ErrorShape } from "@ironcore-backup/base";
import type { Task, TaskStage, TaskState } from "@ironcore-backup/protocol";
import type { TaskOutcome } from "./task-report.ts";

const EXIT_STATUS_LENGTH_MAX = 1024;

export function startTask(task: Task, start: { readonly startedAt: number; readonly worker: string }): Task {
  assertInvariant(task.state === "queued", `task ${task.upid} starts from queued, not from ${task.state}`);
  return { ...task, ...start, state: "running" };
}

/** Given back by its worker: as if it had not been claimed. Its log keeps the lines of the try. */
export function backInLine(task: Task): Task {
  assertInvariant(task.state === "running", `task ${task.upid} is given back by who has it`);
  const { startedAt: _startedAt, worker: _worker, statistics: _statistics, ...rest } = task;
  return { ...rest, state: "queued", stages: [], bytes: 0 };
}

/** Ends a task. Stages still open end with it and say how. */
export function finishTask(task: Task, outcome: TaskOutcome, endedAt: number): Task {
  assertInvariant(task.state === "queued" || task.state === "running", `task ${task.upid} ends once`);
  const state = finalState(task, outcome);
  return {
    ...task,
    state,
    endedAt,
    stages: task.stages.map((stage) => closeStage(stage, state, endedAt)),
    exitStatus: exitStatusOf(task, outcome),
    ...(outcome.kind === "failed" ? { error: errorForTask(outcome.error) } : {}),
  };
}

function finalState(task: Task, outcome: TaskOutcome): TaskState {
  if (outcome.kind !== "done") return outcome.kind;
  return task.warningCount + task.errorCount > 0 ? "warning" : "ok";
}

/** One line: `OK`, `WARNINGS: 3`, `Cancelled by an operator`, or the error's message. */
function exitStatusOf(task: Task, outcome: TaskOutcome): string {
  if (outcome.kind === "cancelled") return baseErrors.CANCELLED({}).message;
  if (outcome.kind === "failed") {
    return outcome.error.message.replace(/\s+/g, " ").slice(0, EXIT_STATUS_LENGTH_MAX);
  }
  const count = task.warningCount + task.errorCount;
  return count > 0 ? `WARNINGS: ${count}` : "OK";
}

function closeStage(stage: TaskStage, taskState: TaskState, endedAt: number): TaskStage {
  if (stage.state !== "running") return stage;
  const { rateBytesPerSecond: _rate, etaSeconds: _eta, current: _current, ...rest } = stage;
  const state = taskState === "failed" || taskState === "cancelled" ? taskState : "done";
  return { ...rest, state, endedAt };
}

/** Context fields that are not there do not travel: JSON has no undefined. */
function errorForTask(error: ErrorShape): NonNullable<Task["error"]> {
  const context = Object.fromEntries(
    Object.entries(error.context ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  return { code: error.code, message: error.message, remedy: error.remedy, retry: error.retry, context };
}
