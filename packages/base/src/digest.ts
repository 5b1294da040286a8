/** The SHA-256 that names a chunk, as 64 lowercase hex digits or as 32 bytes. */

import { baseErrors } from "./errors.ts";

export type Digest = string & { readonly __brand: "Digest" };

export const DIGEST_SIZE_BYTES = 32;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** @throws NAME_INVALID unless the text is 64 lowercase hex digits */
export function parseDigest(text: string): Digest {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw baseErrors.NAME_INVALID({
      kind: "digest",
      text: text.slice(0, 80),
      rule: "64 lowercase hex digits",
    });
  }
  return text as Digest;
}

/** @param bytes  exactly 32 bytes, from `offset` on */
export function digestFromBytes(bytes: Uint8Array, offset = 0): Digest {
  return hexFromBytes(bytes.subarray(offset, offset + DIGEST_SIZE_BYTES)) as Digest;
}

export function digestToBytes(digest: Digest): Uint8Array {
  return bytesFromHex(digest);
}

export function hexFromBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @throws NAME_INVALID when the text is not an even number of hex digits */
export function bytesFromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw baseErrors.NAME_INVALID({
      kind: "hex string",
      text: text.slice(0, 80),
      rule: "pairs of hex digits",
    });
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
