/**
 * Mail. Each message has a connection of its own, so a login that was changed, or a server that was, counts at once and
 * nothing is left open.
 *
 * The encryption that is wished for is needed: with starttls nothing is sent to a server that does not offer it, and the
 * certificate is checked against the name in each case. The Message-ID comes from the message's id, so who gets the same
 * message twice can tell; messages of one incident refer to one thread.
 */

import { isIP } from "node:net";
import type { MessageEntry, NotificationMessage } from "@ironcore-backup/protocol";
import { mailBody } from "./mail-body.ts";
import { oneLine } from "./message-words.ts";
import { checkedAddresses } from "./outbound-request.ts";
import type { Outside } from "./outbound-request.ts";
import { failedResult, sendResult } from "./send-result.ts";
import { SEND_TIMEOUT_MS } from "./sender.ts";
import type { SendResult, TargetSettings } from "./sender.ts";

interface SecureOptions {
  readonly rejectUnauthorized: true;
  readonly minVersion: "TLSv1.2";
  readonly ca?: string;
  readonly servername?: string;
}

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;
const CONNECT_TIMEOUT_MS = SEND_TIMEOUT_MS / 3;
const SILENCE_MS_MAX = (SEND_TIMEOUT_MS * 2) / 3;
const REFUSED_SHOWN_COUNT = 5;
/** To MAIL, RCPT and DATA: log in, log in again, encrypt. An operator mends these, so the message waits. */
const LOGIN_CODES = new Set([530, 534, 535, 538]);

/**
 * @param settings  with `allowPrivate` false the server's address must be a public one; a mail server of one's own network is what
 *   most have, so that without a word it may be there
 */
export async function sendMail(
  needs: { readonly timeZone: string; readonly outside: Outside },
  settings: TargetSettings,
  message: NotificationMessage,
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  // Loaded with the first mail: it takes a fifth of a second, which a start without mails has not to wait for.
  const { createTransport } = await import("nodemailer");
  let at: Partial<ReturnType<typeof connectionOf>>;
  try {
    at = await placeOf(needs, settings, options.signal);
  } catch (cause) {
    return failure(settings, cause, options);
  }
  const transport = createTransport({
    ...connectionOf(settings),
    ...at,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { subjectTemplate, introTemplate, from = "", to = [] } = settings;
  try {
    const sent = await transport.sendMail({
      from: { name: `Ironcore Backup ${oneLine(message.installation)}`, address: from },
      to: to.map((address) => ({ name: "", address })),
      // Who gets it is said here, and not read from the headers.
      envelope: { from, to },
      ...mailBody(message, { timeZone: needs.timeZone, subjectTemplate, introTemplate }),
      ...headersOf(message, from),
      signal: options.signal,
    });
    return sendResult(settings, "delivered", deliveredText(sent));
  } catch (cause) {
    return isRefusal(cause)
      ? sendResult(settings, "refused", answerOf(cause))
      : failure(settings, cause, options);
  } finally {
    transport.close();
  }
}

/** The very address that was checked; the certificate is still the name's. */
async function placeOf(
  { outside }: { readonly outside: Outside },
  settings: TargetSettings,
  signal: AbortSignal,
): Promise<Partial<ReturnType<typeof connectionOf>>> {
  const { host = "", allowPrivate } = settings;
  if (allowPrivate !== false) return {};
  const [first] = await checkedAddresses(outside, { host, allowPrivate }, signal);
  if (first === undefined) return {};
  const { tls } = connectionOf(settings);
  return { host: first.address, tls: { ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) } };
}

function connectionOf(settings: TargetSettings) {
  const { host = "", security = "starttls", port, username, password, loginMethod, caCertificate } = settings;
  return {
    host,
    port: port ?? PORTS[security],
    secure: security === "tls",
    ...(security === "starttls" ? { requireTLS: true } : {}),
    ...(security === "none" ? { ignoreTLS: true } : {}),
    ...(username === undefined
      ? {}
      : {
          auth: { user: username, pass: password ?? "" },
          authMethod: (loginMethod ?? "plain").toUpperCase(),
          // A server that offers no login is not sent to without one.
          forceAuth: true,
        }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS_MAX,
    // A server that does not close its side keeps nothing of ours open.
    socketCloseTimeout: 1000,
    maxResponseSize: 16_384,
    tls: {
      rejectUnauthorized: true,
      minVersion: "TLSv1.2" as const,
      ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    } as SecureOptions,
  };
}

function headersOf(message: NotificationMessage, from: string) {
  const { id, kind, severity, installation, entries, entryCount } = message;
  const [first] = entries;
  const domain = headerWord(from.slice(from.lastIndexOf("@") + 1)) || "ironcore";
  const thread = entryCount === 1 && first !== undefined ? threadOf(message, first) : undefined;
  return {
    messageId: `<${headerWord(id)}@${domain}>`,
    date: new Date(message.at),
    ...(thread === undefined
      ? {}
      : { references: [`<${thread}@${domain}>`], inReplyTo: `<${thread}@${domain}>` }),
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "X-Ironcore-Installation": oneLine(installation),
      "X-Ironcore-Message": oneLine(id),
      "X-Ironcore-Kind": kind,
      "X-Ironcore-Severity": severity,
      ...(entryCount === 1 && first !== undefined
        ? { "X-Ironcore-Event": first.event, "X-Ironcore-Change": first.change }
        : {}),
    },
  };
}

/** What opened, was repeated and is resolved hangs below one root that nobody needs to have. */
function threadOf(
  { installation }: NotificationMessage,
  { change, notice }: MessageEntry,
): string | undefined {
  return change === "note" ? undefined : `notice-${notice}.${headerWord(installation)}`;
}

/** Characters that an id in a header may have. */
function headerWord(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, "-");
}

function deliveredText(sent: {
  readonly response: string;
  readonly rejected: readonly (string | { address?: string | undefined })[];
  readonly accepted: readonly unknown[];
}): string {
  const { rejected, accepted, response } = sent;
  if (rejected.length === 0) return response;
  const names = rejected.map((one) => (typeof one === "string" ? one : (one.address ?? "")));
  const more = names.length > REFUSED_SHOWN_COUNT ? ` and ${names.length - REFUSED_SHOWN_COUNT} more` : "";
  const shown = names.slice(0, REFUSED_SHOWN_COUNT).join(", ");
  const total = accepted.length + rejected.length;
  return `${rejected.length} of ${total} recipients were refused: ${shown}${more}. ${response}`;
}

interface MailFailure {
  readonly code: string | undefined;
  readonly command: string | undefined;
  readonly responseCode: number | undefined;
  readonly response: string | undefined;
}

function failureOf(cause: unknown): MailFailure {
  const told = typeof cause === "object" && cause !== null ? cause : {};
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return {
    code: "code" in told ? text(told.code) : undefined,
    command: "command" in told ? text(told.command) : undefined,
    response: "response" in told ? text(told.response) : undefined,
    responseCode:
      "responseCode" in told && typeof told.responseCode === "number" ? told.responseCode : undefined,
  };
}

/** A 5xx to what belongs to this message. One to the greeting or the login says nothing about the message. */
function isRefusal(cause: unknown): boolean {
  const { code, command = "", responseCode = 0 } = failureOf(cause);
  return (
    code !== "EAUTH" &&
    responseCode >= 500 &&
    !LOGIN_CODES.has(responseCode) &&
    /^(?:MAIL FROM|RCPT TO|DATA)/.test(command)
  );
}

function answerOf(cause: unknown): string {
  const { response } = failureOf(cause);
  return response ?? (cause instanceof Error ? cause.message : String(cause));
}

function failure(
  settings: TargetSettings,
  cause: unknown,
  options: { readonly signal: AbortSignal },
): SendResult {
  const { response } = failureOf(cause);
  const isTold = response !== undefined && cause instanceof Error && !cause.message.includes(response);
  return isTold && !options.signal.aborted
    ? sendResult(settings, "unreachable", `${cause.message}: ${response}`)
    : failedResult(settings, cause, options);
}
