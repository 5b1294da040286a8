import { describe, expect, test } from "vitest";
import { instantFromMs } from "@ironcore-backup/base";
import type { Datastore, TaskCounts, Worker } from "@ironcore-backup/protocol/calls";
import { EMPTY_LIVE_STATE } from "../../live/live-state.ts";
import type { LiveState } from "../../live/live-state.ts";
import { aTask } from "../../live/scripted-server.testing.ts";
import { judge } from "./verdict.ts";

const live = (given: Partial<LiveState> = {}): LiveState => ({
  ...EMPTY_LIVE_STATE,
  contact: { state: "live" },
  tasks: new Map(),
  ...given,
});
const counts = (given: Partial<TaskCounts["counts"]> = {}, capped = false): TaskCounts => ({
  counts: { queued: 0, running: 0, ok: 5, warning: 0, failed: 0, cancelled: 0, ...given },
  capped,
});
const store = (given: Partial<Datastore> = {}): Datastore => ({
  name: "main",
  path: "/srv/main",
  status: "online",
  createdAt: 0,
  totalBytes: 1000,
  usedBytes: 500,
  freeBytes: 500,
  ...given,
});
const judged = (facts: Partial<Parameters<typeof judge>[0]>) =>
  judge({
    live: live(),
    dayCounts: counts(),
    recentFailures: [],
    since: 1000,
    datastores: [store()],
    ...facts,
  });

describe("the verdict", () => {
  test("is all quiet when nothing is wrong, however much runs and was cancelled", () => {
    const task = aTask();
    const facts = {
      live: live({ tasks: new Map([[task.upid, task]]) }),
      dayCounts: counts({ cancelled: 3 }),
    };
    expect(judged(facts)).toEqual({ level: "ok", headline: "All quiet", findings: [] });
  });

  test("is not given before everything it stands on is known", () => {
    expect(judged({ dayCounts: undefined })).toBeUndefined();
    expect(judged({ datastores: undefined })).toBeUndefined();
    expect(judged({ recentFailures: undefined })).toBeUndefined();
    expect(judged({ live: EMPTY_LIVE_STATE })).toBeUndefined();
  });

  test("sees a failure of today whose task was queued before the day began, and none of yesterday", () => {
    const failed = { state: "failed", queuedAt: 10 } as const;
    const recentFailures = [aTask({ ...failed, endedAt: 1500 }), aTask({ ...failed, endedAt: 900 })];
    expect(judged({ recentFailures })).toMatchObject({ headline: "1 task failed in the last 24 hours" });
  });

  test("what was known last is never called well", () => {
    const contact = { state: "lost", since: instantFromMs(1), reason: "cut" } as const;
    expect(judged({ live: live({ contact }) })).toMatchObject({ level: "warning" });
  });

  test("names failures before warnings, with lower bounds said to be such", () => {
    const verdict = judged({
      dayCounts: counts({ failed: 1, warning: 1000 }, true),
      datastores: [store({ usedBytes: 950, freeBytes: 50 })],
    });
    expect(verdict?.level).toBe("failed");
    expect(verdict?.headline).toBe("3 things to look at");
    expect(verdict?.findings.map(({ text }) => text)).toEqual([
      "At least 1 task failed in the last 24 hours",
      "Datastore main has only 50 B left on its disk",
      "At least 1,000 tasks of the last 24 hours ended with warnings",
    ]);
  });

  test("one thing alone is the headline", () => {
    const datastores = [store({ status: "offline", statusReason: "not mounted" })];
    expect(judged({ datastores })).toMatchObject({
      level: "failed",
      headline: "Datastore main is offline: not mounted",
    });
  });

  test("sees lost workers, a paused scheduler and tasks that do not move", () => {
    const stalled = aTask({ concern: { code: "stalled", message: "", since: 0 } });
    const lost = { name: "n/gc", state: "lost" } as Worker; // Nothing else of it is looked at.
    const verdict = judged({
      live: live({
        workers: new Map([[lost.name, lost]]),
        scheduler: { paused: true },
        tasks: new Map([[stalled.upid, stalled]]),
      }),
    });
    expect(verdict?.findings.map(({ text, link }) => [text, link])).toEqual([
      ["Worker n/gc is lost", "workers"],
      ["The scheduler is paused: nothing new starts", "workers"],
      ["1 running task does not move", "tasks-running"],
    ]);
  });
});
