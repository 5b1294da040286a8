/** Chance, handed in. */

export interface Random {
  /** `count` fresh bytes, fit for keys, IVs and names when made by `createSystemRandom`. */
  bytes(count: number): Uint8Array;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
}

const BYTES_PER_CALL_MAX = 65_536; // Web Crypto refuses more in one call.

/** The machine's cryptographic randomness. Made in `main.ts`, in thread entries and in tests, nowhere else. */
export function createSystemRandom(): Random {
  const bytes = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += BYTES_PER_CALL_MAX) {
      crypto.getRandomValues(out.subarray(at, Math.min(count, at + BYTES_PER_CALL_MAX)));
    }
    return out;
  };
  return { bytes, integer: (min, max) => integerFrom(bytes, min, max) };
}

/** Repeatable chance for tests (xorshift32). Not for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0 || 0x9e3779b9;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const bytes = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = next() >>> 11;
    return out;
  };
  return { bytes, integer: (min, max) => min + (next() % (max - min + 1)) };
}

function integerFrom(bytes: (count: number) => Uint8Array, min: number, max: number): number {
  const view = new DataView(bytes(8).buffer);
  // 53 bits of chance over the span; the bias is below 2^-20 for spans under 2^32.
  const fraction = (view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)) / 2 ** 53;
  return min + Math.floor(fraction * (max - min + 1));
}

/** Lowercase hex of fresh bytes, for temporary names. */
export function randomHex(random: Random, byteCount: number): string {
  return Array.from(random.bytes(byteCount), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
