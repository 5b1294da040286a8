/**
 * The event stream as an endless sequence of facts that survives lost connections: it goes on behind the last number it
 * has seen, waits longer after each failure, and passes `stream-reset` on to the reader, who then fetches the state anew.
 */

import { isCancelled, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import { EVENTS_PATH } from "@ironcore-backup/protocol/calls";
import type { Event } from "@ironcore-backup/protocol/calls";
import type { Client } from "./client.ts";
import { EventParser } from "./event-parser.ts";

const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 10_000;

/** What the reader is told: a fact, or that the connection was made (again) or lost. */
export type StreamNews =
  | { readonly news: "connected" }
  | { readonly news: "lost"; readonly reason: string }
  | { readonly news: "event"; readonly event: Event };

/**
 * @param options.upid  only facts about this task
 * @throws CANCELLED by the signal; errors that a retry cannot mend (no permission, wrong fingerprint)
 */
export async function* readEvents(
  needs: { readonly client: Client; readonly clock: Clock; readonly random: Random },
  options: { readonly upid?: string; readonly signal: AbortSignal },
): AsyncGenerator<StreamNews> {
  let lastId = "";
  let failureCount = 0;
  const query = options.upid === undefined ? "" : `?upid=${encodeURIComponent(options.upid)}`;
  for (;;) {
    throwIfCancelled(options.signal);
    try {
      const headers = { accept: "text/event-stream", ...(lastId === "" ? {} : { "last-event-id": lastId }) };
      const response = await needs.client.open(EVENTS_PATH + query, { headers, signal: options.signal });
      yield { news: "connected" };
      const parser = new EventParser();
      for await (const bytes of response.body) {
        for (const { id, data } of parser.push(bytes)) {
          failureCount = 0;
          lastId = id;
          // The server writes its facts from the schema that this type comes from.
          yield { news: "event", event: JSON.parse(data) as Event };
        }
      }
      yield { news: "lost", reason: "the server ended the stream" };
    } catch (thrown) {
      if (isCancelled(thrown) || options.signal.aborted) throw thrown;
      const error = toCodedError(thrown);
      if (error.retry === "never" && error.code !== "INTERNAL_ERROR") throw error;
      yield { news: "lost", reason: error.message };
    }
    const delayMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** failureCount++);
    // Half of it by chance, so that a thousand readers of a restarted server do not come back at once.
    await needs.clock.sleep(delayMs / 2 + needs.random.integer(0, Math.ceil(delayMs / 2)), options.signal);
  }
}
