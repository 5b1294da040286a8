/** Secrets that webhooks are signed with, in the notation of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */

import type { Random } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";

const PREFIX = "whsec_";
const SIZE_BYTES_MIN = 24;
const SIZE_BYTES_MAX = 64;
const NEW_SIZE_BYTES = 32;

export function makeSigningSecret(random: Random): string {
  return `${PREFIX}${Buffer.from(random.bytes(NEW_SIZE_BYTES)).toString("base64")}`;
}

/** @throws TARGET_FIELD_INVALID */
export function signingKey(secret: string): Uint8Array {
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, "base64");
  const isWhole = secret.startsWith(PREFIX) && key.toString("base64") === text;
  if (isWhole && key.length >= SIZE_BYTES_MIN && key.length <= SIZE_BYTES_MAX) return key;
  throw serverErrors.TARGET_FIELD_INVALID({
    field: "signingSecret",
    rule: `it is ${PREFIX} and ${SIZE_BYTES_MIN} to ${SIZE_BYTES_MAX} bytes in base64`,
  });
}
