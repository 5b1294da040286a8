/**
 * The life of tasks, workers and the scheduler as lines of the services' logs: queued, started, ended, paused, drained.
 * What a task itself says stands in its own log; these lines tell a service manager and a log collector that it was there.
 */

import type { Event, Task, TaskClass, TaskState } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import type { EventStream } from "./event-stream.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface LineWriter {
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
}

interface Needs {
  readonly events: Pick<EventStream, "subscribe">;
  readonly writerFor: (service: TaskClass | "scheduler") => LineWriter;
}

/** @returns stops the writing */
export function writeServiceLines(needs: Needs): () => void {
  const taskStates = new Map<string, TaskState>();
  const workerStates = new Map<string, string>();
  return needs.events.subscribe((recorded) => {
    if (recorded.kind === "task-logged" || recorded.kind === "datastore-changed") return;
    const event = parseFrame(recorded.frame);
    if (event.kind === "task-changed") writeTask(needs, taskStates, event.task);
    else if (event.kind === "worker-changed" && event.worker !== undefined) {
      const { name, state, detail } = event.worker;
      // How many of its slots are busy is no news here.
      const shown = state === "busy" ? "online" : state;
      if (workerStates.get(name) === shown) return;
      workerStates.set(name, shown);
      const writer = needs.writerFor(event.worker.class);
      const line = { code: "WORKER_STATE", worker: name, state: shown };
      if (shown === "lost") writer.warn(line, detail);
      else writer.info(line, detail === "" ? `${name} is ${shown}` : detail);
    } else if (event.kind === "scheduler-changed") {
      const { paused, pausedBy, reason } = event.scheduler;
      const code = paused ? "SCHEDULER_PAUSED" : "SCHEDULER_RESUMED";
      needs.writerFor("scheduler").info({ code, authId: pausedBy, reason }, paused ? "paused" : "resumed");
    }
  });
}

function writeTask({ writerFor }: Needs, states: Map<string, TaskState>, task: Task): void {
  const { upid, state, type, datastore, authId, worker } = task;
  if (states.get(upid) === state) return;
  if (isFinishedTaskState(state)) states.delete(upid);
  else states.set(upid, state);
  const line = { upid, type, datastore, project: task.project, authId, worker };
  const writer = writerFor(task.class);
  if (state === "queued") writer.info({ code: "TASK_QUEUED", ...line }, "task queued");
  else if (state === "running") writer.info({ code: "TASK_STARTED", ...line }, "task started");
  else {
    const durationMs =
      task.startedAt === undefined || task.endedAt === undefined ? undefined : task.endedAt - task.startedAt;
    const ended = { code: "TASK_ENDED", ...line, state, durationMs, errorCode: task.error?.code };
    const message = `task ended: ${task.exitStatus ?? state}`;
    if (state === "failed") writer.warn(ended, message);
    else writer.info(ended, message);
  }
}

/** The stream holds facts as they are sent: `id`, `event`, `data`. */
function parseFrame(frame: Buffer): Event {
  const text = frame.toString("utf8");
  const start = text.indexOf("data: ") + "data: ".length;
  return JSON.parse(text.slice(start, text.indexOf("\n", start))) as Event; // Written by the stream from this very type.
}
