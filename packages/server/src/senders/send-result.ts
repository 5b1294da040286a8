/** How a try ended, in one line that may be shown: what the other side said, without what only it may know. */

import { CodedError } from "@ironcore-backup/base";
import { SEND_RESPONSE_LENGTH_MAX } from "./sender.ts";
import type { SendOutcome, SendResult, TargetSettings } from "./sender.ts";

const HIDDEN = "…";
/** Shorter ones are no secrets, and hiding them would make the line unreadable. */
const HEADER_SECRET_LENGTH_MIN = 6;

export function sendResult(
  settings: TargetSettings,
  outcome: SendOutcome,
  said: string,
  retryAfterMs?: number,
): SendResult {
  const response = responseLine(said, settings);
  return retryAfterMs === undefined ? { outcome, response } : { outcome, response, retryAfterMs };
}

/** For what was thrown before an answer came: the network, a certificate, the end of the time. */
export function failedResult(
  settings: TargetSettings,
  cause: unknown,
  { signal }: { readonly signal: AbortSignal },
): SendResult {
  if (signal.aborted) return sendResult(settings, "unreachable", "No answer in time, or the server stopped");
  return sendResult(settings, "unreachable", describeFailure(cause));
}

export function describeFailure(cause: unknown): string {
  if (cause instanceof CodedError) return `${cause.code}: ${cause.message}`;
  if (cause instanceof AggregateError)
    return [...new Set(cause.errors.map((one: unknown) => describeFailure(one)))].join("; ");
  if (!(cause instanceof Error)) return String(cause);
  const codes = codesOf(cause);
  const what = codes.some((code) => CERTIFICATE_CODE.test(code)) ? "The certificate is not trusted: " : "";
  const untold = codes.filter((code) => !cause.message.includes(code));
  return `${what}${cause.message === "" ? untold.join(" ") : cause.message}${untold.length === 0 || cause.message === "" ? "" : ` (${untold.join(", ")})`}`;
}

const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_/;

/** The mail library puts its own code before the one of the machine. */
function codesOf(cause: Error): string[] {
  const codes = [
    "code" in cause ? cause.code : undefined,
    "originalCode" in cause ? cause.originalCode : undefined,
  ];
  return codes.filter((code): code is string => typeof code === "string");
}

/** One line, secrets hidden, not longer than a record keeps. */
function responseLine(text: string, settings: TargetSettings): string {
  let line = text;
  for (const secret of secretsOf(settings)) line = line.replaceAll(secret, HIDDEN);
  line = line.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/gu, " ").trim();
  return line.length > SEND_RESPONSE_LENGTH_MAX ? `${line.slice(0, SEND_RESPONSE_LENGTH_MAX - 1)}…` : line;
}

/** The longest first, so that none hides only a part of another. */
function secretsOf({ username, password, token, signingSecret, url, headers }: TargetSettings): string[] {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const login =
    password === undefined
      ? []
      : [
          password,
          base64(password),
          base64(`\u0000${username ?? ""}\u0000${password}`),
          base64(`${username ?? ""}:${password}`),
        ];
  const long = Object.values(headers ?? {}).filter((value) => value.length >= HEADER_SECRET_LENGTH_MIN);
  const secrets = [...login, token ?? "", signingSecret ?? "", pathOf(url), ...long];
  return secrets.filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
}

/** Path and query: of a chat service's webhook they are the secret. */
function pathOf(url: string | undefined): string {
  if (url === undefined || !URL.canParse(url)) return "";
  const { pathname, search } = new URL(url);
  return pathname === "/" ? search : `${pathname}${search}`;
}
