/** Typed calls of the REST API. Errors of the server come back as the coded errors they were. */

import { baseErrors, CodedError, isErrorShape } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { API_PREFIX, calls } from "@ironcore-backup/protocol/calls";
import type {
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
  RouteResponse,
} from "@ironcore-backup/protocol/calls";
import { clientErrors } from "./errors.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** Lists are paged; nothing honest is larger. */
const ANSWER_SIZE_BYTES_MAX = 256 * 1024 * 1024;

/** A new datastore's 65,536 directories take a slow disk its time. */
const ANSWER_WAIT_MS_DEFAULT = 180_000;

/** Only what the route takes may and must be given. */
export type CallInput<Name extends RouteName> = Given<"params", RouteParams<Name>> &
  (RouteQuery<Name> extends undefined ? object : { readonly query?: RouteQuery<Name> }) &
  Given<"body", RouteBody<Name>> & { readonly signal?: AbortSignal };

type Given<Key extends string, Value> = [Value] extends [undefined] ? object : { readonly [K in Key]: Value };

export interface Client {
  readonly url: string;
  /** @throws what the server answers, CANCELLED, SERVER_UNREACHABLE, SERVER_ANSWER_LATE, SERVER_ANSWER_INVALID … */
  call<Name extends RouteName>(name: Name, input: CallInput<Name>): Promise<RouteResponse<Name>>;
  /**
   * An answer that is not one JSON value: the event stream, a log as text. Errors are thrown as with `call`; the wait is
   * for the head of the answer, its body may take for ever.
   */
  open(
    path: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
  ): Promise<TransportResponse>;
}

export interface ClientOptions {
  /** Bearer credential; absent for calls that need none, and in a browser, whose cookie speaks. */
  readonly token?: string;
  readonly answerWaitMs?: number;
}

export function createClient(
  needs: { readonly transport: Transport; readonly clock: Clock },
  { token, answerWaitMs = ANSWER_WAIT_MS_DEFAULT }: ClientOptions,
): Client {
  const { transport, clock } = needs;
  const { url } = transport;
  const credential: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const inTime = <Result>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => withinTime(clock, { url, waitMs: answerWaitMs, signal }, work);
  return {
    url,
    open: (path, options) =>
      inTime(options.signal, async (signal) => {
        const headers = { ...credential, ...options.headers };
        const response = await transport.send({ method: "GET", path, headers, signal });
        if (response.status >= 300) throw await errorOf(url, response);
        return response;
      }),
    call: (name, input) =>
      inTime(input.signal, async (signal) => {
        const response = await transport.send({ ...requestOf(name, input, credential), signal });
        if (response.status >= 300) throw await errorOf(url, response);
        const text = await readText(url, response);
        // The server's answers are tested against the same schema that this type comes from.
        return (text === "" ? null : parseAnswer(url, response.status, text)) as never;
      }),
  };
}

function requestOf<Name extends RouteName>(
  name: Name,
  input: CallInput<Name>,
  credential: Readonly<Record<string, string>>,
): TransportRequest {
  // The input's type lists exactly the parts that this route has.
  const { params, query, body } = input as {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
    readonly body?: unknown;
  };
  const { method, path } = calls[name];
  return {
    method,
    path: API_PREFIX + fillPath(path, params ?? {}) + formatQuery(query ?? {}),
    headers: {
      ...credential,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** Gives `work` a signal that fires with the caller's or when the time is over; done in time, only the caller's is left. */
async function withinTime<Result>(
  clock: Clock,
  wait: { readonly url: string; readonly waitMs: number; readonly signal: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { url, waitMs, signal } = wait;
  const late = new AbortController();
  const done = new AbortController();
  clock.sleep(waitMs, done.signal).then(
    () => late.abort(),
    () => undefined, // The work was done in time.
  );
  try {
    return await work(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
  } catch (cause) {
    if (signal?.aborted === true) throw baseErrors.CANCELLED({}, cause);
    if (late.signal.aborted) throw clientErrors.SERVER_ANSWER_LATE({ url, waitedMs: waitMs }, cause);
    throw cause;
  } finally {
    done.abort();
  }
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:([a-z]+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ""));
}

function formatQuery(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
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
  if (isErrorShape(error)) {
    // The request's number finds it in the server's log.
    const request = isNumbered(answer) ? { requestId: answer.requestId } : {};
    return new CodedError({ ...error, context: { ...error.context, ...request } });
  }
  return clientErrors.SERVER_ANSWER_INVALID({ url, status: response.status, detail: "it names no error" });
}

function isNumbered(answer: unknown): answer is { readonly requestId: string } {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "requestId" in answer &&
    typeof answer.requestId === "string"
  );
}
