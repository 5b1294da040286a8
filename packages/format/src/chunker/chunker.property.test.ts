/** The compiled loops against plain transcriptions of the rules, on random data fed in random pieces. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { BUZHASH_TABLE } from "./buzhash-table.ts";
import { createBuzhashScanner } from "./buzhash-scanner.ts";
import { createChunkMemory } from "./chunk-memory.ts";
import { cutAll } from "./cut-all.testing.ts";
import { createGearScanner, gearTable } from "./gear-scanner.ts";

const table = gearTable();

/** The rule of gear-scanner.ts, written for reading: one hash per place, over the 64 bytes before it. */
function gearCutsByRule(data: Uint8Array, average: number): number[] {
  const bits = Math.log2(average);
  const maskOf = (count: number): bigint => ((1n << BigInt(count)) - 1n) << BigInt(63 - count);
  const cuts: number[] = [];
  let start = 0;
  let hash = 0n;
  for (let at = 0; at < data.length; at++) {
    const n = at - start;
    if (n === average / 4 - 64) hash = 0n;
    hash = BigInt.asUintN(64, (hash << 1n) + (table[data[at] ?? 0] ?? 0n));
    const mask = maskOf(n < average ? bits + 2 : bits - 2);
    const isCut = n >= average / 4 && (hash & mask) === 0n;
    if (!isCut && n + 1 < average * 2) continue;
    cuts.push(at + 1);
    start = at + 1;
  }
  if (start < data.length) cuts.push(data.length);
  return cuts;
}

function rotl(value: number): number {
  return ((value << 1) | (value >>> 31)) >>> 0;
}

/** The format page's own pseudo-code (5.2), word for word. */
function buzhashCutsByRule(data: Uint8Array, average: number): number[] {
  const cuts: number[] = [];
  const window = new Uint8Array(64);
  const mask = 2 * average - 1;
  let h = 0;
  let fill = 0;
  let n = 0;
  for (let at = 0; at < data.length; at++) {
    const b = data[at] ?? 0;
    const entering = BUZHASH_TABLE[b] ?? 0;
    if (fill < 64) {
      window[fill++] = b;
      h = (rotl(h) ^ entering) >>> 0;
      n++;
      continue;
    }
    const i = n & 63;
    h = (rotl(h) ^ (BUZHASH_TABLE[window[i] ?? 0] ?? 0) ^ entering) >>> 0;
    n++;
    window[i] = b;
    if (n < average * 4 && (n < average / 4 || (h & mask) < mask - 2)) continue;
    cuts.push(at + 1);
    h = fill = n = 0;
  }
  if (n > 0) cuts.push(data.length);
  return cuts;
}

/** Random bytes with runs of one value and repeats between, as files have them. */
function mixedBytes(random: Random, count: number): Uint8Array {
  const data = random.bytes(count);
  for (let at = 0; at < count;) {
    const run = random.integer(1, 3000);
    const kind = random.integer(0, 3);
    if (kind === 0) data.fill(random.integer(0, 255), at, at + run);
    if (kind === 1) data.copyWithin(at, Math.max(0, at - run), at);
    at += run;
  }
  return data;
}

const runs = { numRuns: 40 };

test("gear in pieces of any size cuts where the rule says", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(1024, 2048, 4096),
      fc.integer({ min: 1, max: 9000 }),
      (seed, average, pieceMax) => {
        const random = createSeededRandom(seed);
        const data = mixedBytes(random, random.integer(0, 60_000));
        const memory = createChunkMemory(1, average * 2 + random.integer(0, 5000));
        const cuts = cutAll(createGearScanner(memory.memory, average), memory, data, () =>
          random.integer(1, pieceMax),
        );
        expect(cuts).toEqual(gearCutsByRule(data, average));
      },
    ),
    runs,
  );
});

test("buzhash in pieces of any size cuts where the rule says", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(512, 1024, 4096),
      fc.integer({ min: 1, max: 9000 }),
      (seed, average, pieceMax) => {
        const random = createSeededRandom(seed);
        const data = mixedBytes(random, random.integer(0, 60_000));
        const memory = createChunkMemory(1, average * 4 + random.integer(0, 5000));
        const cuts = cutAll(createBuzhashScanner(memory.memory, average), memory, data, () =>
          random.integer(1, pieceMax),
        );
        expect(cuts).toEqual(buzhashCutsByRule(data, average));
      },
    ),
    runs,
  );
});

test("streams that take turns on one memory do not disturb each other", () => {
  const random = createSeededRandom(7);
  const data = mixedBytes(random, 100_000);
  const memory = createChunkMemory(1, 8192);
  const one = createGearScanner(memory.memory, 4096);
  const two = createGearScanner(memory.memory, 1024);
  const turns = (scanner: typeof one, other: typeof one) =>
    cutAll(
      {
        ...scanner,
        scan: (start, from, to) => (other.scan(start, 0, Math.min(to, 700)), scanner.scan(start, from, to)),
      },
      memory,
      data,
      () => 500,
    );
  expect(turns(one, two)).toEqual(gearCutsByRule(data, 4096));
  expect(turns(two, one)).toEqual(gearCutsByRule(data, 1024));
});

test("sizes stay near the average, and an insertion moves only the cuts around it", () => {
  const random = createSeededRandom(11);
  const data = random.bytes(4_000_000);
  const memory = createChunkMemory(1, 32_768);
  const cut = (bytes: Uint8Array) =>
    cutAll(createGearScanner(memory.memory, 16_384), memory, bytes, () => 30_000);
  const before = cut(data);
  expect(data.length / before.length).toBeGreaterThan(14_000);
  expect(data.length / before.length).toBeLessThan(20_500);
  const changed = new Uint8Array(data.length + 5);
  changed.set(data.subarray(0, 1_000_000));
  changed.set(data.subarray(1_000_000), 1_000_005);
  const after = new Set(cut(changed).map((end) => (end > 1_000_000 ? end - 5 : end)));
  expect(before.filter((end) => !after.has(end)).length).toBeLessThan(8);
});
