/**
 * Webhooks: a POST of JSON. With a signing secret it is signed as Standard Webhooks say, over the id, the instant of this try
 * and the very bytes of the body, so that the receiver knows who sent it, when, and whether it has seen it.
 */

import { createHmac } from "node:crypto";
import type { NotificationMessage } from "@ironcore-backup/protocol";
import { exchange } from "./http-exchange.ts";
import type { HttpNeeds } from "./http-exchange.ts";
import { failedResult } from "./send-result.ts";
import type { SendResult, TargetSettings } from "./sender.ts";
import { signingKey } from "./signing-secret.ts";
import { webhookCall } from "./webhook-presets.ts";
import type { WebhookCall } from "./webhook-presets.ts";

export async function sendWebhook(
  needs: HttpNeeds & { readonly timeZone: string },
  settings: TargetSettings,
  message: NotificationMessage,
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  let made: WebhookCall;
  try {
    made = webhookCall(settings, message, needs);
  } catch (cause) {
    // Settings that no check let through.
    return failedResult(settings, cause, options);
  }
  const { url, body, headers } = made;
  const own = Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return exchange(
    needs,
    settings,
    {
      method: "POST",
      url,
      body,
      headers: {
        "content-type": "application/json",
        ...headers,
        ...Object.fromEntries(own),
        "webhook-id": message.id,
        ...signatureHeaders(settings, { id: message.id, body, atMs: needs.clock.now() }),
      },
    },
    options,
  );
}

function signatureHeaders(
  { signingSecret }: TargetSettings,
  { id, body, atMs }: { readonly id: string; readonly body: string; readonly atMs: number },
): Record<string, string> {
  if (signingSecret === undefined) return {};
  const seconds = String(Math.floor(atMs / 1000));
  const signature = createHmac("sha256", signingKey(signingSecret))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64");
  return { "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}
