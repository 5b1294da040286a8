/** All ways to targets behind one door. */

import { hostname } from "node:os";
import { baseErrors, machineTimeZone } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import type { NotificationMessage, TargetPreview, TargetPreviewRequest } from "@ironcore-backup/protocol";
import { sendBeat } from "./heartbeat-sender.ts";
import { pushToInflux } from "./influx-sender.ts";
import { mailBody } from "./mail-body.ts";
import { checkTemplate } from "./message-template.ts";
import { createOutside } from "./outbound-request.ts";
import type { Outside } from "./outbound-request.ts";
import { pushToGateway } from "./push-gateway-sender.ts";
import { SEND_TIMEOUT_MS } from "./sender.ts";
import type { Senders, SendResult } from "./sender.ts";
import { checkBodyTemplate, checkTarget } from "./settings-check.ts";
import { makeSigningSecret } from "./signing-secret.ts";
import { sendMail } from "./smtp-sender.ts";
import { sendWebhook } from "./webhook-sender.ts";
import { webhookCall } from "./webhook-presets.ts";

export interface SenderNeeds {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the instants that messages show. The machine's when it is left out. */
  readonly timeZone?: string;
  /** Names this server to a Pushgateway. The machine's name when it is left out. */
  readonly node?: string;
  readonly outside?: Outside;
}

export function createSenders(given: SenderNeeds): Senders {
  const needs = {
    ...given,
    timeZone: given.timeZone ?? machineTimeZone(),
    node: given.node ?? hostname(),
    outside: given.outside ?? createOutside(),
  };
  return {
    send: (settings, message, { signal }) =>
      withinTime(needs.clock, signal, (signal) => {
        if (settings.kind === "smtp") return sendMail(needs, settings, message, { signal });
        if (settings.kind === "webhook") return sendWebhook(needs, settings, message, { signal });
        throw baseErrors.INVARIANT_BROKEN({ invariant: `${settings.kind} gets no messages` });
      }),
    beat: (settings, { signal }) =>
      withinTime(needs.clock, signal, (signal) => sendBeat(needs, settings, { signal })),
    pushMetrics: (settings, { lineProtocol, prometheusText }, { signal }) =>
      withinTime(needs.clock, signal, (signal) =>
        settings.kind === "influxdb"
          ? pushToInflux(needs, settings, lineProtocol, { signal })
          : pushToGateway(needs, settings, prometheusText, { signal }),
      ),
    check: checkTarget,
    makeSigningSecret: () => makeSigningSecret(needs.random),
    preview: (request, message) => renderPreview(request, message, needs),
  };
}

/** Nothing of what it begins goes on after the time is over or the caller gives up. */
async function withinTime(
  clock: Clock,
  given: AbortSignal,
  work: (signal: AbortSignal) => Promise<SendResult>,
): Promise<SendResult> {
  const ended = new AbortController();
  const late = new AbortController();
  const timer = clock.sleep(SEND_TIMEOUT_MS, ended.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([given, late.signal]));
  } finally {
    ended.abort();
    await timer;
  }
}

/**
 * How the message would look; nothing is sent.
 * @throws TEMPLATE_NAME_UNKNOWN, TEMPLATE_NOT_JSON, TARGET_FIELD_MISSING
 */
export function renderPreview(
  request: TargetPreviewRequest,
  message: NotificationMessage,
  { timeZone }: { readonly timeZone: string },
): TargetPreview {
  const { kind, preset, bodyTemplate, subjectTemplate, introTemplate } = request;
  if (kind === "smtp") {
    if (subjectTemplate !== undefined) checkTemplate(subjectTemplate, { field: "subjectTemplate" });
    if (introTemplate !== undefined) checkTemplate(introTemplate, { field: "introTemplate" });
    return mailBody(message, { timeZone, subjectTemplate, introTemplate });
  }
  if (preset === "custom") checkBodyTemplate(bodyTemplate ?? "");
  const { body } = webhookCall(
    {
      url: PREVIEW_URL,
      preset: preset ?? "standard",
      ...(bodyTemplate === undefined ? {} : { bodyTemplate }),
    },
    message,
    { timeZone },
  );
  return { body: JSON.stringify(JSON.parse(body), undefined, 2) };
}

/** Nothing is sent there; ntfy takes its topic from it. */
const PREVIEW_URL = "https://preview.example/topic";
