/**
 * The HTTPS door. Every row of the protocol's table is mounted the same way: authenticate, ask whether the caller may,
 * check the request, call the handler, answer. Refusals have one shape, whatever refused.
 *
 * Answers are written with JSON.stringify and not through compiled serialisers: those would silently drop what a schema
 * does not name, and cost half a second at start. The tests check every answer against its schema instead.
 */

import { Readable } from "node:stream";
import { fastify, LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { CodedError, toCodedError } from "@ironcore-backup/base";
import {
  API_PREFIX,
  EventQuerySchema,
  EVENTS_PATH,
  LOG_LEVELS,
  routes,
  TASK_LOG_TEXT_PATH,
} from "@ironcore-backup/protocol";
import type { ErrorResponse, EventQuery, LogLevel, Route, RouteName } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { serverErrors } from "../errors.ts";
import { datastoreHandlers } from "./datastore-handlers.ts";
import { streamEvents } from "./event-route.ts";
import type { ApiNeeds } from "./handler.ts";
import { httpStatusOf } from "./http-status.ts";
import { createRequestCheck } from "./request-check.ts";
import type { RequestParts } from "./request-check.ts";
import { routePrivileges } from "./route-privilege.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { statusHandlers } from "./status-handlers.ts";
import { taskHandlers } from "./task-handlers.ts";

const BODY_SIZE_BYTES_MAX = 1024 * 1024;
/** A UPID of 2,048 characters, percent-encoded. */
const PARAMETER_LENGTH_MAX = 6200;
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CLOSE_MS_MAX = 5000;
const KEEP_ALIVE_MS = 72_000;

export interface ApiServerNeeds extends ApiNeeds {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly tls: { readonly keyPem: string; readonly certificatePem: string };
}

export interface ApiServer {
  /** @returns the port that was really taken. @throws LISTEN_FAILED */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Ends the streams, lets running requests finish, closes the rest. */
  close(): Promise<void>;
}

export function createApiServer(needs: ApiServerNeeds): ApiServer {
  const app: FastifyInstance = fastify({
    https: { key: needs.tls.keyPem, cert: needs.tls.certificatePem, minVersion: "TLSv1.3" },
    loggerInstance: needs.logger,
    // One line for each request, written by our own hook when it is answered.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    bodyLimit: BODY_SIZE_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    requestIdHeader: false,
    return503OnClosing: true,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    // Refused before a route was looked for: broken escapes in the URL.
    frameworkErrors: (thrown, request, reply) => void refuse(request, reply, readError(thrown)),
  });
  app.server.headersTimeout = HEADERS_TIMEOUT_MS;
  const closing = new AbortController();
  addHooks(app, needs.clock);
  for (const [name, route] of Object.entries<Route>(routes)) {
    // `entries` forgets that the keys are the table's.
    mount(app, needs, name as RouteName, route);
  }
  mountEvents(app, needs, closing.signal);
  mountLogText(app, needs);
  mountDescriptions(app, needs);
  return {
    listen: async ({ host, port }) => {
      try {
        await app.listen({ host, port });
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw serverErrors.LISTEN_FAILED({ address: `${host}:${port}`, detail }, cause);
      }
      const bound = app.server.address();
      return typeof bound === "object" && bound !== null ? bound.port : port;
    },
    close: async () => {
      closing.abort();
      const closed = app.close();
      // A download to a reader that does not read would keep the server from ending.
      await Promise.race([
        closed,
        needs.clock.sleep(CLOSE_MS_MAX).then(() => app.server.closeAllConnections()),
      ]);
      await closed;
    },
  };
}

function addHooks(app: FastifyInstance, clock: Clock): void {
  const startedMs = new WeakMap<FastifyRequest, number>();
  app.addHook("onRequest", async (request, reply) => {
    startedMs.set(request, clock.elapsedMs());
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
    reply.header("x-content-type-options", "nosniff");
    reply.header("x-frame-options", "DENY");
    reply.header("referrer-policy", "no-referrer");
    reply.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    reply.header("strict-transport-security", "max-age=31536000");
  });
  app.addHook("onResponse", async (request, reply) => {
    const durationMs = Math.round((clock.elapsedMs() - (startedMs.get(request) ?? 0)) * 10) / 10;
    // Path without its query: values may be private, names of things are in the path.
    const path = request.url.split("?", 1)[0];
    request.log.info(
      { method: request.method, path, status: reply.statusCode, durationMs, address: request.ip },
      "request",
    );
  });
  app.setErrorHandler((thrown, request, reply) => refuse(request, reply, readError(thrown)));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]?.slice(0, 200) ?? "";
    return refuse(request, reply, serverErrors.ROUTE_NOT_FOUND({ method: request.method, path }));
  });
}

/** Fastify's own refusals (body too large, broken JSON) become ours; what nobody foresaw tells callers nothing inside. */
function readError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return serverErrors.REQUEST_TOO_LARGE({ limitBytes: BODY_SIZE_BYTES_MAX });
  const status = thrown instanceof Error && "statusCode" in thrown ? Number(thrown.statusCode) : 500;
  if (status >= 400 && status < 500) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return serverErrors.REQUEST_INVALID(
      { part: code === "FST_ERR_BAD_URL" ? "path" : "body", detail: detail.slice(0, 200) },
      thrown,
    );
  }
  return toCodedError(thrown);
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: CodedError): FastifyReply {
  const status = httpStatusOf(error.code);
  if (status >= 500) request.log.error({ err: error, code: error.code }, "request failed");
  if (error.code === "LOGIN_THROTTLED") reply.header("retry-after", String(error.context["waitSeconds"]));
  if (status === 401) reply.header("www-authenticate", "Bearer");
  const { code, remedy, retry } = error;
  const message =
    code === "INTERNAL_ERROR" ? "Internal error; the server's log has the details" : error.message;
  const context = Object.fromEntries(
    Object.entries(code === "INTERNAL_ERROR" ? {} : error.context).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const body: ErrorResponse = { error: { code, message, remedy, retry, context }, requestId: request.id };
  return reply.status(status).type("application/json").send(JSON.stringify(body));
}

type AnyHandler = (
  needs: ApiNeeds,
  request: RequestParts & { readonly caller: Caller | undefined; readonly address: string },
) => Promise<unknown>;

// The table of handlers is checked row by row where it is written; here all rows are alike.
const handlers = {
  ...sessionHandlers,
  ...statusHandlers,
  ...datastoreHandlers,
  ...taskHandlers,
} as unknown as Readonly<Record<RouteName, AnyHandler>>;

function mount(app: FastifyInstance, needs: ApiServerNeeds, name: RouteName, route: Route): void {
  const handler = handlers[name];
  const checks = createRequestCheck(route);
  app.route({
    method: route.method,
    url: `${API_PREFIX}${route.path}`,
    handler: async (request, reply) => {
      const caller = await admit(needs, request, name);
      const parts = await checks.check({ params: request.params, query: request.query, body: request.body });
      const answer = await handler(needs, { ...parts, caller, address: request.ip });
      reply.status(route.status);
      if (route.status === 204) return reply.send();
      return reply.type("application/json").send(JSON.stringify(answer));
    },
  });
}

/** @throws UNAUTHENTICATED, FORBIDDEN */
async function admit(needs: ApiNeeds, request: FastifyRequest, name: RouteName): Promise<Caller | undefined> {
  const privilege = routePrivileges[name];
  if (privilege === "anyone") return undefined;
  const caller = await needs.access.authenticate(request.headers.authorization);
  needs.access.assertMay(caller, privilege);
  return caller;
}

function mountEvents(app: FastifyInstance, needs: ApiServerNeeds, closing: AbortSignal): void {
  const checks = createRequestCheck({ query: EventQuerySchema });
  app.get(EVENTS_PATH, async (request, reply) => {
    await admit(needs, request, "listTasks");
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

function mountLogText(app: FastifyInstance, needs: ApiServerNeeds): void {
  app.get(TASK_LOG_TEXT_PATH, async (request, reply) => {
    await admit(needs, request, "getTaskLog");
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

/** Made when first asked for, and kept. */
function mountDescriptions(app: FastifyInstance, needs: ApiServerNeeds): void {
  const { version } = needs.serverFacts;
  let openApi: Promise<string> | undefined;
  let docsPage: Promise<string> | undefined;
  app.get(`${API_PREFIX}/openapi.json`, async (_request, reply) => {
    openApi ??= import("./openapi.ts").then(({ createOpenApi }) => JSON.stringify(createOpenApi(version)));
    return reply.type("application/json").send(await openApi);
  });
  app.get(`${API_PREFIX}/docs`, async (_request, reply) => {
    const { createDocsPage, DOCS_CONTENT_SECURITY_POLICY } = await import("./docs-page.ts");
    docsPage ??= Promise.resolve(createDocsPage(version));
    reply.header("content-security-policy", DOCS_CONTENT_SECURITY_POLICY);
    return reply.type("text/html; charset=utf-8").send(await docsPage);
  });
}
