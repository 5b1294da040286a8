/** Requests over the platform's `fetch`, for the browser: it checks certificates itself, and its cookie may speak for it. */

import { baseErrors, CodedError } from "@ironcore-backup/base";
import { clientErrors } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** @param url  the server's origin. @param fetchFrom  the window's `fetch` */
export function createFetchTransport(url: string, fetchFrom: typeof fetch): Transport {
  return {
    url,
    async send({ method, path, headers, body, signal }) {
      try {
        const response = await fetchFrom(`${url}${path}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        });
        return { status: response.status, body: readBody(url, response.body, signal) };
      } catch (cause) {
        throw translate(url, cause, signal);
      }
    },
  };
}

/** By its reader and not by `for await`: not every browser's streams can be looped over. */
async function* readBody(
  url: string,
  stream: ReadableStream<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  if (stream === null) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw translate(url, cause, signal);
  } finally {
    // Ends the request of a reader that leaves early. Whether that went well changes nothing any more.
    reader.cancel().catch(() => undefined);
  }
}

function translate(url: string, cause: unknown, signal: AbortSignal | undefined): CodedError {
  if (cause instanceof CodedError) return cause;
  if (signal?.aborted === true) return baseErrors.CANCELLED({}, cause);
  const detail = cause instanceof Error ? cause.message : String(cause);
  return clientErrors.SERVER_UNREACHABLE({ url, detail }, cause);
}
