/**
 * The one HTTPS port: TLS 1.3, HTTP/2 for browsers (one connection for all their streams and requests), HTTP/1.1 for
 * everybody else, chosen by ALPN.
 *
 * Who is slow is let go: without a handshake, without whole headers, without a whole body, or silent between requests.
 * HTTP/1.1 connections are watched by Node; an HTTP/2 session has an idle timeout, and its bodies are watched here.
 */

import { constants as http2Constants } from "node:http2";
import type { Http2SecureServer, Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { fastify, LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock, Random } from "@ironcore-backup/base";
import { isCancelled, randomHex } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import {
  BODY_SIZE_BYTES_MAX,
  CONNECTION_COUNT_MAX,
  HEADER_SIZE_BYTES_MAX,
  PARAMETER_LENGTH_MAX,
  STREAM_COUNT_MAX,
} from "./http-limits.ts";
import type { Patience } from "./http-limits.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { addRefusals, readError, refuse } from "./refusal.ts";

const REQUEST_ID_BYTE_COUNT = 8;
/** How often Node looks for slow HTTP/1.1 requests. */
const CHECK_INTERVAL_MS_MAX = 5000;

export interface HttpServerNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: FastifyBaseLogger;
  readonly tls: { readonly keyPem: string; readonly certificatePem: string };
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /** @returns the port that was really taken. @throws LISTEN_FAILED */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Takes nothing new, lets running requests finish, cuts what is left after a bound. */
  close(): Promise<void>;
}

export function createHttpServer(needs: HttpServerNeeds, patience: Patience): HttpServer {
  const app = createApp(needs, patience);
  // Fastify does not tell the type apart when HTTP/2 is asked for with its generic instance type.
  const server = app.server as unknown as Http2SecureServer & NodeTimeouts;
  server.headersTimeout = patience.headersMs;
  server.requestTimeout = patience.requestMs;
  server.keepAliveTimeout = patience.idleMs;
  server.maxConnections = CONNECTION_COUNT_MAX;
  const sockets = trackSockets(server);
  boundHttp2(app, needs.clock, patience.requestMs);
  addRefusals(app);
  return {
    app,
    listen: async ({ host, port }) => {
      try {
        await app.listen({ host, port });
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw serverErrors.LISTEN_FAILED({ address: `${host}:${port}`, detail }, cause);
      }
      const bound = server.address();
      return typeof bound === "object" && bound !== null ? bound.port : port;
    },
    close: async () => {
      const closed = app.close();
      const stopWaiting = new AbortController();
      const cut = async (): Promise<void> => {
        await needs.clock.sleep(patience.closeMs, stopWaiting.signal);
        // A download to a reader that does not read would keep the server from ending.
        for (const socket of sockets) socket.destroy();
      };
      cut().catch(throwUnlessCancelled);
      await closed;
      stopWaiting.abort();
    },
  };
}

/** HTTP/1.1's own timeouts, which a server of both protocols has too. */
interface NodeTimeouts {
  headersTimeout: number;
  requestTimeout: number;
  keepAliveTimeout: number;
}

function createApp(needs: HttpServerNeeds, patience: Patience): FastifyInstance {
  // Of its own, because the types do not know what HTTP/1.1 reads here: `maxHeaderSize`, `connectionsCheckingInterval`.
  const https = {
    key: needs.tls.keyPem,
    cert: needs.tls.certificatePem,
    minVersion: "TLSv1.3",
    allowHTTP1: true,
    handshakeTimeout: patience.handshakeMs,
    maxHeaderSize: HEADER_SIZE_BYTES_MAX,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS_MAX, patience.headersMs),
    settings: { maxConcurrentStreams: STREAM_COUNT_MAX, maxHeaderListSize: HEADER_SIZE_BYTES_MAX },
  } as const;
  const app = fastify<Http2SecureServer>({
    http2: true,
    https,
    http2SessionTimeout: patience.idleMs,
    loggerInstance: needs.logger,
    // One line for each request, written by our own hook when it is answered.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    bodyLimit: BODY_SIZE_BYTES_MAX,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    // Never one from outside: a log that callers can forge proves nothing.
    requestIdHeader: false,
    genReqId: () => randomHex(needs.random, REQUEST_ID_BYTE_COUNT),
    return503OnClosing: true,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    clientErrorHandler: (thrown, socket) =>
      answerBrokenRequest(thrown, socket, randomHex(needs.random, REQUEST_ID_BYTE_COUNT)),
    // Refused before a route was looked for: broken escapes in the URL.
    frameworkErrors: (thrown, request, reply) =>
      void refuse(request as unknown as FastifyRequest, reply as unknown as FastifyReply, readError(thrown)),
  });
  // Requests and replies are used through Fastify's own interface, which is the same for both protocols.
  return app as unknown as FastifyInstance;
}

function trackSockets(server: Http2SecureServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Node bounds heads and bodies of HTTP/1.1; over HTTP/2 both are bounded here. */
function boundHttp2(app: FastifyInstance, clock: Clock, requestMs: number): void {
  const arrived = new WeakMap<FastifyRequest, AbortController>();
  app.addHook("onRequest", async (request) => {
    if (request.raw.httpVersionMajor !== 2) return;
    const sizeBytes = request.raw.rawHeaders.reduce((sum, text) => sum + text.length, 0);
    if (sizeBytes > HEADER_SIZE_BYTES_MAX)
      throw serverErrors.REQUEST_HEAD_TOO_LARGE({ limitBytes: HEADER_SIZE_BYTES_MAX });
    const whole = new AbortController();
    arrived.set(request, whole);
    const { stream } = request.raw as unknown as Http2ServerRequest; // The version says that it is one.
    stream.on("close", () => whole.abort());
    clock
      .sleep(requestMs, whole.signal)
      .then(() => stream.close(http2Constants.NGHTTP2_CANCEL), throwUnlessCancelled);
  });
  app.addHook("preValidation", async (request) => arrived.get(request)?.abort());
}

function throwUnlessCancelled(cause: unknown): void {
  if (!isCancelled(cause)) throw cause;
}
