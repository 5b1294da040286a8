/**
 * SipHash-2-4 of a name, as GOODBYE tables use it. Every 64-bit word is a pair of 32-bit integers in local variables: with
 * BigInt, or with the words in a typed array, one name costs more than everything else of its entry. Source: Aumasson
 * and Bernstein, "SipHash: a fast short-input PRF".
 */

const K0_HIGH = 0x83ac3f1c;
const K0_LOW = 0xfbb450db;
const K1_HIGH = 0xaa4f1b68;
const K1_LOW = 0x79369fbd;
const WORD_SIZE_BYTES = 8;
const ROUNDS_PER_WORD = 2;
const ROUNDS_AT_END = 4;

/** Bytes behind the name that `sipHash` may look at (and ignores): the last word is loaded whole. */
export const SIP_HASH_SLACK_BYTES = WORD_SIZE_BYTES;

/** The last hash, as two unsigned halves. One for all calls: nothing is allocated, and the function is synchronous. */
export const sipHashResult = { high: 0, low: 0 };

/**
 * Hashes `length` bytes from `at` on into `sipHashResult`. The view goes on for `SIP_HASH_SLACK_BYTES` behind them.
 *
 * Longer than a function should be: one round is the same sixteen lines whoever needs it, and calls or arrays for its
 * eight numbers would cost four times the whole.
 */
export function sipHash(view: DataView, at: number, length: number): void {
  let [h0, l0] = [K0_HIGH ^ 0x736f6d65, K0_LOW ^ 0x70736575];
  let [h1, l1] = [K1_HIGH ^ 0x646f7261, K1_LOW ^ 0x6e646f6d];
  let [h2, l2] = [K0_HIGH ^ 0x6c796765, K0_LOW ^ 0x6e657261];
  let [h3, l3] = [K1_HIGH ^ 0x74656462, K1_LOW ^ 0x79746573];
  const wordRounds = ((length >> 3) + 1) * ROUNDS_PER_WORD;
  let [wordHigh, wordLow, next, carry] = [0, 0, at, 0];
  for (let round = 0; round < wordRounds + ROUNDS_AT_END; round++) {
    if (round < wordRounds && round % ROUNDS_PER_WORD === 0) {
      wordLow = view.getInt32(next, true);
      wordHigh = view.getInt32(next + 4, true);
      if (round === wordRounds - ROUNDS_PER_WORD) {
        // The last word holds what is left of the name, zeros, and the length in its highest byte.
        const left = length & 7;
        wordLow = left < 4 ? wordLow & ((1 << (left * 8)) - 1) : wordLow;
        wordHigh = left < 5 ? 0 : wordHigh & ((1 << ((left - 4) * 8)) - 1);
        wordHigh |= length << 24;
      }
      next += WORD_SIZE_BYTES;
      h3 ^= wordHigh;
      l3 ^= wordLow;
    }
    if (round === wordRounds) l2 ^= 0xff;
    // v0 += v1, v1 = rotl(v1, 13) ^ v0, v0 = rotl(v0, 32)
    carry = l0;
    l0 = (l0 + l1) | 0;
    h0 = (h0 + h1 + (((carry & l1) | ((carry | l1) & ~l0)) >>> 31)) | 0;
    carry = h1;
    h1 = ((h1 << 13) | (l1 >>> 19)) ^ h0;
    l1 = ((l1 << 13) | (carry >>> 19)) ^ l0;
    carry = h0;
    h0 = l0;
    l0 = carry;
    // v2 += v3, v3 = rotl(v3, 16) ^ v2
    carry = l2;
    l2 = (l2 + l3) | 0;
    h2 = (h2 + h3 + (((carry & l3) | ((carry | l3) & ~l2)) >>> 31)) | 0;
    carry = h3;
    h3 = ((h3 << 16) | (l3 >>> 16)) ^ h2;
    l3 = ((l3 << 16) | (carry >>> 16)) ^ l2;
    // v0 += v3, v3 = rotl(v3, 21) ^ v0
    carry = l0;
    l0 = (l0 + l3) | 0;
    h0 = (h0 + h3 + (((carry & l3) | ((carry | l3) & ~l0)) >>> 31)) | 0;
    carry = h3;
    h3 = ((h3 << 21) | (l3 >>> 11)) ^ h0;
    l3 = ((l3 << 21) | (carry >>> 11)) ^ l0;
    // v2 += v1, v1 = rotl(v1, 17) ^ v2, v2 = rotl(v2, 32)
    carry = l2;
    l2 = (l2 + l1) | 0;
    h2 = (h2 + h1 + (((carry & l1) | ((carry | l1) & ~l2)) >>> 31)) | 0;
    carry = h1;
    h1 = ((h1 << 17) | (l1 >>> 15)) ^ h2;
    l1 = ((l1 << 17) | (carry >>> 15)) ^ l2;
    carry = h2;
    h2 = l2;
    l2 = carry;
    if (round < wordRounds && round % ROUNDS_PER_WORD === 1) {
      h0 ^= wordHigh;
      l0 ^= wordLow;
    }
  }
  sipHashResult.high = (h0 ^ h1 ^ h2 ^ h3) >>> 0;
  sipHashResult.low = (l0 ^ l1 ^ l2 ^ l3) >>> 0;
}

/** The same of a byte string: writes the hash's high and low word to `target[index]` and `target[index + 1]`. */
export function sipHashInto(target: Uint32Array, index: number, byteString: string): void {
  const bytes = Buffer.alloc(byteString.length + SIP_HASH_SLACK_BYTES);
  bytes.write(byteString, "latin1");
  sipHash(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, byteString.length);
  target[index] = sipHashResult.high;
  target[index + 1] = sipHashResult.low;
}
