/**
 * One line in the service's log for each request that was answered, with who asked, what, and how long it took; and for who
 * counts them, the route without the names of things in it.
 */

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import type { AnsweredRequest } from "../metrics/metrics.ts";

const SHOWN_PATH_LENGTH_MAX = 2048;

export interface RequestLog {
  /** Says who the caller turned out to be, for the line to come. */
  noteCaller(request: FastifyRequest, authId: string): void;
}

export function addRequestLog(
  app: FastifyInstance,
  clock: Clock,
  onAnswered: (request: AnsweredRequest) => void,
): RequestLog {
  const startedMs = new WeakMap<FastifyRequest, number>();
  const callers = new WeakMap<FastifyRequest, string>();
  app.addHook("onRequest", async (request) => void startedMs.set(request, clock.elapsedMs()));
  app.addHook("onResponse", async (request, reply) => {
    const durationMs = Math.round((clock.elapsedMs() - (startedMs.get(request) ?? 0)) * 10) / 10;
    const { method } = request;
    onAnswered({ route: request.routeOptions.url, method, status: reply.statusCode, durationMs });
    // Path without its query: values may be private, names of things are in the path.
    const path = request.url.split("?", 1)[0]?.slice(0, SHOWN_PATH_LENGTH_MAX);
    const authId = callers.get(request);
    const code = reply.getHeader("x-error-code");
    request.log.info(
      {
        method,
        path,
        status: reply.statusCode,
        durationMs,
        address: request.ip,
        ...(authId === undefined ? {} : { authId }),
        ...(code === undefined ? {} : { code }),
      },
      "request",
    );
  });
  return { noteCaller: (request, authId) => void callers.set(request, authId) };
}
