/**
 * `GET /metrics` for Prometheus: an API token, sent as Prometheus can send one.
 *
 *   authorization: { credentials: "monitor@ibs!prometheus:SECRET" }     Authorization: Bearer AUTHID:SECRET
 *   basic_auth: { username: "monitor@ibs!prometheus", password: … }     Authorization: Basic …
 *
 * Basic is taken here alone and for tokens alone: a browser keeps such a proof and sends it for other sites, too, and here
 * there is nothing to change. What the API's routes take is good here as well.
 */

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../access/access.ts";
import { PLATFORM } from "../access/rights.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { proofHeaders } from "./admission.ts";
import type { Admission } from "./admission.ts";
import type { RequestLog } from "./request-log.ts";

const METRICS_PATH = "/metrics";

export interface MetricsRouteNeeds {
  readonly access: Access;
  readonly admission: Admission;
  readonly requestLog: RequestLog;
  readonly metrics: Metrics;
}

export function mountMetrics(app: FastifyInstance, needs: MetricsRouteNeeds): void {
  app.get(METRICS_PATH, async (request, reply) => {
    const caller = await needs.admission.identifyBy(request, scrapeProof(request));
    needs.requestLog.noteCaller(request, caller.authId);
    needs.access.assertMay(caller, "metrics.read", PLATFORM);
    const { contentType, text } = await needs.metrics.render();
    return reply.type(contentType).send(text);
  });
}

function scrapeProof(request: FastifyRequest): ReturnType<typeof proofHeaders> {
  const headers = proofHeaders(request);
  const named = readNamedToken(headers.authorization ?? "");
  return named === undefined ? headers : { ...headers, authorization: `PBSAPIToken=${named}` };
}

/** `user@realm!token:secret`, when that is what was sent. */
function readNamedToken(authorization: string): string | undefined {
  const bearer = /^Bearer ([^\s:!]+![^\s:!]+:\S+)$/.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(authorization)?.[1];
  if (basic === undefined) return undefined;
  const text = Buffer.from(basic, "base64").toString("utf8");
  // A user with a password signs in once and gets a session; only a token is sent each time.
  return /^[^\s:!]+![^\s:!]+:\S+$/.test(text) ? text : undefined;
}
