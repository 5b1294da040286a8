/** What tests of the stream speak with. */

import type { Task, TaskLogLine } from "@ironcore-backup/protocol";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import type { EventFilter, EventSight } from "./event-filter.ts";
import type { EventBatch, EventStream, EventTask } from "./event-stream.ts";

export const SEES_ALL: EventSight = { tasks: EVERYTHING_VISIBLE, workers: true, datastores: "all" };

export function aLine(message: string, number = 1): TaskLogLine {
  return { number, at: 1, level: "info", code: "X", message, fields: {} };
}

export function anEventTask(upid: string, place: Partial<EventTask> = {}): EventTask {
  return { upid, datastore: "main", namespace: "", authId: "a@ibs", ...place };
}

export function aTask(upid: string, changes: Partial<Task> = {}): Task {
  return {
    upid,
    type: "backup",
    state: "running",
    class: "worker",
    priority: "normal",
    authId: "a@ibs",
    datastore: "main",
    namespace: "",
    source: "",
    target: "",
    queuedAt: 0,
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    tryNumber: 1,
    childCount: 0,
    ...changes,
  };
}

/** The facts in a batch, decoded from what is sent. */
export function factsOf(frames: readonly Uint8Array[]): readonly { sequence: number; kind: string }[] {
  return frames.map((frame) => {
    const data = /^data: (.*)$/m.exec(Buffer.from(frame).toString())?.[1] ?? "";
    return JSON.parse(data) as { sequence: number; kind: string }; // Written by the stream under test.
  });
}

export function readAll(
  events: EventStream,
  after: number,
  filter: EventFilter = {},
  sight: EventSight = SEES_ALL,
): EventBatch {
  return events.read(after, { filter, sight, sizeBytesMax: Infinity });
}

/** Numbers of what is read, or `reset`. */
export function numbersOf(batch: EventBatch): readonly number[] | "reset" {
  return batch.outcome === "reset" ? "reset" : factsOf(batch.frames).map((fact) => fact.sequence);
}
