import { createServer, get } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { TaskLogLine } from "@ironcore-backup/protocol";
import { createEventStream } from "../tasks/event-stream.ts";
import type { EventStream } from "../tasks/event-stream.ts";
import { streamEvents } from "./event-route.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

const line = (message: string): TaskLogLine => ({
  number: 1,
  at: 1,
  level: "info",
  code: "X",
  message,
  fields: {},
});
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

/** A reader that takes nothing until it is told to. */
async function aReader(events: EventStream, query: { upid?: string } = {}, lastEventId?: number) {
  const clock = createFakeClock();
  const closing = new AbortController();
  let response: ServerResponse | undefined;
  const server = createServer((_request, answer) => {
    response = answer;
    streamEvents({ clock, events }, answer, { query, lastEventId, signal: closing.signal });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, resolve).on("error", reject);
  });
  closers.push(() => {
    incoming.destroy();
    server.closeAllConnections();
    server.close();
  });
  let text = "";
  const kinds = (): string[] => [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1] ?? "");
  return {
    clock,
    closing,
    response: () => response,
    read: () => incoming.setEncoding("utf8").on("data", (piece: string) => (text += piece)),
    kinds,
    text: () => text,
    incoming,
  };
}

test("a reader that does not read is not written to without end, and starts anew when it reads again", async () => {
  const events = createEventStream({ clock: createFakeClock() });
  const reader = await aReader(events);
  const text = "x".repeat(100_000);
  for (let at = 0; at < 400; at++) {
    events.recordLines("u", [line(text)]);
    if (at % 20 === 0) await turn();
  }
  expect(reader.response()?.writableLength ?? Infinity).toBeLessThan(2 * 1024 * 1024);
  reader.read();
  // It may have fallen behind more than once meanwhile; only after the last reset it is told everything again.
  while (reader.kinds().at(-1) !== "stream-reset" || reader.response()?.writableLength !== 0) await turn();
  events.recordLines("u", [line("after")]);
  while (!reader.text().includes("after")) await turn();
  expect(reader.kinds().slice(-2)).toEqual(["stream-reset", "task-logged"]);
});

test("a filtered reader hears of its task only, and of the reset", async () => {
  const events = createEventStream({ clock: createFakeClock() });
  const reader = await aReader(events, { upid: "mine" }, 5);
  reader.read();
  events.recordLines("other", [line("no")]);
  events.recordLines("mine", [line("yes")]);
  while (!reader.text().includes("yes")) await turn();
  expect(reader.kinds()).toEqual(["stream-reset", "task-logged"]);
  expect(reader.text()).not.toContain('"no"');
});

test("a silent stream is kept alive, and the end of the server ends it", async () => {
  const reader = await aReader(createEventStream({ clock: createFakeClock() }));
  reader.read();
  await turn();
  reader.clock.advance(15_000);
  while (!reader.text().includes(": ping")) await turn();
  const ended = new Promise((resolve) => reader.incoming.on("end", resolve));
  reader.closing.abort();
  await ended;
});
