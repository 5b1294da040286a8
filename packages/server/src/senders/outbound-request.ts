/**
 * One HTTP request to an address that an operator named. The name is resolved once, every address that comes of it is
 * checked, and the connection goes to those very addresses: nobody can answer the check with one address and the connection
 * with another. A redirect is not followed, for it would lead round the check.
 */

import { lookup } from "node:dns/promises";
import { request as requestHttp } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { networkInterfaces } from "node:os";
import type { LookupFunction } from "node:net";
import { baseErrors } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { bareHost, canonicalAddress, isOwnName, isPrivateAddress, literalAddress } from "./address-guard.ts";

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** The parts of the machine that a request needs. */
export interface Outside {
  /** All addresses of a name. */
  resolve(host: string): Promise<readonly HostAddress[]>;
  /** Addresses of this machine, which may be public ones. */
  ownAddresses(): readonly string[];
}

export function createOutside(): Outside {
  return {
    resolve: (host) => lookup(host, { all: true }),
    ownAddresses: () =>
      Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  };
}

export interface OutboundRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly caCertificate?: string | undefined;
  readonly allowPrivate: boolean;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its beginning. */
  readonly body: string;
}

/** More of an answer is not read. */
export const ANSWER_SIZE_BYTES_MAX = 16_384;

/**
 * @throws TARGET_ADDRESS_PRIVATE, TARGET_HOST_UNKNOWN, CANCELLED, and what the network throws
 */
export async function requestOutside(
  outside: Outside,
  request: OutboundRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<OutboundAnswer> {
  const { url, method, headers, body, caCertificate, allowPrivate } = request;
  const addresses = await checkedAddresses(outside, { host: url.hostname, allowPrivate }, signal);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send({
      method,
      host: bareHost(url.hostname),
      port: url.port === "" ? undefined : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
      },
      lookup: alwaysAt(addresses),
      // A connection of its own, closed after the answer.
      agent: false,
      signal,
      ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    });
    // One that comes after the answer changes nothing any more.
    outgoing.on("error", reject);
    outgoing.once("response", (incoming) => void readBeginning(incoming).then(resolve, reject));
    outgoing.end(body);
  });
}

/** Answers each question for an address with those that were checked. */
function alwaysAt(addresses: readonly HostAddress[]): LookupFunction {
  return (_host, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? "", first?.family);
  };
}

/**
 * The addresses that a connection to the host may go to, each of them checked.
 * @param host  as a URL or an operator writes it
 * @throws TARGET_ADDRESS_PRIVATE, TARGET_HOST_UNKNOWN, CANCELLED
 */
export async function checkedAddresses(
  outside: Outside,
  { host: given, allowPrivate }: { readonly host: string; readonly allowPrivate: boolean },
  signal: AbortSignal,
): Promise<readonly HostAddress[]> {
  const host = bareHost(given);
  const literal = literalAddress(given);
  if (literal !== undefined) {
    if (!allowPrivate) assertPublic(outside, host, literal);
    return [{ address: literal, family: literal.includes(":") ? 6 : 4 }];
  }
  if (!allowPrivate) assertPublicName(host);
  const addresses = await endingWith(signal, outside.resolve(host)).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw serverErrors.TARGET_HOST_UNKNOWN({ host, detail: detailOf(cause) }, cause);
  });
  if (addresses.length === 0) throw serverErrors.TARGET_HOST_UNKNOWN({ host, detail: "it has none" });
  if (!allowPrivate) for (const { address } of addresses) assertPublic(outside, host, address);
  return addresses;
}

/** @throws TARGET_ADDRESS_PRIVATE  for a name that is this machine wherever it is asked */
export function assertPublicName(host: string): void {
  if (isOwnName(host)) throw serverErrors.TARGET_ADDRESS_PRIVATE({ host, address: "this machine" });
}

/** @throws TARGET_ADDRESS_PRIVATE */
function assertPublic(outside: Outside, host: string, address: string): void {
  const wanted = canonicalAddress(address);
  const isOwn = outside.ownAddresses().some((own) => canonicalAddress(own) === wanted);
  if (isOwn || isPrivateAddress(address)) throw serverErrors.TARGET_ADDRESS_PRIVATE({ host, address });
}

function detailOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause ? String(cause.code) : cause.message;
}

/** A question for a name cannot be taken back; it is no longer waited for. */
function endingWith<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(baseErrors.CANCELLED({}));
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}

/** The head says how it went, so an answer that breaks off in its body is an answer. */
async function readBeginning(incoming: IncomingMessage): Promise<OutboundAnswer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, ANSWER_SIZE_BYTES_MAX - sizeBytes));
      sizeBytes += part.length;
      if (sizeBytes >= ANSWER_SIZE_BYTES_MAX) break;
    }
  } catch {
    // What came before stays.
  }
  incoming.destroy();
  const { statusCode = 0, headers } = incoming;
  return { status: statusCode, headers, body: Buffer.concat(parts).toString("utf8") };
}
