/**
 * What is not even a request of HTTP/1.1: a head that is too large, broken or too slow. There is no reply to fill in, so
 * the answer is written onto the socket, in the shape of every refusal.
 */

import type { Socket } from "node:net";
import { STATUS_CODES } from "node:http";
import type { CodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { HEADER_SIZE_BYTES_MAX } from "./http-limits.ts";
import { httpStatusOf } from "./http-status.ts";
import { presentError } from "./refusal.ts";

const ANSWER_MS_MAX = 2000;

export function answerBrokenRequest(thrown: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  const error = describe(thrown.code ?? "");
  if (error === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = httpStatusOf(error.code);
  const body = JSON.stringify(presentError(error, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
  ];
  // Who does not take the answer does not keep the connection.
  socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/** Undefined: nobody is there who could read an answer, or not even TLS is spoken. */
function describe(code: string): CodedError | undefined {
  if (code === "HPE_HEADER_OVERFLOW")
    return serverErrors.REQUEST_HEAD_TOO_LARGE({ limitBytes: HEADER_SIZE_BYTES_MAX });
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return serverErrors.REQUEST_LATE({});
  if (code.startsWith("HPE_"))
    return serverErrors.REQUEST_INVALID({ part: "head", detail: "it is not HTTP" });
  return undefined;
}
