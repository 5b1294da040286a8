/** A server of one's own for tests: answers by request, and breaks where it is told to. */

import { baseErrors } from "@ironcore-backup/base";
import { clientErrors } from "./errors.ts";
import type { Transport, TransportRequest } from "./transport.ts";

export const TEST_URL = "https://test:8007";

/** A piece of an answer: text, the connection breaking, or nothing more until somebody ends the request. */
export type ScriptedPart = string | Uint8Array | typeof BREAKS | typeof HANGS;

export interface ScriptedAnswer {
  readonly status?: number;
  readonly parts: readonly ScriptedPart[];
}

export const BREAKS = Symbol("breaks");
export const HANGS = Symbol("hangs");

/** @param answer  `undefined` when nobody listens */
export function scriptedTransport(answer: (request: TransportRequest) => ScriptedAnswer | undefined): {
  readonly transport: Transport;
  readonly requests: TransportRequest[];
} {
  const requests: TransportRequest[] = [];
  const send: Transport["send"] = async (request) => {
    requests.push(request);
    if (request.signal?.aborted === true) throw baseErrors.CANCELLED({});
    const scripted = answer(request);
    if (scripted === undefined) {
      throw clientErrors.SERVER_UNREACHABLE({ url: TEST_URL, detail: "connection refused" });
    }
    if (scripted.parts[0] === HANGS) await untilEnded(request.signal);
    return { status: scripted.status ?? 200, body: bodyOf(scripted.parts, request.signal) };
  };
  return { transport: { url: TEST_URL, send }, requests };
}

async function* bodyOf(
  parts: readonly ScriptedPart[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part === BREAKS) throw clientErrors.SERVER_UNREACHABLE({ url: TEST_URL, detail: "connection reset" });
    if (part === HANGS) await untilEnded(signal);
    else yield typeof part === "string" ? new TextEncoder().encode(part) : part;
  }
}

function untilEnded(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(baseErrors.CANCELLED({}));
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
