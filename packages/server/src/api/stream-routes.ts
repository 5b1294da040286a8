/** What is not one JSON value: the event stream and a task's log as text. */

import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { EventQuerySchema, EVENTS_PATH, LOG_LEVELS, TASK_LOG_TEXT_PATH } from "@ironcore-backup/protocol";
import type { EventQuery, LogLevel } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { Admission } from "./admission.ts";
import { streamEvents } from "./event-route.ts";
import type { ApiNeeds } from "./handler.ts";
import { createRequestCheck } from "./request-check.ts";

type StreamNeeds = ApiNeeds & { readonly clock: Clock; readonly admission: Admission };

/** @param closing  fires when the server stops; every event stream ends then */
export function mountEvents(app: FastifyInstance, needs: StreamNeeds, closing: AbortSignal): void {
  const checks = createRequestCheck({ query: EventQuerySchema });
  app.get(EVENTS_PATH, async (request, reply) => {
    await needs.admission.admit(request, "listTasks");
    const { query } = await checks.check({ params: {}, query: request.query, body: undefined });
    const lastEventId = parseLastEventId(request.headers["last-event-id"]);
    reply.hijack();
    // Checked against the same schema one line up.
    streamEvents(needs, reply.raw, { query: query as EventQuery, lastEventId, signal: closing });
  });
}

function parseLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  if (typeof header === "string" && /^\d{1,16}$/.test(header)) return Number(header);
  throw serverErrors.REQUEST_INVALID({ part: "header", detail: "Last-Event-ID is not a number" });
}

export function mountLogText(app: FastifyInstance, needs: StreamNeeds): void {
  app.get(TASK_LOG_TEXT_PATH, async (request, reply) => {
    await needs.admission.admit(request, "getTaskLog");
    // The path itself names the parameter.
    const { upid } = request.params as { readonly upid: string };
    const text = await needs.tasks.streamLogText(upid, { level: parseLevel(request.query) });
    const fileName = upid.replace(/[^A-Za-z0-9@._-]/g, "_").slice(0, 200);
    reply.header("content-disposition", `attachment; filename="${fileName}.log"`);
    return reply.type("text/plain; charset=utf-8").send(Readable.from(text));
  });
}

function parseLevel(query: unknown): LogLevel | undefined {
  const level = (query as Readonly<Record<string, unknown>>)["level"]; // Fastify's parser makes an object of any query.
  if (level === undefined) return undefined;
  const known = LOG_LEVELS.find((one) => one === level);
  if (known === undefined)
    throw serverErrors.REQUEST_INVALID({ part: "query", detail: "level is not a log level" });
  return known;
}
