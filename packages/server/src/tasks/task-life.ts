/**
 * The states of one run, as pure steps from one task value to the next.
 *
 *              ┌────────── cancel, before a worker has it ──────────┐
 *              │                                                    ▼
 *   queued ────┴─ handed out ─▶ running ──── operator's cancel ─▶ cancelled
 *      │                           ├──────── returned, no warning ▶ ok
 *      │ server cannot run it      ├──────── returned, warnings ──▶ warning
 *      └──────────▶ failed ◀───────┴──────── threw, lost, stopped
 *
 * A queued task outlives a restart of the server and runs then. A running one does not: its worker died with the server,
 * and starting it again on our own could do a thing twice that the operator has repaired by hand meanwhile.
 * A finished task never changes again. Every step asserts where it starts, so no path around the picture is possible.
 */

import { assertInvariant, baseErrors } from "@ironcore-backup/base";
import type { ErrorShape } from "@ironcore-backup/base";
import type { Task, TaskStage, TaskState } from "@ironcore-backup/protocol";
import type { TaskOutcome } from "./task-report.ts";

const EXIT_STATUS_LENGTH_MAX = 1024;

export function startTask(task: Task, startedAt: number): Task {
  assertInvariant(task.state === "queued", `task ${task.upid} starts from queued, not from ${task.state}`);
  return { ...task, state: "running", startedAt };
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
