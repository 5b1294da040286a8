/**
 * Requests over Node's TLS. A server with a certificate of its own is known by its fingerprint (SHA-256 of the certificate):
 * it is compared before a single byte of a request leaves this machine.
 */

import { Agent, request as sendRequest } from "node:https";
import type { RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { baseErrors, CodedError } from "@ironcore-backup/base";
import { clientErrors } from "@ironcore-backup/client";
import type { Transport, TransportRequest, TransportResponse } from "@ironcore-backup/client";

const CONNECT_TIMEOUT_MS = 10_000;

/** @param options.fingerprint  `AB:CD:…` in either case; absent: the system's authorities decide */
export function createNodeTransport(
  url: string,
  options: { readonly fingerprint?: string },
): Transport & { close(): void } {
  const target = new URL(url);
  const agent =
    options.fingerprint === undefined
      ? new Agent({ keepAlive: true })
      : new PinningAgent(url, options.fingerprint);
  return {
    url,
    send: (request) => sendOver(agent, target, url, request),
    close: () => agent.destroy(),
  };
}

/** Connections whose certificate has the one right fingerprint; others never carry a request. */
class PinningAgent extends Agent {
  readonly #url: string;
  readonly #fingerprint: string;

  constructor(url: string, fingerprint: string) {
    super({ keepAlive: true });
    this.#url = url;
    this.#fingerprint = fingerprint.toUpperCase();
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, socket: TLSSocket) => void,
  ): undefined {
    const host = options.host ?? "localhost";
    // The system's authorities are not asked: the fingerprint says more than they could.
    const socket = connect({
      host,
      port: Number(options.port ?? 443),
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error("it does not answer in time")));
    socket.once("error", (error) => callback?.(error, socket));
    socket.once("secureConnect", () => {
      const found = socket.getPeerX509Certificate()?.fingerprint256 ?? "none";
      if (found !== this.#fingerprint) {
        const context = { url: this.#url, expected: this.#fingerprint, found };
        socket.destroy(clientErrors.SERVER_FINGERPRINT_WRONG(context));
        return;
      }
      socket.setTimeout(0);
      callback?.(null, socket);
    });
  }
}

function sendOver(
  agent: Agent,
  target: URL,
  url: string,
  request: TransportRequest,
): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({
      agent,
      host: target.hostname.replace(/^\[|\]$/g, ""),
      port: target.port === "" ? 443 : target.port,
      method: request.method,
      path: request.path,
      headers: {
        ...request.headers,
        ...(request.body === undefined ? {} : { "content-length": Buffer.byteLength(request.body) }),
      },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    outgoing.once("error", (error) => reject(translate(url, error, request.signal)));
    outgoing.once("response", (response) =>
      resolve({ status: response.statusCode ?? 0, body: bodyOf(url, response, request.signal) }),
    );
    outgoing.end(request.body);
  });
}

async function* bodyOf(
  url: string,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of response) {
      // Without an encoding set, a response gives buffers.
      yield part as Buffer;
    }
  } catch (thrown) {
    throw translate(url, thrown, signal);
  }
}

function translate(url: string, thrown: unknown, signal: AbortSignal | undefined): CodedError {
  if (thrown instanceof CodedError) return thrown;
  if (signal?.aborted === true) return baseErrors.CANCELLED({});
  const detail = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return clientErrors.SERVER_UNREACHABLE({ url, detail }, thrown);
}
