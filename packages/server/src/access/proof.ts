/**
 * What a request brings to prove who calls: `Authorization: Bearer …` with a session's token, an API token's secret or
 * the local token; `Authorization: PBSAPIToken=user@realm!name:secret`, as clients of the field send it; or the cookie of
 * a browser's session, which needs the session's CSRF token beside it to change anything. A header wins over a cookie:
 * other sites can make a browser send the cookie, never the header.
 */

import { serverErrors } from "../errors.ts";

export const SESSION_COOKIE = "__Host-ibs";
const HEADER_LENGTH_MAX = 512;

/** As they came; nothing is trusted yet. */
export interface ProofHeaders {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** `X-CSRF-Token` */
  readonly csrfToken: string | undefined;
}

export type Proof =
  | { readonly kind: "bearer"; readonly secret: string }
  | { readonly kind: "named-token"; readonly authId: string; readonly secret: string }
  | { readonly kind: "cookie"; readonly secret: string };

/** @throws UNAUTHENTICATED when there is none, or none that can be read */
export function parseProof({ authorization, cookie }: ProofHeaders): Proof {
  if (authorization !== undefined) return parseAuthorization(authorization);
  const secret = findCookie(cookie ?? "");
  if (secret === undefined) throw serverErrors.UNAUTHENTICATED({ reason: "the request carries no token" });
  return { kind: "cookie", secret };
}

export function hasProof({ authorization, cookie }: ProofHeaders): boolean {
  return authorization !== undefined || findCookie(cookie ?? "") !== undefined;
}

/** @param maxAgeSeconds  0 takes the cookie away */
export function formatSessionCookie(token: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${token}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Strict`;
}

function parseAuthorization(authorization: string): Proof {
  if (authorization.length > HEADER_LENGTH_MAX)
    throw serverErrors.UNAUTHENTICATED({ reason: "the token is not one of ours" });
  const bearer = /^Bearer ([A-Za-z0-9_-]+)$/.exec(authorization)?.[1];
  if (bearer !== undefined) return { kind: "bearer", secret: bearer };
  const [, authId, secret] =
    /^PBSAPIToken[= ]([^\s:!]+![^\s:!]+):([A-Za-z0-9_-]+)$/.exec(authorization) ?? [];
  if (authId !== undefined && secret !== undefined) return { kind: "named-token", authId, secret };
  throw serverErrors.UNAUTHENTICATED({ reason: "the request carries no bearer token" });
}

function findCookie(header: string): string | undefined {
  for (const pair of header.split(";")) {
    const [name = "", value = ""] = pair.trim().split("=", 2);
    if (name === SESSION_COOKIE && /^[A-Za-z0-9_-]{1,128}$/.test(value)) return value;
  }
  return undefined;
}
