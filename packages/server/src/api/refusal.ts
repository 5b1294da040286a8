/** Refusals have one shape, whatever refused: `{"error": {code, message, remedy, retry, context}, "requestId"}`. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError, toCodedError } from "@ironcore-backup/base";
import type { ErrorResponse } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { BODY_SIZE_BYTES_MAX } from "./http-limits.ts";
import { httpStatusOf } from "./http-status.ts";

const SHOWN_PATH_LENGTH_MAX = 200;
const SHOWN_DETAIL_LENGTH_MAX = 200;

/** Whatever is thrown anywhere becomes a refusal, and so does a path that is no route. */
export function addRefusals(app: FastifyInstance): void {
  app.setErrorHandler((thrown, request, reply) => refuse(request, reply, readError(thrown)));
  app.setNotFoundHandler((request, reply) => refuse(request, reply, routeNotFound(request)));
}

export function routeNotFound(request: FastifyRequest): CodedError {
  const path = request.url.split("?", 1)[0]?.slice(0, SHOWN_PATH_LENGTH_MAX) ?? "";
  return serverErrors.ROUTE_NOT_FOUND({ method: request.method, path });
}

/** Fastify's own refusals (body too large, broken JSON) become ours; what nobody foresaw tells callers nothing inside. */
export function readError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return serverErrors.REQUEST_TOO_LARGE({ limitBytes: BODY_SIZE_BYTES_MAX });
  const status = thrown instanceof Error && "statusCode" in thrown ? Number(thrown.statusCode) : 500;
  if (status >= 400 && status < 500) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return serverErrors.REQUEST_INVALID(
      {
        part: code === "FST_ERR_BAD_URL" ? "path" : "body",
        detail: detail.slice(0, SHOWN_DETAIL_LENGTH_MAX),
      },
      thrown,
    );
  }
  return toCodedError(thrown);
}

export function refuse(request: FastifyRequest, reply: FastifyReply, error: CodedError): FastifyReply {
  const status = httpStatusOf(error.code);
  if (status >= 500) request.log.error({ code: error.code, stack: stackOf(error) }, error.message);
  const waitSeconds = error.context["waitSeconds"];
  if (status === 429 && waitSeconds !== undefined) reply.header("retry-after", String(waitSeconds));
  // For the line in the log, and for programs that look at heads alone.
  reply.header("x-error-code", error.code);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply
    .status(status)
    .type("application/json")
    .send(JSON.stringify(presentError(error, request.id)));
}

/** What was thrown, and what that was thrown because of. */
function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${error.cause.stack ?? String(error.cause)}` : own;
}

export function presentError(error: CodedError, requestId: string): ErrorResponse {
  const { code, remedy, retry } = error;
  const isInternal = code === "INTERNAL_ERROR";
  const message = isInternal ? "Internal error; the server's log has the details" : error.message;
  const context = Object.fromEntries(
    Object.entries(isInternal ? {} : error.context).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  return { error: { code, message, remedy, retry, context }, requestId };
}
