/**
 * Every row of the protocol's table is mounted the same way: admit the caller, check the request, call the handler,
 * answer.
 *
 * Answers are written with JSON.stringify and not through compiled serialisers: those would silently drop what a schema
 * does not name, and cost half a second at start. The tests check every answer against its schema instead.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { API_PREFIX, routes } from "@ironcore-backup/protocol";
import type { Route, RouteName } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import type { Admission } from "./admission.ts";
import { beginAuditTrail } from "./audit-trail.ts";
import type { AuditTrail } from "./audit-trail.ts";
import type { ApiNeeds } from "./handler.ts";
import { parseIdempotencyKey } from "./idempotency.ts";
import type { Idempotency, IdempotentAnswer } from "./idempotency.ts";
import { createRequestCheck } from "./request-check.ts";
import type { RequestCheck } from "./request-check.ts";
import type { RequestLog } from "./request-log.ts";
import { assertMayAsk, assertMayDo } from "./route-access.ts";
import { routeHandlers } from "./route-handlers.ts";

export interface MountNeeds {
  readonly handlers: ApiNeeds;
  readonly admission: Admission;
  readonly idempotency: Idempotency;
  readonly requestLog: RequestLog;
}

interface Row {
  readonly name: RouteName;
  readonly route: Route;
  readonly checks: RequestCheck;
}

export function mountRoutes(app: FastifyInstance, needs: MountNeeds): void {
  for (const [key, route] of Object.entries<Route>(routes)) {
    // `entries` forgets that the keys are the table's.
    const row: Row = { name: key as RouteName, route, checks: createRequestCheck(route) };
    app.route({
      method: route.method,
      url: `${API_PREFIX}${route.path}`,
      handler: async (request, reply) => serve(needs, row, request, reply),
    });
  }
}

async function serve(
  needs: MountNeeds,
  row: Row,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { route, name } = row;
  const caller = await needs.admission.identify(request, name);
  if (caller !== undefined) needs.requestLog.noteCaller(request, caller.authId);
  const trail = beginAuditTrail(needs.handlers.access.audit, { name, caller, request });
  const { text, replayed } = await answer(needs, row, { request, reply, caller, trail }).catch(
    async (cause: unknown) => {
      await trail.refused(cause);
      throw cause;
    },
  );
  if (!replayed) await trail.done(() => JSON.parse(text) as unknown);
  if (replayed) reply.header("idempotent-replayed", "true");
  reply.status(statusOf(route, text));
  return route.status === 204 ? reply.send() : reply.type("application/json").send(text);
}

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller | undefined;
  readonly trail: AuditTrail;
}

async function answer(
  needs: MountNeeds,
  { name, route, checks }: Row,
  { request, reply, caller, trail }: Visit,
): Promise<IdempotentAnswer> {
  const { access } = needs.handlers;
  if (caller !== undefined) assertMayAsk(access, caller, name);
  const parts = await checks.check({ params: request.params, query: request.query, body: request.body });
  trail.checked(parts);
  if (caller !== undefined) assertMayDo(access, caller, name, parts);
  const work = async (): Promise<string> => {
    const setHeader = (header: string, value: string): void => void reply.header(header, value);
    const context = {
      caller,
      address: request.ip,
      requestId: request.id,
      setHeader,
      noteForAudit: trail.note,
    };
    return JSON.stringify(await routeHandlers[name](needs.handlers, { ...parts, ...context }));
  };
  const key = isCreating(route) ? parseIdempotencyKey(request.headers["idempotency-key"]) : undefined;
  if (key === undefined || caller === undefined) return { text: await work(), replayed: false };
  return needs.idempotency.run(
    {
      authId: caller.authId,
      route: name,
      key,
      asked: parts,
      status: route.status,
      keepsAnswer: route.answersSecret !== true,
    },
    work,
  );
}

/** An answer that says that something fails is read by programs that look at the status alone. */
function statusOf(route: Route, text: string): number {
  if (route.failingStatus === undefined) return route.status;
  const answered: unknown = JSON.parse(text);
  const isFailing = typeof answered === "object" && answered !== null && "status" in answered;
  return isFailing && answered.status === "failing" ? route.failingStatus : route.status;
}

/** What a repetition would do twice. */
export function isCreating(route: Route): boolean {
  return route.method === "POST" && (route.status === 201 || route.status === 202);
}
