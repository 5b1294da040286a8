/** A request of a target's and what its answer means for the message. Every way by HTTP goes through here. */

import type { Clock } from "@ironcore-backup/base";
import { readVersion } from "../config/version.ts";
import { ANSWER_SIZE_BYTES_MAX, requestOutside } from "./outbound-request.ts";
import type { Outside, OutboundAnswer, OutboundRequest } from "./outbound-request.ts";
import { failedResult, sendResult } from "./send-result.ts";
import type { SendResult, TargetSettings } from "./sender.ts";

export interface HttpNeeds {
  readonly clock: Clock;
  readonly outside: Outside;
}

/** It will say the same again, however often it is asked. 408, 425 and 429 ask to come back, and 5xx may pass. */
const REFUSING_STATUSES = new Set([400, 401, 403, 404, 405, 410, 413, 415, 422]);
const BODY_SHOWN_LENGTH = 200;
/** Who asks for a longer pause is asked again after this. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** Never throws for what the other side does; what comes of the signal is `unreachable`. */
export async function exchange(
  { clock, outside }: HttpNeeds,
  settings: TargetSettings,
  request: Pick<OutboundRequest, "method" | "url" | "body"> & {
    readonly headers?: Readonly<Record<string, string>>;
  },
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  try {
    const answer = await requestOutside(
      outside,
      {
        ...request,
        headers: { "user-agent": `Ironcore-Backup/${readVersion()}`, accept: "*/*", ...request.headers },
        caCertificate: settings.caCertificate,
        allowPrivate: settings.allowPrivate ?? false,
      },
      options,
    );
    return resultOf(clock, settings, answer, request.url);
  } catch (cause) {
    return failedResult(settings, cause, options);
  }
}

function resultOf(
  clock: Clock,
  settings: TargetSettings,
  { status, headers, body }: OutboundAnswer,
  url: URL,
): SendResult {
  const said = `HTTP ${status}${body.trim() === "" ? "" : `: ${shown(body)}`}`;
  if (status >= 200 && status < 300) return sendResult(settings, "delivered", said);
  if (status >= 300 && status < 400)
    return sendResult(
      settings,
      "refused",
      `HTTP ${status}: redirected to ${whereTo(headers.location, url)}; redirects are not followed`,
    );
  if (REFUSING_STATUSES.has(status)) return sendResult(settings, "refused", said);
  return sendResult(settings, "unreachable", said, retryAfterMs(headers["retry-after"], clock));
}

function shown(body: string): string {
  const text = body.slice(0, ANSWER_SIZE_BYTES_MAX).trim();
  return text.length > BODY_SHOWN_LENGTH ? `${text.slice(0, BODY_SHOWN_LENGTH)}…` : text;
}

/** Without its query, which may hold what is secret. */
function whereTo(location: string | undefined, from: URL): string {
  if (location === undefined || !URL.canParse(location, from.href)) return "nowhere that can be read";
  const { origin, pathname } = new URL(location, from);
  return `${origin}${pathname}`;
}

/** Seconds, or an instant as HTTP writes it. */
export function retryAfterMs(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - clock.now();
  if (Number.isNaN(ms)) return undefined;
  return Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms));
}
