import { describe, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { clientErrors, createClient } from "@ironcore-backup/client";
import type { TransportRequest } from "@ironcore-backup/client";
import type { TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { LogFollower } from "../../../live/live.ts";
import { createLogReader, HELD_LINE_COUNT_MAX } from "./log-reader.ts";
import type { LogPlace } from "./log-reader.ts";
import { aLine, answerLog } from "./log-server.testing.ts";
import type { LogFilter } from "./log-window.ts";

/** A server with one log, whose answers can be held back, and the stream of its lines. */
class LogServer {
  readonly log: TaskLogLine[] = [];
  readonly requests: TransportRequest[] = [];
  isReachable = true;
  gate: Promise<void> = Promise.resolve();
  followers: LogFollower[] = [];

  readonly client = createClient(
    {
      clock: createFakeClock(),
      transport: {
        url: "https://scripted.example",
        send: async (request) => {
          this.requests.push(request);
          if (!this.isReachable) throw clientErrors.SERVER_UNREACHABLE({ url: "", detail: "cut" });
          const query = new URLSearchParams(request.path.split("?")[1]);
          const body = JSON.stringify(
            answerLog(this.log, {
              start: Number(query.get("start")),
              limit: Number(query.get("limit")),
              ...(query.has("level") ? { level: query.get("level") as "error" } : {}), // The test's own word.
            }),
          );
          // What was read stays as it was, however late it comes.
          await this.gate;
          return { status: 200, body: [new TextEncoder().encode(body)].values() as never }; // Looped over only.
        },
      },
    },
    {},
  );

  readonly live = {
    followLog: (_upid: string, follower: LogFollower) => {
      this.followers.push(follower);
      return () => void (this.followers = this.followers.filter((one) => one !== follower));
    },
  };

  write(count: number, given: Partial<TaskLogLine> = {}): TaskLogLine[] {
    const lines = Array.from({ length: count }, (_one, at) => aLine(this.log.length + at + 1, given));
    this.log.push(...lines);
    return lines;
  }

  tell(lines: readonly TaskLogLine[]): void {
    for (const follower of this.followers) follower.lines(lines);
  }

  opened(): void {
    for (const follower of this.followers) follower.opened();
  }

  read(place: LogPlace, filter: LogFilter = {}, isFinished = false) {
    return createLogReader(this, "UPID:x", { place, filter, isFinished });
  }
}

/** Until all answers that can come have come. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  await new Promise((wake) => setImmediate(wake));
}

const numbersOf = (lines: readonly TaskLogLine[]): number[] => lines.map(({ number }) => number);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_one, at) => from + at);

describe("reading a log", () => {
  test("opens at the end and goes on with what is streamed", async () => {
    const server = new LogServer();
    server.write(700);
    const reader = server.read({ at: "end" });
    server.opened();
    await settle();
    server.tell(server.write(3));
    const { window, isOpening } = reader.view();
    expect(isOpening).toBe(false);
    expect(numbersOf(window.lines)).toEqual(range(201, 703));
  });

  test("lines that were told while the first answer was on its way are not missing, and not there twice", async () => {
    const server = new LogServer();
    server.write(10);
    let open = (): void => undefined;
    server.gate = new Promise((wake) => (open = wake));
    const reader = server.read({ at: "end" });
    await settle();
    server.opened();
    server.tell(server.write(5));
    open();
    await settle();
    server.tell(server.write(2));
    expect(numbersOf(reader.view().window.lines)).toEqual(range(1, 17));
  });

  test("lines from before the stream opened that the first answer did not have yet are fetched", async () => {
    const server = new LogServer();
    server.write(10);
    let open = (): void => undefined;
    server.gate = new Promise((wake) => (open = wake));
    const reader = server.read({ at: "end" });
    await settle();
    server.write(4);
    server.opened();
    open();
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual(range(1, 14));
  });

  test("what was written while the line was cut is fetched when it is back, without a gap or a double", async () => {
    const server = new LogServer();
    server.write(10);
    const reader = server.read({ at: "end" });
    server.opened();
    await settle();
    server.write(40);
    server.tell(server.write(2));
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual(range(1, 52));
    server.write(3);
    server.opened();
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual(range(1, 55));
  });

  test("who follows a flood is brought to its end, and no more is held than the bound", async () => {
    const server = new LogServer();
    server.write(10);
    const reader = server.read({ at: "end" });
    reader.setFollowing(true);
    await settle();
    server.write(100_000);
    server.tell(server.write(1));
    await settle();
    const { lines } = reader.view().window;
    expect(lines.at(-1)?.number).toBe(100_011);
    for (let turn = 0; turn < 20; turn++) server.tell(server.write(1000));
    const after = reader.view().window.lines;
    expect(after.length).toBe(HELD_LINE_COUNT_MAX);
    expect(numbersOf(after)).toEqual(range(120_011 - HELD_LINE_COUNT_MAX + 1, 120_011));
  });

  test("who reads earlier lines keeps them while the log grows, and knows how long it is", async () => {
    const server = new LogServer();
    server.write(10_000);
    const reader = server.read({ at: "line", number: 5000 });
    await settle();
    const before = numbersOf(reader.view().window.lines);
    expect(before).toEqual(range(4900, 5399));
    server.tell(server.write(10));
    expect(numbersOf(reader.view().window.lines)).toEqual(before);
    expect(reader.view().window.lineCount).toBe(10_010);
  });

  test("walking back and forth over the bound holds every line between the edges", async () => {
    const server = new LogServer();
    server.write(20_000);
    const reader = server.read({ at: "line", number: 10_000 }, {}, true);
    await settle();
    for (let step = 0; step < 15; step++) {
      reader.loadBefore();
      await settle();
    }
    const back = reader.view().window;
    expect([back.lines[0]?.number, back.lines.length]).toEqual([2400, HELD_LINE_COUNT_MAX]);
    expect(numbersOf(back.lines)).toEqual(range(2400, 7399));
    for (let step = 0; step < 40; step++) {
      reader.loadAfter();
      await settle();
    }
    expect(numbersOf(reader.view().window.lines)).toEqual(range(15_001, 20_000));
  });

  test("going back in a log that grows by pages meanwhile arrives before the window all the same", async () => {
    const server = new LogServer();
    server.write(5000);
    const reader = server.read({ at: "line", number: 3000 });
    await settle();
    // Nobody told that it grew.
    server.write(2000);
    reader.loadBefore();
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual(range(2400, 3399));
  });

  test("under a filter a line that does not pass leads to the next one that does", async () => {
    const server = new LogServer();
    server.write(50);
    server.write(1, { level: "error" });
    server.write(50);
    const reader = server.read({ at: "line", number: 20 }, { level: "error" });
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual([51]);
    const late = server.read({ at: "line", number: 90 }, { level: "error" });
    await settle();
    expect(numbersOf(late.view().window.lines)).toEqual([51]);
  });

  test("an answer that fails leaves what is held, says so, and can be asked for again", async () => {
    const server = new LogServer();
    server.write(10);
    server.isReachable = false;
    const reader = server.read({ at: "end" });
    await settle();
    expect(reader.view().error).toMatchObject({ code: "SERVER_UNREACHABLE" });
    server.isReachable = true;
    reader.retry();
    await settle();
    expect(reader.view().error).toBeUndefined();
    expect(reader.view().window.lines.length).toBe(10);
  });

  test("the last lines are fetched when the task has ended, though nobody told them", async () => {
    const server = new LogServer();
    server.write(10);
    const reader = server.read({ at: "end" });
    await settle();
    server.write(2);
    reader.finish(12);
    await settle();
    expect(numbersOf(reader.view().window.lines)).toEqual(range(1, 12));
    reader.close();
    expect(server.followers).toEqual([]);
  });
});
