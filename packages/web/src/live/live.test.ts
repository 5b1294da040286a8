import { describe, expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { createClient } from "@ironcore-backup/client";
import type { TaskLogLine, Worker } from "@ironcore-backup/protocol/calls";
import { createLive } from "./live.ts";
import type { Live, LiveNews } from "./live.ts";
import type { LiveState } from "./live-state.ts";
import { aTask, ScriptedServer, taskChanged } from "./scripted-server.testing.ts";

interface Scene {
  readonly server: ScriptedServer;
  readonly live: Live;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly news: LiveNews[];
  /** Draws the frame that is due. */
  readonly draw: () => void;
  readonly frameCount: () => number;
  /** Resolves as soon as the state is so. */
  readonly until: (holds: (state: LiveState) => boolean) => Promise<void>;
}

function aScene(): Scene {
  const server = new ScriptedServer();
  const clock = createFakeClock();
  const frames: (() => void)[] = [];
  let frameCount = 0;
  const client = createClient({ transport: server.transport, clock }, {});
  const live = createLive({
    client,
    clock,
    random: createSeededRandom(1),
    schedule: (run) => {
      frameCount += 1;
      frames.push(run);
    },
  });
  const news: LiveNews[] = [];
  live.onNews((told) => news.push(told));
  return {
    server,
    live,
    clock,
    news,
    draw: () => frames.splice(0).forEach((run) => run()),
    frameCount: () => frameCount,
    until: (holds) =>
      new Promise((wake) => {
        const look = (): void => {
          if (!holds(live.state())) return;
          end();
          wake();
        };
        const end = live.subscribe(look);
        look();
      }),
  };
}

const isLive = ({ contact }: LiveState): boolean => contact.state === "live";
const isLost = ({ contact }: LiveState): boolean => contact.state === "lost";
const states = (live: Live): string[] => [...(live.state().tasks?.values() ?? [])].map(({ state }) => state);
/** Lets everything that is ready to go on go on: streams are read in promises that nobody else sees. */
const settle = (): Promise<void> => new Promise((wake) => setImmediate(wake));

/** Waits for what the reader does in its own promises, without a clock. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 1000 && !holds(); round++) await settle();
  expect(holds()).toBe(true);
}

describe("live", () => {
  test("begins with a snapshot and goes on with facts, many of them in one frame", async () => {
    const { server, live, draw, until, frameCount, news } = aScene();
    const task = aTask();
    server.answers.set("GET /api/v1/tasks", { tasks: [task] });
    live.start();
    await until(isLive);
    expect([...(live.state().tasks?.keys() ?? [])]).toEqual([task.upid]);
    const steps = [1, 2, 3].map((at) => ({ ...task, bytes: at, logLineCount: at }));
    server.stream.tell(...steps.map((step, at) => taskChanged(10 + at, step)));
    await eventually(() => frameCount() === 1);
    await settle();
    expect(live.state().tasks?.get(task.upid)?.bytes).toBe(0);
    draw();
    expect(live.state().tasks?.get(task.upid)?.bytes).toBe(3);
    expect(frameCount()).toBe(1);
    expect(news.map(({ facts }) => (facts === "reset" ? facts : facts.length))).toEqual(["reset", 3]);
  });

  test("facts that come while the snapshot is fetched are not lost, and an older snapshot does not undo them", async () => {
    const { server, live, draw, until } = aScene();
    const task = aTask();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    server.answers.set("GET /api/v1/tasks", { tasks: [task] });
    const opened = server.nextStream();
    live.start();
    await opened;
    server.stream.tell(taskChanged(5, { ...task, state: "ok", endedAt: 1 }), taskChanged(6, aTask()));
    await settle();
    draw();
    expect(live.state().tasks).toBeUndefined();
    gate.resolve();
    await until(isLive);
    expect(states(live)).toEqual(["running"]);
    expect(live.state().tasks?.has(task.upid)).toBe(false);
  });

  test("keeps what it knew while contact is lost, says since when, and goes on behind the last number", async () => {
    const { server, live, clock, draw, until, frameCount } = aScene();
    const task = aTask();
    server.answers.set("GET /api/v1/tasks", { tasks: [task] });
    live.start();
    await until(isLive);
    server.stream.tell(taskChanged(41, { ...task, bytes: 1 }));
    await eventually(() => frameCount() === 1);
    draw();
    const askedCount = server.requests.length;
    server.isReachable = false;
    server.stream.breakOff();
    await until(isLost);
    expect(live.state().contact).toMatchObject({ since: clock.now() });
    expect(live.state().tasks?.get(task.upid)?.bytes).toBe(1);
    server.isReachable = true;
    const opened = server.nextStream();
    clock.advance(10_000);
    await opened;
    await until(isLive);
    expect(server.stream.request.headers["last-event-id"]).toBe("41");
    // Nothing was missed, so nothing is fetched again: one request, the stream's.
    expect(server.requests.length).toBe(askedCount + 1);
  });

  test("fetches everything anew after a reset", async () => {
    const { server, live, until, news } = aScene();
    server.answers.set("GET /api/v1/tasks", { tasks: [aTask()] });
    live.start();
    await until(isLive);
    server.answers.set("GET /api/v1/tasks", { tasks: [aTask(), aTask()] });
    server.stream.tell({ sequence: 9, at: 0, kind: "stream-reset" });
    await until(({ tasks }) => tasks?.size === 2);
    expect(news).toEqual([{ facts: "reset" }, { facts: "reset" }]);
  });

  test("shows the rest to somebody who may not see workers", async () => {
    const { server, live, until } = aScene();
    const refusal = {
      error: { code: "FORBIDDEN", message: "no", remedy: "ask", retry: "never", context: {} },
    };
    server.answers.set("GET /api/v1/workers", refusal);
    server.answers.set("GET /api/v1/scheduler", refusal);
    live.start();
    await until(isLive);
    expect(live.state().refused).toEqual(new Set(["workers", "scheduler"]));
    expect(live.state().tasks?.size).toBe(0);
    const worker = { name: "n/worker" } as Worker; // Nothing else of it is looked at.
    server.stream.tell({ sequence: 1, at: 0, kind: "worker-changed", name: "n/worker", worker });
    await settle();
    expect(live.state().workers).toBeUndefined();
  });

  test("asks for the lines of a followed task, says when they begin, and tells each batch once a frame", async () => {
    const { server, live, draw, until, frameCount } = aScene();
    const task = aTask();
    live.start();
    await until(isLive);
    const opened = Promise.withResolvers<void>();
    const told: number[][] = [];
    const line = (number: number): TaskLogLine => ({
      number,
      at: 0,
      level: "info",
      code: "X",
      message: "",
      fields: {},
    });
    const end = live.followLog(task.upid, {
      opened: opened.resolve,
      lines: (lines) => told.push(lines.map(({ number }) => number)),
    });
    await opened.promise;
    expect(server.stream.request.path).toContain(`logOf=${encodeURIComponent(task.upid)}`);
    server.stream.tell(
      { sequence: 3, at: 0, kind: "task-logged", upid: task.upid, lines: [line(1), line(2)] },
      { sequence: 4, at: 0, kind: "task-logged", upid: aTask().upid, lines: [line(1)] },
      { sequence: 5, at: 0, kind: "task-logged", upid: task.upid, lines: [line(3)] },
    );
    await eventually(() => frameCount() === 1);
    await settle();
    draw();
    expect(told).toEqual([[1, 2, 3]]);
    const closed = server.nextStream();
    end();
    await closed;
    expect(server.stream.request.path).not.toContain("logOf");
    expect(live.state().contact).toEqual({ state: "live" });
  });

  test("forgets everything when it is stopped, and a late answer changes nothing", async () => {
    const { server, live } = aScene();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const opened = server.nextStream();
    live.start();
    await opened;
    live.stop();
    gate.resolve();
    await settle();
    expect(live.state()).toMatchObject({ contact: { state: "connecting" }, tasks: undefined });
  });
});
