/** Typed calls of the REST API. Errors of the server come back as the coded errors they were. */

import { CodedError, isErrorShape } from "@ironcore-backup/base";
import { API_PREFIX, calls } from "@ironcore-backup/protocol/calls";
import type {
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
  RouteResponse,
} from "@ironcore-backup/protocol/calls";
import { clientErrors } from "./errors.ts";
import type { Transport, TransportResponse } from "./transport.ts";

/** Lists are paged; nothing honest is larger. */
const ANSWER_SIZE_BYTES_MAX = 256 * 1024 * 1024;

/** Only what the route takes may and must be given. */
export type CallInput<Name extends RouteName> = Given<"params", RouteParams<Name>> &
  (RouteQuery<Name> extends undefined ? object : { readonly query?: RouteQuery<Name> }) &
  Given<"body", RouteBody<Name>> & { readonly signal?: AbortSignal };

type Given<Key extends string, Value> = [Value] extends [undefined] ? object : { readonly [K in Key]: Value };

export interface Client {
  readonly url: string;
  /** @throws what the server answers, SERVER_UNREACHABLE, SERVER_ANSWER_INVALID, CANCELLED */
  call<Name extends RouteName>(name: Name, input: CallInput<Name>): Promise<RouteResponse<Name>>;
  /** An answer that is not one JSON value: the event stream, a log as text. Errors are thrown as with `call`. */
  open(
    path: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
  ): Promise<TransportResponse>;
}

/** @param options.token  bearer credential; absent for calls that need none */
export function createClient(
  needs: { readonly transport: Transport },
  options: { readonly token?: string },
): Client {
  const { transport } = needs;
  const credential: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const send: Client["open"] = async (path, { headers, signal }) => {
    const request = { method: "GET", path, headers: { ...credential, ...headers } } as const;
    const response = await transport.send(signal === undefined ? request : { ...request, signal });
    if (response.status >= 400) throw await errorOf(transport.url, response);
    return response;
  };
  return {
    url: transport.url,
    open: send,
    async call(name, input) {
      // The input's type lists exactly the parts that this route has.
      const parts = input as {
        params?: Record<string, string>;
        query?: Record<string, unknown>;
        body?: unknown;
        signal?: AbortSignal;
      };
      const { method, path } = calls[name];
      const response = await transport.send({
        method,
        path: API_PREFIX + fillPath(path, parts.params ?? {}) + formatQuery(parts.query ?? {}),
        headers: {
          ...credential,
          accept: "application/json",
          ...(parts.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
        ...(parts.signal === undefined ? {} : { signal: parts.signal }),
      });
      if (response.status >= 400) throw await errorOf(transport.url, response);
      const text = await readText(transport.url, response);
      // The server validates its answers against the same schema that this type comes from.
      return (text === "" ? null : parseAnswer(transport.url, response.status, text)) as never;
    },
  };
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:([a-z]+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ""));
}

function formatQuery(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`],
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

async function readText(url: string, response: TransportResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const part of response.body) {
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_SIZE_BYTES_MAX)
      throw clientErrors.SERVER_ANSWER_TOO_LARGE({ url, sizeBytesMax: ANSWER_SIZE_BYTES_MAX });
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function parseAnswer(url: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw clientErrors.SERVER_ANSWER_INVALID({ url, status, detail: "it is not JSON" }, cause);
  }
}

async function errorOf(url: string, response: TransportResponse): Promise<CodedError> {
  const answer = parseAnswer(url, response.status, await readText(url, response));
  const error: unknown =
    typeof answer === "object" && answer !== null && "error" in answer ? answer.error : undefined;
  if (isErrorShape(error)) return new CodedError({ ...error, context: error.context ?? {} });
  return clientErrors.SERVER_ANSWER_INVALID({ url, status: response.status, detail: "it names no error" });
}
