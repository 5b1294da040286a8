import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { Task, Worker } from "@ironcore-backup/protocol";
import { createEventStream } from "./event-stream.ts";
import { writeServiceLines } from "./service-lines.ts";

function aHouse() {
  const events = createEventStream({ clock: createFakeClock() });
  const lines: Record<string, unknown>[] = [];
  const stop = writeServiceLines({
    events,
    writerFor: (service) => ({
      info: (fields, message) => lines.push({ service, level: "info", ...fields, message }),
      warn: (fields, message) => lines.push({ service, level: "warning", ...fields, message }),
    }),
  });
  return { events, lines, stop };
}

const task: Task = {
  upid: "UPID:1",
  type: "verify",
  state: "queued",
  class: "verifier",
  priority: "normal",
  authId: "anna@ibs",
  datastore: "main",
  namespace: "",
  source: "main",
  target: "main",
  queuedAt: 1,
  stages: [],
  bytes: 0,
  warningCount: 0,
  errorCount: 0,
  logLineCount: 0,
  cancelRequested: false,
  tryNumber: 1,
  childCount: 0,
};
const worker: Worker = {
  name: "node/gc",
  node: "node",
  class: "gc",
  state: "online",
  detail: "",
  slotCount: 1,
  usedSlotCount: 0,
  heardAt: 1,
  startedAt: 1,
  processCount: 1,
  rssBytes: 1,
  runs: [],
  version: "1",
};

test("a task's life is three lines of its class's service, however often it moves", () => {
  const { events, lines } = aHouse();
  events.recordTask(task);
  for (let bytes = 0; bytes < 5; bytes++)
    events.recordTask({ ...task, state: "running", startedAt: 10, bytes });
  const error = { code: "WORKER_LOST", message: "lost", remedy: "again", retry: "now" as const, context: {} };
  events.recordTask({ ...task, state: "failed", startedAt: 10, endedAt: 35, exitStatus: "lost", error });
  expect(lines.map(({ service, level, code }) => [service, level, code])).toEqual([
    ["verifier", "info", "TASK_QUEUED"],
    ["verifier", "info", "TASK_STARTED"],
    ["verifier", "warning", "TASK_ENDED"],
  ]);
  expect(lines.at(-1)).toMatchObject({
    upid: "UPID:1",
    durationMs: 25,
    errorCode: "WORKER_LOST",
    message: "task ended: lost",
  });
});

test("a worker and the scheduler tell what changed, and not how busy they are", () => {
  const { events, lines, stop } = aHouse();
  events.recordWorker("node/gc", worker);
  events.recordWorker("node/gc", { ...worker, state: "busy" });
  events.recordWorker("node/gc", { ...worker, state: "draining", detail: "drained by anna@ibs" });
  events.recordScheduler({ paused: true, pausedBy: "anna@ibs", reason: "moving" });
  events.recordScheduler({ paused: false });
  stop();
  events.recordScheduler({ paused: true });
  expect(lines.map(({ service, code, state, message }) => [service, code, state, message])).toEqual([
    ["gc", "WORKER_STATE", "online", "node/gc is online"],
    ["gc", "WORKER_STATE", "draining", "drained by anna@ibs"],
    ["scheduler", "SCHEDULER_PAUSED", undefined, "paused"],
    ["scheduler", "SCHEDULER_RESUMED", undefined, "resumed"],
  ]);
});
