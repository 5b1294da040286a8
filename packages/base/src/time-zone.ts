/** Time zones by their IANA names. */

import { baseErrors } from "./errors.ts";

/** In the platform's spelling. @throws TIME_ZONE_UNKNOWN */
export function parseTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: text }).resolvedOptions().timeZone;
  } catch (cause) {
    throw baseErrors.TIME_ZONE_UNKNOWN({ timeZone: text.slice(0, 80) }, cause);
  }
}

/** The zone that this machine, or the environment's TZ, lives in. */
export function machineTimeZone(): string {
  return new Intl.DateTimeFormat("en-US").resolvedOptions().timeZone;
}
