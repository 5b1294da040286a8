/** A number for each digest, in one flat piece of memory: 20 bytes a slot (digest-slots). */

import { createDigestSlots } from "./digest-slots.ts";

export interface DigestMap {
  readonly digestCount: number;
  /** Undefined: it has none. */
  get(digest: Uint8Array): number | undefined;
  /**
   * @param value  1 to 2^32 − 1
   * @returns what the digest had before; a digest that begins with 16 bytes of zeros keeps nothing
   */
  set(digest: Uint8Array, value: number): number | undefined;
}

export function createDigestMap(expectedCount = 0): DigestMap {
  const slots = createDigestSlots(1, expectedCount);
  return {
    get digestCount() {
      return slots.usedCount;
    },
    get: (digest) => {
      const at = slots.find(digest);
      return at === undefined ? undefined : slots.words[at];
    },
    set: (digest, value) => {
      const claimed = slots.claim(digest);
      if (claimed === 0) return undefined;
      const at = claimed > 0 ? claimed : ~claimed;
      const before = slots.words[at];
      slots.words[at] = value;
      return claimed > 0 ? undefined : before;
    },
  };
}
