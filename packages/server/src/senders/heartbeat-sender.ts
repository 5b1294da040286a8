/** A sign of life: the address is called, and whoever watches it notices when the calls stay away. */

import { exchange } from "./http-exchange.ts";
import type { HttpNeeds } from "./http-exchange.ts";
import type { SendResult, TargetSettings } from "./sender.ts";

export function sendBeat(
  needs: HttpNeeds,
  settings: TargetSettings,
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  return exchange(needs, settings, { method: "GET", url: new URL(settings.url ?? "") }, options);
}
