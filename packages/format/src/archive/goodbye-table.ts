/**
 * The table behind a directory's children: for each its name's hash, and where it lies, counted back from the table.
 * Items stand in the order of an implicit binary search tree (children of i at 2i+1 and 2i+2), sorted by hash.
 */

import { assertInvariant } from "@ironcore-backup/base";
import {
  GOODBYE_ITEM_SIZE_BYTES,
  ITEM_HEADER_SIZE_BYTES,
  ITEM_TYPES,
  writeItemHeader,
  writeU64,
} from "./pxar-item.ts";
import { sipHashInto } from "./sip-hash.ts";

const CAPACITY_MIN = 16;

/** The children of one open directory, 24 bytes each. */
export class GoodbyeTable {
  #hashes = new Uint32Array(CAPACITY_MIN * 2);
  #offsets = new Float64Array(CAPACITY_MIN);
  #sizes = new Float64Array(CAPACITY_MIN);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param offsetBytes  of the child's FILENAME item in the archive. @param sizeBytes  of the whole child */
  add(name: string, offsetBytes: number, sizeBytes: number): void {
    if (this.#count === this.#offsets.length) this.#grow();
    sipHashInto(this.#hashes, this.#count * 2, name);
    this.#offsets[this.#count] = offsetBytes;
    this.#sizes[this.#count] = sizeBytes;
    this.#count++;
  }

  #grow(): void {
    const capacity = this.#offsets.length * 2;
    const [hashes, offsets, sizes] = [this.#hashes, this.#offsets, this.#sizes];
    this.#hashes = new Uint32Array(capacity * 2);
    this.#hashes.set(hashes);
    this.#offsets = new Float64Array(capacity);
    this.#offsets.set(offsets);
    this.#sizes = new Float64Array(capacity);
    this.#sizes.set(sizes);
  }

  /**
   * The whole GOODBYE item.
   * @param goodbyeOffsetBytes  where the item will lie
   * @param entryOffsetBytes    where the directory's ENTRY lies; 0 for the root
   */
  encode(goodbyeOffsetBytes: number, entryOffsetBytes: number): Uint8Array {
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + GOODBYE_ITEM_SIZE_BYTES * (this.#count + 1);
    const item = new Uint8Array(sizeBytes);
    const view = new DataView(item.buffer);
    writeItemHeader(view, 0, "goodbye", sizeBytes);
    const sorted = this.#sortedIndexes();
    permuteToTree(this.#count, (source, target) => {
      const child = sorted[source] ?? 0;
      const at = ITEM_HEADER_SIZE_BYTES + target * GOODBYE_ITEM_SIZE_BYTES;
      view.setUint32(at, this.#hashes[child * 2 + 1] ?? 0, true);
      view.setUint32(at + 4, this.#hashes[child * 2] ?? 0, true);
      writeU64(view, at + 8, goodbyeOffsetBytes - (this.#offsets[child] ?? 0));
      writeU64(view, at + 16, this.#sizes[child] ?? 0);
    });
    const tailAt = sizeBytes - GOODBYE_ITEM_SIZE_BYTES;
    const [tailHigh, tailLow] = ITEM_TYPES["goodbye-tail"];
    view.setUint32(tailAt, tailLow, true);
    view.setUint32(tailAt + 4, tailHigh, true);
    writeU64(view, tailAt + 8, goodbyeOffsetBytes - entryOffsetBytes);
    writeU64(view, tailAt + 16, sizeBytes);
    return item;
  }

  #sortedIndexes(): Uint32Array {
    const hashes = this.#hashes;
    const indexes = Uint32Array.from({ length: this.#count }, (_, index) => index);
    return indexes.sort((a, b) => {
      const high = (hashes[a * 2] ?? 0) - (hashes[b * 2] ?? 0);
      return high !== 0 ? high : (hashes[a * 2 + 1] ?? 0) - (hashes[b * 2 + 1] ?? 0);
    });
  }
}

/** Calls `place(source, target)` for each of `count` sorted items: where it goes in the complete left-filled tree. */
export function permuteToTree(count: number, place: (source: number, target: number) => void): void {
  const descend = (n: number, source: number, target: number): void => {
    if (n === 0) return;
    const power = 2 ** Math.floor(Math.log2(n));
    const full = power + Math.floor(power / 2) - 1;
    const left = n > full ? power - 1 : power - 1 - (full - n);
    place(source + left, target);
    descend(left, source, 2 * target + 1);
    descend(n - left - 1, source + left + 1, 2 * target + 2);
  };
  assertInvariant(Number.isSafeInteger(count) && count >= 0, "a table has a count of items");
  descend(count, 0, 0);
}
