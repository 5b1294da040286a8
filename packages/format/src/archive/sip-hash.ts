/**
 * SipHash-2-4 of a byte string, as GOODBYE tables use it. 64-bit words are pairs of 32-bit numbers: with BigInt one name
 * costs more than everything else of its entry. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */

const K0_HIGH = 0x83ac3f1c;
const K0_LOW = 0xfbb450db;
const K1_HIGH = 0xaa4f1b68;
const K1_LOW = 0x79369fbd;

/** Working state: v0, v1, v2, v3, each as high and low word. One for all calls: the function is synchronous. */
const v = new Int32Array(8);

/** a += b, on pairs at the indexes of their high words. */
function add(a: number, b: number): void {
  const low = ((v[a + 1] ?? 0) >>> 0) + ((v[b + 1] ?? 0) >>> 0);
  v[a + 1] = low;
  v[a] = (v[a] ?? 0) + (v[b] ?? 0) + (low > 0xffffffff ? 1 : 0);
}

/** b = rotl(b, bits) ^ a, for bits under 32. */
function rotateXor(b: number, bits: number, a: number): void {
  const high = v[b] ?? 0;
  const low = v[b + 1] ?? 0;
  v[b] = ((high << bits) | (low >>> (32 - bits))) ^ (v[a] ?? 0);
  v[b + 1] = ((low << bits) | (high >>> (32 - bits))) ^ (v[a + 1] ?? 0);
}

/** a = rotl(a, 32) */
function swap(a: number): void {
  const high = v[a] ?? 0;
  v[a] = v[a + 1] ?? 0;
  v[a + 1] = high;
}

function round(): void {
  add(0, 2);
  rotateXor(2, 13, 0);
  swap(0);
  add(4, 6);
  rotateXor(6, 16, 4);
  add(0, 6);
  rotateXor(6, 21, 0);
  add(4, 2);
  rotateXor(2, 17, 4);
  swap(4);
}

function absorb(high: number, low: number): void {
  v[6] = (v[6] ?? 0) ^ high;
  v[7] = (v[7] ?? 0) ^ low;
  round();
  round();
  v[0] = (v[0] ?? 0) ^ high;
  v[1] = (v[1] ?? 0) ^ low;
}

/** Little-endian word of up to four bytes of the text. */
function wordAt(text: string, at: number): number {
  return (
    byteAt(text, at) |
    (byteAt(text, at + 1) << 8) |
    (byteAt(text, at + 2) << 16) |
    (byteAt(text, at + 3) << 24)
  );
}

function byteAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) & 255 : 0;
}

/** Writes the hash's high and low word (unsigned) to `target[index]` and `target[index + 1]`. */
export function sipHashInto(target: Uint32Array, index: number, byteString: string): void {
  v[0] = K0_HIGH ^ 0x736f6d65;
  v[1] = K0_LOW ^ 0x70736575;
  v[2] = K1_HIGH ^ 0x646f7261;
  v[3] = K1_LOW ^ 0x6e646f6d;
  v[4] = K0_HIGH ^ 0x6c796765;
  v[5] = K0_LOW ^ 0x6e657261;
  v[6] = K1_HIGH ^ 0x74656462;
  v[7] = K1_LOW ^ 0x79746573;
  const wholeLength = byteString.length & ~7;
  for (let at = 0; at < wholeLength; at += 8) absorb(wordAt(byteString, at + 4), wordAt(byteString, at));
  const lastHigh = (wordAt(byteString, wholeLength + 4) & 0x00ffffff) | (byteString.length << 24);
  absorb(lastHigh, wordAt(byteString, wholeLength));
  v[5] = (v[5] ?? 0) ^ 0xff;
  for (let i = 0; i < 4; i++) round();
  target[index] = (v[0] ?? 0) ^ (v[2] ?? 0) ^ (v[4] ?? 0) ^ (v[6] ?? 0);
  target[index + 1] = (v[1] ?? 0) ^ (v[3] ?? 0) ^ (v[5] ?? 0) ^ (v[7] ?? 0);
}
