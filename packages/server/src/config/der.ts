/**
 * The little DER that a self-signed certificate needs (X.690): tag, length, content. Encoding only, and only of what we
 * made ourselves.
 */

/** One value: tag byte, definite length, the contents laid end to end. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = contents.reduce((sum, part) => sum + part.length, 0);
  return concatBytes([Uint8Array.of(tag, ...lengthBytes(sizeBytes)), ...contents]);
}

export const derSequence = (...contents: readonly Uint8Array[]): Uint8Array => der(0x30, ...contents);
export const derSet = (...contents: readonly Uint8Array[]): Uint8Array => der(0x31, ...contents);
export const derOctets = (content: Uint8Array): Uint8Array => der(0x04, content);
export const derBoolean = (value: boolean): Uint8Array => der(0x01, Uint8Array.of(value ? 0xff : 0));
export const derUtf8 = (text: string): Uint8Array => der(0x0c, new TextEncoder().encode(text));

/** @param unusedBitCount  how many low bits of the last byte mean nothing */
export function derBits(content: Uint8Array, unusedBitCount = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unusedBitCount), content);
}

/** A positive number given as big-endian bytes. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return (trimmed[0] ?? 0) >= 0x80 ? der(0x02, Uint8Array.of(0), trimmed) : der(0x02, trimmed);
}

/** `1.2.840.10045.4.3.2` */
export function derObjectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** GeneralizedTime from 2050 on and UTCTime before, as RFC 5280 4.1.2.5 wants. */
export function derTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return digits < "2050"
    ? der(0x17, new TextEncoder().encode(`${digits.slice(2)}Z`))
    : der(0x18, new TextEncoder().encode(`${digits}Z`));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

function lengthBytes(sizeBytes: number): number[] {
  if (sizeBytes < 0x80) return [sizeBytes];
  const bytes: number[] = [];
  for (let rest = sizeBytes; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
