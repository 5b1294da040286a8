/**
 * Every row of the protocol's table is mounted the same way: admit the caller, check the request, call the handler,
 * answer.
 *
 * Answers are written with JSON.stringify and not through compiled serialisers: those would silently drop what a schema
 * does not name, and cost half a second at start. The tests check every answer against its schema instead.
 */

import type { FastifyInstance } from "fastify";
import { API_PREFIX, routes } from "@ironcore-backup/protocol";
import type { Route, RouteName } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { admit } from "./admission.ts";
import type { ApiNeeds } from "./handler.ts";
import { createRequestCheck } from "./request-check.ts";
import type { RequestLog } from "./request-log.ts";
import { routeHandlers } from "./route-handlers.ts";

export function mountRoutes(app: FastifyInstance, needs: ApiNeeds, log: RequestLog): void {
  for (const [name, route] of Object.entries<Route>(routes)) {
    // `entries` forgets that the keys are the table's.
    mount(app, needs, { name: name as RouteName, route, log });
  }
}

function mount(
  app: FastifyInstance,
  needs: ApiNeeds,
  { name, route, log }: { readonly name: RouteName; readonly route: Route; readonly log: RequestLog },
): void {
  const handler = routeHandlers[name];
  const checks = createRequestCheck(route);
  app.route({
    method: route.method,
    url: `${API_PREFIX}${route.path}`,
    handler: async (request, reply) => {
      const caller = await admit(needs, request, name);
      if (caller !== undefined) log.noteCaller(request, caller.authId);
      if (handler === undefined)
        throw serverErrors.ROUTE_NOT_FOUND({ method: route.method, path: route.path });
      const parts = await checks.check({ params: request.params, query: request.query, body: request.body });
      const answer = await handler(needs, { ...parts, caller, address: request.ip, requestId: request.id });
      reply.status(route.status);
      if (route.status === 204) return reply.send();
      return reply.type("application/json").send(JSON.stringify(answer));
    },
  });
}
