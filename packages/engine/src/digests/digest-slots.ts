/**
 * The flat piece of shared memory below `DigestSet` and `DigestMap`: slots of a digest's first 16 bytes, and of what belongs to
 * it.
 *
 * Two SHA-256 digests that agree in 128 bits will not be met. Open addressing, linear probing, at most two thirds full. A
 * slot of zeros is empty, so a digest that begins with 16 bytes of zeros (that of an unwritten slot of a fixed index, or
 * one that somebody made up) has none.
 */

/** Word 0 counts the slots in use; the slots begin after the header. */
const HEADER_WORD_COUNT = 4;
const KEY_WORD_COUNT = 4;
const SLOT_COUNT_MIN = 64;

export interface DigestSlots {
  readonly usedCount: number;
  readonly buffer: SharedArrayBuffer;
  /** The words, for what belongs to a digest: it begins at the number that `find` and `claim` answer. */
  readonly words: Uint32Array;
  /** Undefined when the digest has no slot. Valid until the next `claim`. */
  find(digest: Uint8Array): number | undefined;
  /**
   * As `find`, and gives it a slot if it has none. The answer is one number, because this is asked for every entry of every
   * index: where what belongs to a new digest begins, `~` of that for one that was there, 0 for one that can have no slot.
   */
  claim(digest: Uint8Array): number;
}

/** @param valueWordCount  how many words belong to a digest; zeros at first */
export function createDigestSlots(valueWordCount: number, expectedCount: number): DigestSlots {
  const width = KEY_WORD_COUNT + valueWordCount;
  return slotsOn(emptyTable(slotCountFor(expectedCount), width), width);
}

export function openDigestSlots(buffer: SharedArrayBuffer, valueWordCount: number): DigestSlots {
  return slotsOn(new Uint32Array(buffer), KEY_WORD_COUNT + valueWordCount);
}

function slotCountFor(digestCount: number): number {
  let slotCount = SLOT_COUNT_MIN;
  while (slotCount * 2 < digestCount * 3) slotCount *= 2;
  return slotCount;
}

function emptyTable(slotCount: number, width: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer((HEADER_WORD_COUNT + slotCount * width) * 4));
}

function wordAt(digest: Uint8Array, index: number): number {
  const at = index * 4;
  const low = (digest[at] ?? 0) | ((digest[at + 1] ?? 0) << 8);
  const high = ((digest[at + 2] ?? 0) << 16) | ((digest[at + 3] ?? 0) << 24);
  return (low | high) >>> 0;
}

function isEmpty(table: Uint32Array, at: number): boolean {
  return table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0;
}

// Long because the table and its width live in one closure; each function in it is short.
function slotsOn(initial: Uint32Array<SharedArrayBuffer>, width: number): DigestSlots {
  let table = initial;
  const slotCountOf = (words: Uint32Array): number => (words.length - HEADER_WORD_COUNT) / width;
  const countMax = (): number => (slotCountOf(table) * 2) / 3;

  /** Word index of the digest's slot, or of the empty slot where it belongs. */
  const findSlot = (words: Uint32Array, a: number, b: number, c: number, d: number): number => {
    const slotMask = slotCountOf(words) - 1;
    for (let slot = a & slotMask; ; slot = (slot + 1) & slotMask) {
      const at = HEADER_WORD_COUNT + slot * width;
      if (isEmpty(words, at)) return at;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return at;
    }
  };

  const grow = (): void => {
    const grown = emptyTable(slotCountOf(table) * 2, width);
    grown[0] = table[0] ?? 0;
    for (let at = HEADER_WORD_COUNT; at < table.length; at += width) {
      if (isEmpty(table, at)) continue;
      const slot = table.subarray(at, at + width);
      grown.set(slot, findSlot(grown, slot[0] ?? 0, slot[1] ?? 0, slot[2] ?? 0, slot[3] ?? 0));
    }
    table = grown;
  };

  return {
    get usedCount() {
      return table[0] ?? 0;
    },
    get buffer() {
      return table.buffer;
    },
    get words() {
      return table;
    },
    find: (digest) => {
      const at = findSlot(table, wordAt(digest, 0), wordAt(digest, 1), wordAt(digest, 2), wordAt(digest, 3));
      return isEmpty(table, at) ? undefined : at + KEY_WORD_COUNT;
    },
    claim: (digest) => {
      const [a, b] = [wordAt(digest, 0), wordAt(digest, 1)];
      const [c, d] = [wordAt(digest, 2), wordAt(digest, 3)];
      if (a === 0 && b === 0 && c === 0 && d === 0) return 0;
      let at = findSlot(table, a, b, c, d);
      if (!isEmpty(table, at)) return ~(at + KEY_WORD_COUNT);
      if ((table[0] ?? 0) + 1 > countMax()) {
        grow();
        at = findSlot(table, a, b, c, d);
      }
      table[at] = a;
      table[at + 1] = b;
      table[at + 2] = c;
      table[at + 3] = d;
      table[0] = (table[0] ?? 0) + 1;
      return at + KEY_WORD_COUNT;
    },
  };
}
