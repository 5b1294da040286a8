/**
 * The table behind a directory's children: for each its name's hash, and where it lies, counted back from the table.
 * Items stand in the order of an implicit binary search tree (children of i at 2i+1 and 2i+2), sorted by hash.
 *
 * The children of all open directories lie in one stack: a directory's own are always its newest, because a
 * subdirectory's are gone, with its table written, before it becomes a child itself. So a tree of a hundred thousand
 * directories allocates no more than its largest ones need, 24 bytes a child.
 */

import type { ItemOutput } from "./item-output.ts";
import { GOODBYE_ITEM_SIZE_BYTES, ITEM_HEADER_SIZE_BYTES, ITEM_TYPES } from "./pxar-item.ts";

const CAPACITY_MIN = 1024;

export class GoodbyeStack {
  #highs = new Uint32Array(CAPACITY_MIN);
  #lows = new Uint32Array(CAPACITY_MIN);
  #offsets = new Float64Array(CAPACITY_MIN);
  #sizes = new Float64Array(CAPACITY_MIN);
  /** Scratch for one table: index (low half) and high half of the hash of each child. */
  #keys = new BigUint64Array(CAPACITY_MIN);
  #keyHalves = new Uint32Array(this.#keys.buffer);
  /** Scratch: which sorted item stands at each place of the tree. */
  #places = new Uint32Array(CAPACITY_MIN);
  #count = 0;

  /** Children on the stack: where the next directory's begin. */
  get count(): number {
    return this.#count;
  }

  /** @param offsetBytes  of the child's FILENAME item in the archive. @param sizeBytes  of the whole child */
  add(high: number, low: number, offsetBytes: number, sizeBytes: number): void {
    const index = this.#count++;
    if (index === this.#offsets.length) this.#grow();
    this.#highs[index] = high;
    this.#lows[index] = low;
    this.#offsets[index] = offsetBytes;
    this.#sizes[index] = sizeBytes;
  }

  #grow(): void {
    const capacity = this.#offsets.length * 2;
    const [highs, lows, offsets, sizes] = [this.#highs, this.#lows, this.#offsets, this.#sizes];
    (this.#highs = new Uint32Array(capacity)).set(highs);
    (this.#lows = new Uint32Array(capacity)).set(lows);
    (this.#offsets = new Float64Array(capacity)).set(offsets);
    (this.#sizes = new Float64Array(capacity)).set(sizes);
  }

  /**
   * Writes the GOODBYE item of the children from `first` on, and takes them off the stack.
   * @param entryOffsetBytes  where the directory's ENTRY lies; 0 for the root
   */
  writeTable(output: ItemOutput, first: number, entryOffsetBytes: number): void {
    const count = this.#count - first;
    const goodbyeBytes = output.positionBytes;
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + GOODBYE_ITEM_SIZE_BYTES * (count + 1);
    output.reserve(ITEM_HEADER_SIZE_BYTES);
    output.header("goodbye", sizeBytes);
    this.#sort(first, count);
    const [keyHalves, places] = [this.#keyHalves, this.#places];
    permuteToTree(count, (source, target) => (places[target] = source));
    for (let target = 0; target < count; target++) {
      const child = keyHalves[2 * (places[target] ?? 0)] ?? 0;
      const backBytes = goodbyeBytes - (this.#offsets[child] ?? 0);
      writeRow(output, this.#highs[child] ?? 0, this.#lows[child] ?? 0, backBytes, this.#sizes[child] ?? 0);
    }
    const [tailHigh, tailLow] = ITEM_TYPES["goodbye-tail"];
    writeRow(output, tailHigh, tailLow, goodbyeBytes - entryOffsetBytes, sizeBytes);
    this.#count = first;
  }

  /**
   * Brings the keys of `count` children into the order of their hashes. They are sorted as numbers, without a callback,
   * by the hash's high half and the index; the few that share the half are put in order afterwards.
   */
  #sort(first: number, count: number): void {
    if (this.#keys.length < count) {
      this.#keys = new BigUint64Array(this.#offsets.length);
      this.#keyHalves = new Uint32Array(this.#keys.buffer);
      this.#places = new Uint32Array(this.#offsets.length);
    }
    const [keyHalves, highs] = [this.#keyHalves, this.#highs];
    // The low half comes first in memory: every processor that Node 24 runs on is little-endian.
    for (let i = 0; i < count; i++) {
      keyHalves[2 * i] = first + i;
      keyHalves[2 * i + 1] = highs[first + i] ?? 0;
    }
    this.#keys.subarray(0, count).sort();
    for (let start = 0; start < count;) {
      let end = start + 1;
      while (end < count && keyHalves[2 * end + 1] === keyHalves[2 * start + 1]) end++;
      if (end - start > 1) this.#sortByLow(start, end);
      start = end;
    }
  }

  #sortByLow(start: number, end: number): void {
    const children = Array.from({ length: end - start }, (_, i) => this.#keyHalves[2 * (start + i)] ?? 0);
    children.sort((a, b) => (this.#lows[a] ?? 0) - (this.#lows[b] ?? 0));
    children.forEach((child, i) => (this.#keyHalves[2 * (start + i)] = child));
  }
}

function writeRow(output: ItemOutput, high: number, low: number, backBytes: number, sizeBytes: number): void {
  output.reserve(GOODBYE_ITEM_SIZE_BYTES);
  output.view.setUint32(output.at, low, true);
  output.view.setUint32(output.at + 4, high, true);
  output.at += 8;
  output.u64(backBytes);
  output.u64(sizeBytes);
}

/**
 * Calls `place(source, target)` for each of `count` sorted items: where it stands in the complete left-filled tree. Walking
 * that tree from left to right meets the items in their order.
 */
export function permuteToTree(count: number, place: (source: number, target: number) => void): void {
  let source = 0;
  const visit = (target: number): void => {
    if (target >= count) return;
    visit(2 * target + 1);
    place(source++, target);
    visit(2 * target + 2);
  };
  visit(0);
}
