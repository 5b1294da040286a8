/**
 * `GET /api/v1/events`: facts as server-sent events.
 *
 * A reader names the last number it has (`Last-Event-ID` or `after`) and goes on from there; without one it starts with
 * what happens next. Numbers of facts that a filter leaves out are simply absent. A reader that does not keep up is not
 * written to any more; when it has taken what it was sent, it gets `stream-reset` and goes on from now.
 */

import type { ServerResponse } from "node:http";
import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import type { EventQuery } from "@ironcore-backup/protocol";
import type { EventStream, RecordedEvent } from "../tasks/event-stream.ts";

/** Unsent bytes from which a reader counts as slow. */
const BACKLOG_SIZE_BYTES_MAX = 1024 * 1024;
/** Proxies and mobile networks drop what is silent for longer. */
const PING_INTERVAL_MS = 15_000;
/** A slow reader that takes nothing for this long is let go. */
const STUCK_MS_MAX = 120_000;

/** Writes until the reader goes away or `signal` fires. The response is ours from here on. */
export function streamEvents(
  needs: { readonly clock: Clock; readonly events: EventStream },
  response: ServerResponse,
  options: {
    readonly query: EventQuery;
    readonly lastEventId: number | undefined;
    readonly signal: AbortSignal;
  },
): void {
  const { events } = needs;
  const { upid } = options.query;
  const wanted = (event: RecordedEvent): boolean => upid === undefined || event.upid === upid;
  let behind = false;
  const send = (event: RecordedEvent): void => {
    if (behind || !wanted(event)) return;
    response.write(encodeEvent(event));
    behind = response.writableLength > BACKLOG_SIZE_BYTES_MAX;
  };
  const catchUp = (): void => {
    if (!behind) return;
    behind = false;
    response.write(encodeEvent(events.resetEvent()));
  };

  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
  });
  response.write(`retry: 1000\n\n`);
  const after = options.lastEventId ?? options.query.after;
  const missed = after === undefined ? [] : events.readAfter(after);
  if (missed === "reset") response.write(encodeEvent(events.resetEvent()));
  else for (const event of missed) send(event);
  // Nothing can happen between the two lines above and this one: all of it is one turn of the event loop.
  const unsubscribe = events.subscribe(send);
  response.on("drain", catchUp);

  const ending = new AbortController();
  const stop = (): void => {
    unsubscribe();
    ending.abort();
    response.end();
  };
  response.on("close", stop);
  response.on("error", stop);
  options.signal.addEventListener("abort", stop, { once: true });
  response.on("close", () => options.signal.removeEventListener("abort", stop));
  keepAlive(needs.clock, response, ending.signal).catch((cause: unknown) => {
    if (!isCancelled(cause)) throw cause;
  });
}

function encodeEvent(event: RecordedEvent): string {
  return `id: ${event.sequence}\nevent: ${event.kind}\ndata: ${event.json}\n\n`;
}

async function keepAlive(clock: Clock, response: ServerResponse, signal: AbortSignal): Promise<void> {
  let stuckMs = 0;
  for (;;) {
    await clock.sleep(PING_INTERVAL_MS, signal);
    stuckMs = response.writableLength > BACKLOG_SIZE_BYTES_MAX ? stuckMs + PING_INTERVAL_MS : 0;
    if (stuckMs >= STUCK_MS_MAX) response.destroy();
    else if (response.writableLength === 0) response.write(": ping\n\n");
  }
}
