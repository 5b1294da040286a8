/**
 * A line to the server's port without the manners of a client: any method, any path, any bytes. Over HTTP/2 many requests
 * share one connection; over HTTP/1.1 the bytes are written as they are given.
 */

import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import { connect as connectTls } from "node:tls";

export interface ApiAnswer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export interface ApiLine {
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Buffer | undefined;
}

const ANSWER_MS_MAX = 20_000;

export function openApiLine(port: number): ApiLine {
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on("error", () => undefined);
    return session;
  };
  return {
    send: (request) => sendOnce(open(), request),
    close: () => session?.destroy(),
  };
}

function sendOnce(
  session: ClientHttp2Session,
  { method, path, headers, body }: ApiRequest,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ...headers, ":method": method, ":path": path },
      { endStream: body === undefined },
    );
    let status = 0;
    let type = "";
    let text = "";
    const late = setTimeout(() => reject(new Error(`no answer to ${method} ${path}`)), ANSWER_MS_MAX);
    stream.on("response", (head) => {
      status = head[":status"] ?? 0;
      type = head["content-type"] ?? "";
      // A stream of events never ends by itself.
      if (type.startsWith("text/event-stream")) stream.close();
    });
    stream.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    stream.on("error", () => undefined);
    stream.on("close", () => {
      clearTimeout(late);
      resolve({ status, type, text });
    });
    if (body !== undefined) stream.end(body);
  });
}

/** Writes the bytes as one HTTP/1.1 request, and reads until the server closes or the answer is whole. */
export function sendBytes(port: number, bytes: Buffer): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    let text = "";
    const finish = (): void => {
      clearTimeout(late);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, type: /^content-type: (.*)$/im.exec(text)?.[1] ?? "", text });
    };
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer to ${bytes.subarray(0, 100).toString("latin1")}`));
    }, ANSWER_MS_MAX);
    socket.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
      if (isWhole(text)) finish();
    });
    socket.on("error", () => undefined);
    socket.on("close", finish);
    // The end of what is sent, so that nobody waits for the rest of a request that became longer than it is.
    socket.end(bytes);
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = Number(/^content-length: (\d+)$/im.exec(text.slice(0, end))?.[1] ?? Number.NaN);
  return Number.isNaN(length) ? /^HTTP\/1\.1 (?:204|304)/.test(text) : text.length >= end + 4 + length;
}
