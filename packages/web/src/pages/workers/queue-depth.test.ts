import { expect, test } from "vitest";
import { aTask } from "../../live/scripted-server.testing.ts";
import { countQueue } from "./queue-depth.ts";

test("counts what waits and what runs by class and type, with the longest wait, in the order of classes", () => {
  const rows = countQueue([
    aTask({ type: "gc", class: "gc", state: "queued", queuedAt: 30 }),
    aTask({ type: "restore" }),
    aTask({ state: "queued", queuedAt: 20 }),
    aTask({ state: "queued", queuedAt: 10 }),
    aTask(),
  ]);
  expect(rows).toEqual([
    { class: "worker", type: "backup", queuedCount: 2, runningCount: 1, oldestQueuedAt: 10 },
    { class: "worker", type: "restore", queuedCount: 0, runningCount: 1, oldestQueuedAt: undefined },
    { class: "gc", type: "gc", queuedCount: 1, runningCount: 0, oldestQueuedAt: 30 },
  ]);
  expect(countQueue([])).toEqual([]);
});
