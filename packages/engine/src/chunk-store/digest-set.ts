/**
 * A set of digests in one flat piece of shared memory: it can be handed to compute threads as it is, and a million
 * digests take 32 MiB instead of the hundreds that strings would.
 *
 * Only the first 16 bytes of a digest are kept. Two SHA-256 digests that agree in 128 bits will not be met, and the sets
 * are used where a false "yes" saves a check, never where it replaces data.
 *
 * Open addressing, linear probing, at most two thirds full. A slot of zeros is empty, so a digest that begins with 16 bytes
 * of zeros (that of an unwritten slot of a fixed index, or one that somebody made up) is never kept: it is new each time.
 */

export interface DigestSet {
  readonly digestCount: number;
  /** For `openDigestSet` in another thread. A set that others read must not be added to any more. */
  readonly buffer: SharedArrayBuffer;
  has(digest: Uint8Array): boolean;
  /** True when the digest is new. @param digest 32 bytes, copied */
  add(digest: Uint8Array): boolean;
}

const HEADER_WORD_COUNT = 4;
const SLOT_WORD_COUNT = 4;
const SLOT_COUNT_MIN = 64;

/** @param expectedCount  avoids growing; the set grows past it all the same */
export function createDigestSet(expectedCount = 0): DigestSet {
  return setOn(emptyTable(slotCountFor(expectedCount)));
}

/** The same set, in another thread. */
export function openDigestSet(buffer: SharedArrayBuffer): DigestSet {
  return setOn(new Uint32Array(buffer));
}

function slotCountFor(digestCount: number): number {
  let slotCount = SLOT_COUNT_MIN;
  while (slotCount * 2 < digestCount * 3) slotCount *= 2;
  return slotCount;
}

/** Word 0 counts the digests; the slots begin after the header. */
function emptyTable(slotCount: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer((HEADER_WORD_COUNT + slotCount * SLOT_WORD_COUNT) * 4));
}

function wordAt(digest: Uint8Array, index: number): number {
  const at = index * 4;
  const low = (digest[at] ?? 0) | ((digest[at + 1] ?? 0) << 8);
  const high = ((digest[at + 2] ?? 0) << 16) | ((digest[at + 3] ?? 0) << 24);
  return (low | high) >>> 0;
}

/** Word index of the digest's slot, or of the empty slot where it belongs. */
function findSlot(table: Uint32Array, a: number, b: number, c: number, d: number): number {
  const slotMask = (table.length - HEADER_WORD_COUNT) / SLOT_WORD_COUNT - 1;
  for (let slot = a & slotMask; ; slot = (slot + 1) & slotMask) {
    const at = HEADER_WORD_COUNT + slot * SLOT_WORD_COUNT;
    if (isEmpty(table, at)) return at;
    if (table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d) return at;
  }
}

function isEmpty(table: Uint32Array, at: number): boolean {
  return table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0;
}

function grow(table: Uint32Array): Uint32Array<SharedArrayBuffer> {
  const slotCount = (table.length - HEADER_WORD_COUNT) / SLOT_WORD_COUNT;
  const grown = emptyTable(slotCount * 2);
  grown[0] = table[0] ?? 0;
  for (let at = HEADER_WORD_COUNT; at < table.length; at += SLOT_WORD_COUNT) {
    if (isEmpty(table, at)) continue;
    const slot = table.subarray(at, at + SLOT_WORD_COUNT);
    grown.set(slot, findSlot(grown, slot[0] ?? 0, slot[1] ?? 0, slot[2] ?? 0, slot[3] ?? 0));
  }
  return grown;
}

function setOn(initial: Uint32Array<SharedArrayBuffer>): DigestSet {
  let table = initial;
  const countMax = (): number => (((table.length - HEADER_WORD_COUNT) / SLOT_WORD_COUNT) * 2) / 3;

  return {
    get digestCount() {
      return table[0] ?? 0;
    },
    get buffer() {
      return table.buffer;
    },
    has: (digest) => {
      const at = findSlot(table, wordAt(digest, 0), wordAt(digest, 1), wordAt(digest, 2), wordAt(digest, 3));
      return !isEmpty(table, at);
    },
    add: (digest) => {
      const [a, b] = [wordAt(digest, 0), wordAt(digest, 1)];
      const [c, d] = [wordAt(digest, 2), wordAt(digest, 3)];
      if (a === 0 && b === 0 && c === 0 && d === 0) return true;
      let at = findSlot(table, a, b, c, d);
      if (!isEmpty(table, at)) return false;
      if ((table[0] ?? 0) + 1 > countMax()) {
        table = grow(table);
        at = findSlot(table, a, b, c, d);
      }
      table[at] = a;
      table[at + 1] = b;
      table[at + 2] = c;
      table[at + 3] = d;
      table[0] = (table[0] ?? 0) + 1;
      return true;
    },
  };
}
