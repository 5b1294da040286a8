/**
 * `GET /api/v1/events`: facts as server-sent events.
 *
 * A reader names the last number it has (`Last-Event-ID` or `after`) and goes on from there; without one it starts with
 * what happens next. Numbers of facts that it does not get are simply absent; a comment with the newest number comes
 * when there is nothing else to say. `event-fanout.ts` does the writing.
 */

import type { FastifyInstance, FastifyReply } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { EventQuerySchema, EVENTS_PATH } from "@ironcore-backup/protocol";
import type { EventQuery } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { serverErrors } from "../errors.ts";
import { parseEventFilter } from "../tasks/event-filter.ts";
import type { Admission } from "./admission.ts";
import { createEventFanout } from "./event-fanout.ts";
import type { EventFanout, EventFanoutLimits } from "./event-fanout.ts";
import { eventSightOf } from "./event-sight.ts";
import type { ApiNeeds } from "./handler.ts";
import { createRequestCheck } from "./request-check.ts";

export interface EventRouteNeeds extends ApiNeeds {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly eventLimits?: EventFanoutLimits;
}

/** @param closing  fires when the server stops; every event stream ends then */
export function mountEvents(
  app: FastifyInstance,
  needs: EventRouteNeeds,
  closing: AbortSignal,
): Pick<EventFanout, "readerCount"> {
  const checks = createRequestCheck({ query: EventQuerySchema });
  const fanout = createEventFanout(needs, needs.eventLimits);
  closing.addEventListener("abort", () => fanout.close(), { once: true });
  needs.access.subscribeRevocations((user) => fanout.lookAgain(user));
  app.get(EVENTS_PATH, async (request, reply) => {
    // Whoever is signed in may listen, and hears what they may see.
    const caller = known(await needs.admission.admit(request, "whoami"));
    const look = async () =>
      eventSightOf(needs.access, known(await needs.admission.readmit(request, "whoami")));
    const { query: checked } = await checks.check({ params: {}, query: request.query, body: undefined });
    const query = checked as EventQuery; // Checked against the same schema one line up.
    const after = parseLastEventId(request.headers["last-event-id"]) ?? query.after;
    const user = caller.userId;
    fanout.assertRoom(user);
    const sight = eventSightOf(needs.access, caller);
    const filter = parseEventFilter(query);
    begin(reply);
    fanout.add(reply.raw, { filter, sight, after, user, proof: caller.tokenHash, look });
  });
  return fanout;
}

/** The route is open to nobody without a proof. */
function known(caller: Caller | undefined): Caller {
  if (caller === undefined) throw serverErrors.UNAUTHENTICATED({ reason: "the request carries no token" });
  return caller;
}

/** From here on the answer is ours and not Fastify's. */
function begin(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
}

function parseLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  if (typeof header === "string" && /^\d{1,16}$/.test(header)) return Number(header);
  throw serverErrors.REQUEST_INVALID({ part: "header", detail: "Last-Event-ID is not a number" });
}
