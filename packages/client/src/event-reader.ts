/**
 * The event stream as an endless sequence of facts that survives lost connections.
 *
 *   connected ──► event, event, … ──► lost ──► (waits) ──► connected …
 *
 * It goes on behind the last number it has seen and gives no fact twice. Where the server cannot go on from there, it
 * says `stream-reset`. Whoever folds facts into a state fetches that state anew after a reset and after a `connected`
 * that does not resume. When the wish changes, the reader connects anew behind the same number: facts that were told
 * under both wishes come without gap, for the new ones the state is fetched after that `connected`.
 */

import { throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { Clock, CodedError, Random } from "@ironcore-backup/base";
import { EVENTS_PATH } from "@ironcore-backup/protocol/calls";
import type { Event } from "@ironcore-backup/protocol/calls";
import type { Client } from "./client.ts";
import { clientErrors } from "./errors.ts";
import { EventParser } from "./event-parser.ts";
import { createEventWish, formatEventFilter } from "./event-wish.ts";
import type { EventFilter, EventWish } from "./event-wish.ts";

const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 10_000;
/** The server says something every 15 s, if only a comment; three of them missed are a dead line. */
const SILENCE_MS_MAX = 45_000;
/** A server that is upgraded or rebooted is back by then. */
const OUTAGE_MS_MAX_DEFAULT = 15 * 60_000;

/** What the reader is told: a fact, or that the connection was made (again) or lost. */
export type StreamNews =
  | {
      readonly news: "connected";
      /** It goes on behind what was told before: nothing is missing, or `stream-reset` follows. */
      readonly resumed: boolean;
      /** The wish that holds from here on. */
      readonly filter: EventFilter;
    }
  | { readonly news: "lost"; readonly reason: string }
  | { readonly news: "event"; readonly event: Event };

export interface EventReaderOptions {
  /** Absent: all facts but log lines. */
  readonly wish?: EventWish;
  readonly signal: AbortSignal;
  /** So long without any connection, and the last error is thrown. `Infinity` waits for ever, as a page does. */
  readonly outageMsMax?: number;
}

export interface StreamNeeds {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws CANCELLED by the signal; what waiting cannot mend: no permission, another certificate, a very long outage */
export async function* readEvents(
  needs: StreamNeeds,
  options: EventReaderOptions,
): AsyncGenerator<StreamNews, never> {
  const { clock } = needs;
  const { wish = createEventWish(), signal } = options;
  const outage = createOutage(needs, options);
  const position: Position = { lastId: "", lastSequence: undefined };
  for (;;) {
    const changed = wish.changed();
    try {
      for await (const news of readConnection(needs, { filter: wish.filter(), signal, changed }, position)) {
        outage.over();
        yield news;
      }
      if (changed.aborted) continue;
      throw clientErrors.SERVER_UNREACHABLE({
        url: needs.client.url,
        detail: "it ended the stream of events",
      });
    } catch (thrown) {
      throwIfCancelled(signal);
      if (changed.aborted) continue;
      const { error, delayMs } = outage.take(thrown);
      yield { news: "lost", reason: error.message };
      await clock.sleep(delayMs, signal);
    }
  }
}

export interface Outage {
  /** Contact is there again. */
  over(): void;
  /** How long to wait after this failure. @throws it, when waiting does not help or was tried for too long */
  take(thrown: unknown): { readonly error: CodedError; readonly delayMs: number };
}

/** Counts failures in a row and decides whether, and when, to try again. */
export function createOutage(
  { clock, random }: Pick<StreamNeeds, "clock" | "random">,
  { outageMsMax = OUTAGE_MS_MAX_DEFAULT }: Pick<EventReaderOptions, "outageMsMax">,
): Outage {
  let lastContactMs = clock.elapsedMs();
  let failureCount = 0;
  return {
    over() {
      lastContactMs = clock.elapsedMs();
      failureCount = 0;
    },
    take(thrown) {
      const error = toCodedError(thrown);
      if (!PASSING_CODES.has(error.code)) throw thrown;
      if (clock.elapsedMs() - lastContactMs > outageMsMax) throw thrown;
      const delayMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** Math.min(failureCount++, 16));
      // Half of it by chance, so that a thousand readers of a restarted server do not come back at once.
      return { error, delayMs: random.integer(Math.ceil(delayMs / 2), delayMs) };
    },
  };
}

/** What a server shows while it starts, stops, is out of reach or has too much to do. */
const PASSING_CODES = new Set([
  "SERVER_UNREACHABLE",
  "SERVER_ANSWER_LATE",
  "SERVER_STOPPING",
  "RATE_LIMITED",
  "EVENT_READERS_TOO_MANY",
]);

interface Position {
  lastId: string;
  /** Of the last fact that was given. */
  lastSequence: number | undefined;
}

async function* readConnection(
  needs: StreamNeeds,
  {
    filter,
    signal: outerSignal,
    changed,
  }: { readonly filter: EventFilter; readonly signal: AbortSignal; readonly changed: AbortSignal },
  position: Position,
): AsyncGenerator<StreamNews, void> {
  const { client } = needs;
  // Also ends the request of a reader that leaves early.
  const ending = new AbortController();
  const signal = AbortSignal.any([outerSignal, changed, ending.signal]);
  const { lastId } = position;
  const headers = { accept: "text/event-stream", ...(lastId === "" ? {} : { "last-event-id": lastId }) };
  try {
    const response = await client.open(EVENTS_PATH + formatEventFilter(filter), { headers, signal });
    yield { news: "connected", resumed: lastId !== "", filter };
    const parser = new EventParser(client.url);
    for await (const bytes of withoutSilence(needs, response.body, ending)) {
      for (const { id, data } of parser.push(bytes)) {
        const event = parseEvent(client.url, data);
        position.lastId = id;
        if (isNew(event, position)) yield { news: "event", event };
        // Under an old wish no more than what is under way: the new one asks for the rest again.
        if (changed.aborted) return;
      }
      // Nothing is whole yet on a connection that begins: what is known from the one before still holds.
      if (parser.lastId !== "") position.lastId = parser.lastId;
    }
  } finally {
    ending.abort();
  }
}

/** A reset may lead back to smaller numbers: the server began a new life with another clock. */
function isNew(event: Event, position: Position): boolean {
  const { lastSequence } = position;
  if (event.kind !== "stream-reset" && lastSequence !== undefined && event.sequence <= lastSequence)
    return false;
  position.lastSequence = event.sequence;
  return true;
}

/** @throws SERVER_ANSWER_INVALID */
function parseEvent(url: string, data: string): Event {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch (cause) {
    throw clientErrors.SERVER_ANSWER_INVALID({ url, status: 200, detail: "an event is not JSON" }, cause);
  }
  // The server writes its facts from the schema that this type comes from.
  if (typeof event === "object" && event !== null && "sequence" in event && "kind" in event)
    return event as Event;
  throw clientErrors.SERVER_ANSWER_INVALID({ url, status: 200, detail: "an event has no number" });
}

/** The same bytes; a line that stays silent is given up. @throws SERVER_UNREACHABLE */
async function* withoutSilence(
  { client, clock }: StreamNeeds,
  body: AsyncIterable<Uint8Array>,
  ending: AbortController,
): AsyncGenerator<Uint8Array> {
  let isSilent = false;
  let heard = new AbortController();
  const listen = (): void => {
    heard = new AbortController();
    clock.sleep(SILENCE_MS_MAX, heard.signal).then(
      () => {
        isSilent = true;
        ending.abort();
      },
      () => undefined, // Something was heard in time.
    );
  };
  try {
    listen();
    for await (const bytes of body) {
      heard.abort();
      yield bytes;
      listen();
    }
  } catch (cause) {
    if (!isSilent) throw cause;
    const detail = `it said nothing for ${SILENCE_MS_MAX / 1000} s`;
    throw clientErrors.SERVER_UNREACHABLE({ url: client.url, detail }, cause);
  } finally {
    heard.abort();
  }
}
