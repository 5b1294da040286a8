/** Secrets that are made here: long enough to guess at for ever, shown once, kept as SHA-256. Their prefixes are for scanners of leaked ones. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "@ironcore-backup/base";

const SESSION_PREFIX = "ibs_";
export const API_TOKEN_PREFIX = "ibt_";
const SECRET_SIZE_BYTES = 32;

export function makeSessionToken(random: Random): string {
  return makeSecret(random, SESSION_PREFIX);
}

export function makeApiTokenSecret(random: Random): string {
  return makeSecret(random, API_TOKEN_PREFIX);
}

function makeSecret(random: Random, prefix: string): string {
  return `${prefix}${Buffer.from(random.bytes(SECRET_SIZE_BYTES)).toString("base64url")}`;
}

/** Twenty letters and digits in four groups, without those that look alike: about 99 bits. */
export function makePassword(random: Random): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  const group = (): string =>
    Array.from({ length: 5 }, () => letters[random.integer(0, letters.length - 1)]).join("");
  return [group(), group(), group(), group()].join("-");
}

/** SHA-256 in hex. Enough for secrets with 256 bits of chance; passwords need argon2id. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Made from the session's token, so that it is kept nowhere; who knows it does not know the token. */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac("sha256", sessionToken).update("csrf").digest("base64url");
}

/** Takes the same time wherever two texts differ. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(a)), Buffer.from(hashSecret(b)));
}
