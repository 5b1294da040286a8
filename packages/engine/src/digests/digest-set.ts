/**
 * A set of digests in one flat piece of shared memory (digest-slots): it can be handed to compute threads as it is, and a
 * million digests take 32 MiB instead of the hundreds that strings would.
 *
 * Only the first 16 bytes of a digest are kept: the sets are used where a false "yes" saves a check, never where it replaces
 * data. A digest that begins with 16 bytes of zeros is never kept: it is new each time.
 */

import { createDigestSlots, openDigestSlots } from "./digest-slots.ts";
import type { DigestSlots } from "./digest-slots.ts";

export interface DigestSet {
  readonly digestCount: number;
  /** For `openDigestSet` in another thread. A set that others read must not be added to any more. */
  readonly buffer: SharedArrayBuffer;
  has(digest: Uint8Array): boolean;
  /** True when the digest is new. @param digest 32 bytes, copied */
  add(digest: Uint8Array): boolean;
}

/** @param expectedCount  avoids growing; the set grows past it all the same */
export function createDigestSet(expectedCount = 0): DigestSet {
  return setOn(createDigestSlots(0, expectedCount));
}

/** The same set, in another thread. */
export function openDigestSet(buffer: SharedArrayBuffer): DigestSet {
  return setOn(openDigestSlots(buffer, 0));
}

function setOn(slots: DigestSlots): DigestSet {
  return {
    get digestCount() {
      return slots.usedCount;
    },
    get buffer() {
      return slots.buffer;
    },
    has: (digest) => slots.find(digest) !== undefined,
    add: (digest) => slots.claim(digest) >= 0,
  };
}
