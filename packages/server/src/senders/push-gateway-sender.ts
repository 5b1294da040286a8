/** Figures to a Prometheus Pushgateway. Each push replaces all that this server pushed before. */

import { exchange } from "./http-exchange.ts";
import type { HttpNeeds } from "./http-exchange.ts";
import { basicLogin, under } from "./influx-sender.ts";
import type { SendResult, TargetSettings } from "./sender.ts";

const JOB = "ironcore-backup";

/** @param node  names this server among others that push there */
export function pushToGateway(
  needs: HttpNeeds & { readonly node: string },
  settings: TargetSettings,
  prometheusText: string,
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  const authorization = basicLogin(settings.username, settings.password);
  return exchange(
    needs,
    settings,
    {
      method: "PUT",
      url: under(settings.url, `metrics/job/${JOB}/${instancePath(needs.node)}`),
      // The last line must end, or the gateway refuses all of it.
      body: prometheusText.endsWith("\n") ? prometheusText : `${prometheusText}\n`,
      headers: {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        ...(authorization === undefined ? {} : { authorization }),
      },
    },
    options,
  );
}

/** What is no plain word travels in base64: the gateway reads a slash in a path as the next label. */
function instancePath(node: string): string {
  return /^[\w.:-]+$/.test(node) && !/^\.+$/.test(node)
    ? `instance/${node}`
    : `instance@base64/${Buffer.from(node).toString("base64url") || "="}`;
}
