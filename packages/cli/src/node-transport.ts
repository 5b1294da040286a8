/**
 * Requests over Node's TLS. A server with a certificate of its own is known by its fingerprint (SHA-256 of the certificate):
 * it is compared before a single byte of a request leaves this machine.
 */

import { Agent, request as sendRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { baseErrors, CodedError } from "@ironcore-backup/base";
import { clientErrors } from "@ironcore-backup/client";
import type { Transport, TransportRequest, TransportResponse } from "@ironcore-backup/client";

const CONNECT_WAIT_MS = 10_000;
const HTTPS_PORT = 443;

/** @param options.fingerprint  with or without colons, in either case; absent: the system's authorities decide */
export function createNodeTransport(
  url: string,
  options: { readonly fingerprint?: string },
): Transport & { close(): void } {
  const target = targetOf(url);
  const sockets = new Set<TLSSocket>();
  const agent =
    options.fingerprint === undefined
      ? new Agent({ keepAlive: true, minVersion: "TLSv1.3" })
      : new PinningAgent(target, normalFingerprint(options.fingerprint), sockets);
  return {
    url,
    send: (request) => sendOver(agent, target, request),
    close: () => {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What the server shows, whoever it is. Nothing is sent. @throws SERVER_UNREACHABLE */
export function readFingerprint(url: string): Promise<string> {
  const target = targetOf(url);
  return new Promise((resolve, reject) => {
    const socket = openSocket(target);
    socket.once("error", (error) => reject(translate(url, error, undefined)));
    socket.once("secureConnect", () => {
      resolve(fingerprintOf(socket));
      socket.destroy();
    });
  });
}

/** `AB:CD:…`, from that or from bare hex. */
export function normalFingerprint(text: string): string {
  const hex = text.replace(/[:\s]/g, "").toUpperCase();
  return (hex.match(/../g) ?? []).join(":");
}

interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

function targetOf(url: string): Target {
  const { hostname, port } = new URL(url);
  return { url, host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? HTTPS_PORT : Number(port) };
}

function openSocket({ host, port }: Target): TLSSocket {
  // The authorities are not asked: whoever calls this compares the fingerprint, which says more than they could.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    // None: reading all that Node brings along takes longer than everything else of a connection.
    ca: [],
    minVersion: "TLSv1.3",
    ALPNProtocols: ["http/1.1"],
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  socket.setTimeout(CONNECT_WAIT_MS, () =>
    socket.destroy(new Error(`no connection within ${CONNECT_WAIT_MS / 1000} s`)),
  );
  return socket;
}

function fingerprintOf(socket: TLSSocket): string {
  return socket.getPeerX509Certificate()?.fingerprint256 ?? "none";
}

/** Connections whose certificate has the one right fingerprint; others never carry a request. */
class PinningAgent extends Agent {
  readonly #target: Target;
  readonly #fingerprint: string;
  readonly #sockets: Set<TLSSocket>;

  /** @param sockets  those that are open, also while they only connect, when the agent does not know them yet */
  constructor(target: Target, fingerprint: string, sockets: Set<TLSSocket>) {
    super({ keepAlive: true });
    this.#target = target;
    this.#fingerprint = fingerprint;
    this.#sockets = sockets;
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const socket = openSocket(this.#target);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.once("error", (error) => callback?.(error, socket));
    socket.once("secureConnect", () => {
      const found = fingerprintOf(socket);
      if (found !== this.#fingerprint) {
        const context = { url: this.#target.url, expected: this.#fingerprint, found };
        socket.destroy(clientErrors.SERVER_FINGERPRINT_WRONG(context));
        return;
      }
      socket.setTimeout(0);
      // Only now the agent learns of the socket, and writes the request to it.
      callback?.(null, socket);
    });
  }
}

function sendOver(agent: Agent, target: Target, request: TransportRequest): Promise<TransportResponse> {
  const { method, path, body, signal } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(baseErrors.CANCELLED({}));
    const outgoing = sendRequest({
      agent,
      host: target.host,
      port: target.port,
      method,
      path,
      headers: {
        ...request.headers,
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.once("error", (error) => reject(translate(target.url, error, signal)));
    outgoing.once("response", (response) =>
      resolve({
        status: response.statusCode ?? 0,
        ...fileNameOf(response),
        body: bodyOf(target.url, response, signal),
      }),
    );
    outgoing.end(body);
  });
}

function fileNameOf({ headers }: IncomingMessage): Pick<TransportResponse, "contentDisposition"> {
  const header = headers["content-disposition"];
  return header === undefined ? {} : { contentDisposition: header };
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
  if (signal?.aborted === true) return baseErrors.CANCELLED({}, thrown);
  return clientErrors.SERVER_UNREACHABLE({ url, detail: describe(thrown) }, thrown);
}

const UNKNOWN_AUTHORITY =
  "no authority that this machine trusts vouches for its certificate; nothing was sent. Log in with --fingerprint";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "the name is not known",
  ECONNRESET: "the connection was closed",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "no answer in time",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
};

/** Node's own words for the rest; where several addresses were tried, of the first one. */
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError) return describe(thrown.errors[0]);
  if (!(thrown instanceof Error)) return String(thrown);
  const code = "code" in thrown ? String(thrown.code) : "";
  return REASONS[code] ?? (thrown.message === "" ? thrown.name : thrown.message);
}
