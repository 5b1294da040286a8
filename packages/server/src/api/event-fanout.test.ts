import { createServer, get } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { EventSight } from "../tasks/event-filter.ts";
import { createEventStream } from "../tasks/event-stream.ts";
import type { EventStream } from "../tasks/event-stream.ts";
import { aTask, SEES_ALL } from "../tasks/event-stream.testing.ts";
import { createEventFanout, DEFAULT_EVENT_LIMITS } from "./event-fanout.ts";
import type { EventAudience, EventFanout, EventFanoutLimits } from "./event-fanout.ts";
import { anArrival, anAudience, aSink, turn } from "./event-fanout.testing.ts";

let clock: FakeClock;
let events: EventStream;
const closers: (() => void)[] = [];
beforeEach(() => {
  clock = createFakeClock();
  events = createEventStream({ clock });
});
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

/** Lets the machine and the clock go on until it is so. */
async function until(isSo: () => boolean, stepMs = 20): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 20_000) throw new Error("it never became so");
    await turn();
    clock.advance(stepMs);
  }
}

function open(limits?: EventFanoutLimits): EventFanout {
  const fanout = createEventFanout({ clock, events }, limits);
  closers.push(() => fanout.close());
  return fanout;
}

/** A real reader over HTTP/1.1 that takes nothing until it is told to. */
async function aHttpReader(fanout: EventFanout, audience: EventAudience = anAudience()) {
  let response: ServerResponse | undefined;
  const server = createServer((_request, answer) => {
    response = answer;
    answer.writeHead(200);
    fanout.add(answer, audience);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo; // It listens on a port, not on a path.
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, resolve).on("error", reject);
  });
  closers.push(() => {
    incoming.destroy();
    server.closeAllConnections();
    server.close();
  });
  const arrival = anArrival();
  return {
    incoming,
    arrival,
    unsentBytes: () => response?.writableLength ?? Infinity,
    read: () => incoming.setEncoding("utf8").on("data", (piece: string) => (arrival.text += piece)),
  };
}

test("a reader that does not read is not written to without end, and goes on where it can when it reads again", async () => {
  const fanout = open();
  const reader = await aHttpReader(fanout);
  const start = events.sequence();
  for (let at = 0; at < 100; at++) {
    events.recordTask(aTask("u", { source: "x".repeat(100_000) }));
    if (at % 20 === 0) clock.advance(20);
    if (at % 20 === 0) await turn();
  }
  expect(reader.unsentBytes()).toBeLessThan(1024 * 1024);
  reader.read();
  await until(() => reader.arrival.endsWith(events.sequence()), 1);
  expect(reader.arrival.numbers()).toEqual(Array.from({ length: 100 }, (_, at) => start + 1 + at));
});

test("a reader that comes back to megabytes of news gets them all, although nothing more happens", async () => {
  const fanout = open();
  const start = events.sequence();
  for (let at = 0; at < 40; at++) events.recordTask(aTask("u", { source: "x".repeat(100_000) }));
  const sink = aSink();
  fanout.add(sink, anAudience({ after: start }));
  await until(() => sink.endsWith(events.sequence()));
  expect(sink.numbers()).toEqual(Array.from({ length: 40 }, (_, at) => start + 1 + at));
});

test("a reader that stays behind for long starts anew with what is now", async () => {
  const fanout = open();
  const sink = aSink();
  sink.takes = false;
  fanout.add(sink, anAudience());
  events.recordTask(aTask("one"));
  let turns = 0;
  await until(() => turns++ > 5);
  clock.advance(11_000);
  events.recordTask(aTask("two"));
  sink.takes = true;
  sink.drain();
  await until(() => sink.kinds().length > 0);
  expect(sink.kinds()).toEqual(["stream-reset"]);
  expect(sink.numbers()).toEqual([events.sequence()]);
  events.recordTask(aTask("three"));
  await until(() => sink.kinds().length > 1);
  expect(sink.text).toContain("three");
  expect(sink.text).not.toContain("two");
});

test("who takes nothing for a minute is cut, and nobody else notices", async () => {
  const fanout = open();
  const [stuck, well] = [aSink(), aSink()];
  stuck.takes = false;
  fanout.add(stuck, anAudience());
  fanout.add(well, anAudience());
  for (let minute = 0; minute < 2; minute++) {
    events.recordTask(aTask("u"));
    await until(() => well.kinds().length > minute);
    for (let tick = 0; tick < 12; tick++) {
      clock.advance(3000);
      for (let turns = 0; turns < 4; turns++) await turn();
    }
  }
  expect([stuck.isDestroyed, well.isDestroyed, fanout.readerCount()]).toEqual([true, false, 1]);
  expect(stuck.kinds()).toEqual([]);
});

test("a thousand readers with one wish get the very same bytes, encoded once", async () => {
  const fanout = open({ readerCountMax: 1000, readersPerUserMax: 1000 });
  const pieces = new Set<unknown>();
  const sinks = Array.from({ length: 1000 }, () => {
    const sink = aSink();
    return {
      ...sink,
      count: 0,
      write(bytes: Uint8Array | string) {
        if (typeof bytes !== "string") pieces.add(bytes);
        if (typeof bytes !== "string") this.count++;
        return true;
      },
    };
  });
  for (const sink of sinks) fanout.add(sink, anAudience());
  events.recordTask(aTask("u"));
  await until(() => sinks.every((sink) => sink.count === 1));
  expect(pieces.size).toBe(1);
});

test("over HTTP/2 a reader that does not read is not written to without end either", async () => {
  const fanout = open();
  let response: Http2ServerResponse | undefined;
  const server = createHttp2Server((_request, answer) => {
    response = answer;
    answer.writeHead(200);
    fanout.add(answer, anAudience());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // As above: a port.
  closers.push(() => {
    session.destroy();
    server.close();
  });
  const stream = session.request({ ":path": "/" });
  await new Promise((head) => stream.on("response", head));
  const start = events.sequence();
  for (let at = 0; at < 100; at++) events.recordTask(aTask("u", { source: "x".repeat(100_000) }));
  for (let turns = 0; turns < 50; turns++) {
    clock.advance(20);
    await turn();
  }
  expect(response?.stream.writableLength ?? Infinity).toBeLessThan(1024 * 1024);
  const arrival = anArrival();
  stream.setEncoding("utf8").on("data", (piece: string) => (arrival.text += piece));
  await until(() => arrival.endsWith(events.sequence()), 1);
  expect(arrival.numbers()).toEqual(Array.from({ length: 100 }, (_, at) => start + 1 + at));
});

test("a silent stream is kept alive with the number it has come to", async () => {
  const fanout = open();
  const sink = aSink();
  fanout.add(sink, anAudience({ filter: { upid: "mine" } }));
  events.recordTask(aTask("other"));
  await until(() => sink.text.includes(": ping"), 1000);
  expect(sink.text).toContain(`id: ${events.sequence()}\n: ping\n\n`);
  expect(sink.kinds()).toEqual([]);
});

test("who may see other things than before starts anew, and sees only those", async () => {
  const fanout = open();
  const sink = aSink();
  const seeing = (project: string): EventSight => ({
    tasks: { ...SEES_ALL.tasks, everything: false, projects: new Set([project]) },
    workers: false,
    datastores: new Set(),
  });
  let sight = seeing("red");
  fanout.add(sink, anAudience({ sight, look: async () => sight }));
  const tell = (): void => {
    events.recordTask(aTask("red-task", { project: "red" }));
    events.recordTask(aTask("blue-task", { project: "blue" }));
  };
  tell();
  await until(() => sink.kinds().length === 1);
  expect(sink.text).not.toContain("blue-task");
  sight = seeing("blue");
  await until(() => sink.kinds().includes("stream-reset"), 1000);
  sink.text = "";
  tell();
  await until(() => sink.kinds().length === 1);
  expect(sink.text).toContain("blue-task");
  expect(sink.text).not.toContain("red-task");
});

test("a proof that is good no more ends its streams within seconds, and no others", async () => {
  const fanout = open();
  const [revoked, good] = [aSink(), aSink()];
  let isGood = true;
  const look = async (): Promise<EventSight> => {
    if (!isGood) throw new Error("revoked");
    return SEES_ALL;
  };
  fanout.add(revoked, anAudience({ proof: "revoked", look }));
  fanout.add(good, anAudience());
  isGood = false;
  const beforeMs = clock.elapsedMs();
  await until(() => revoked.isEnded, 100);
  expect(clock.elapsedMs() - beforeMs).toBeLessThan(5000);
  expect(good.isEnded).toBe(false);
  events.recordTask(aTask("u"));
  await until(() => good.kinds().length === 1);
  expect(revoked.kinds()).toEqual([]);
});

test("a user whose rights or proofs changed is looked at at once", async () => {
  const fanout = open();
  const [revoked, good] = [aSink(), aSink()];
  const look = async (): Promise<EventSight> => {
    throw new Error("revoked");
  };
  fanout.add(revoked, anAudience({ proof: "revoked", user: "b@ibs", look }));
  fanout.add(good, anAudience());
  fanout.lookAgain("a@ibs");
  for (let turns = 0; turns < 5; turns++) await turn();
  expect([revoked.isEnded, good.isEnded]).toEqual([false, false]);
  fanout.lookAgain("b@ibs");
  for (let turns = 0; turns < 5; turns++) await turn();
  expect([revoked.isEnded, good.isEnded]).toEqual([true, false]);
});

test("one user has a bounded number of streams, which counts down when they end", () => {
  const fanout = open({ ...DEFAULT_EVENT_LIMITS, readersPerUserMax: 2 });
  const sinks = [aSink(), aSink()];
  for (const sink of sinks) fanout.add(sink, anAudience());
  expect(() => fanout.assertRoom("a@ibs")).toThrow("2 streams of events are open already (limit of a@ibs)");
  expect(() => fanout.assertRoom("b@ibs")).not.toThrow();
  sinks[0]?.end();
  expect(() => fanout.assertRoom("a@ibs")).not.toThrow();
});

test("the end of the server ends every stream", () => {
  const fanout = open();
  const sink = aSink();
  fanout.add(sink, anAudience());
  fanout.close();
  expect([sink.isEnded, fanout.readerCount()]).toEqual([true, 0]);
});
