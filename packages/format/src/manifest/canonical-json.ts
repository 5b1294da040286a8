/** JSON with one spelling only, for signatures: keys sorted by their UTF-8 bytes, no white space, no null. */

import { formatErrors } from "../errors.ts";

const DEPTH_MAX = 32;

/** @throws MANIFEST_CORRUPT for null, a number that is not a whole one, or nesting past 32 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) throw notCanonical("it is nested too deeply");
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw notCanonical(`the number ${value} has no canonical form`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) throw notCanonical("it holds a null");
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, depth + 1)}`).join(",")}}`;
}

function notCanonical(detail: string): Error {
  return formatErrors.MANIFEST_CORRUPT({ detail });
}
