import { expect, test } from "vitest";
import { GoodbyeStack, permuteToTree } from "./goodbye-table.ts";
import { ItemOutput } from "./item-output.ts";
import { sipHash, SIP_HASH_SLACK_BYTES, sipHashInto, sipHashResult } from "./sip-hash.ts";

const hex = (): string =>
  [sipHashResult.high, sipHashResult.low].map((word) => word.toString(16).padStart(8, "0")).join("");

/** SipHash-2-4 as its paper tells it, on whole 64-bit numbers. */
function slowSipHash(bytes: Uint8Array): string {
  const mask = 0xffff_ffff_ffff_ffffn;
  const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & mask;
  const [k0, k1] = [0x83ac3f1cfbb450dbn, 0xaa4f1b6879369fbdn];
  let [a, b] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn];
  let [c, d] = [k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const round = (): void => {
    a = (a + b) & mask;
    b = rotate(b, 13n) ^ a;
    a = rotate(a, 32n);
    c = (c + d) & mask;
    d = rotate(d, 16n) ^ c;
    a = (a + d) & mask;
    d = rotate(d, 21n) ^ a;
    c = (c + b) & mask;
    b = rotate(b, 17n) ^ c;
    c = rotate(c, 32n);
  };
  const padded = Buffer.alloc((bytes.length & ~7) + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 255;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    d ^= word;
    round();
    round();
    a ^= word;
  }
  c ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return (a ^ b ^ c ^ d).toString(16).padStart(16, "0");
}

test("names hash as the format page says", () => {
  const hash = (name: string): string => {
    const words = new Uint32Array(3);
    sipHashInto(words, 1, name);
    expect([words[1], words[2]]).toEqual([sipHashResult.high, sipHashResult.low]);
    return hex();
  };
  expect([hash("a"), hash("etc"), hash("test")]).toEqual([
    "0c26e9067c2c7bcf",
    "d0c229edbd411e9a",
    "6df2a76c5fb55393",
  ]);
});

test("names of every length hash as the paper says, whatever lies behind them", () => {
  const memory = Uint8Array.from(
    { length: 600 + SIP_HASH_SLACK_BYTES },
    (_, i) => (i * 197 + (i >> 3)) & 255,
  );
  const view = new DataView(memory.buffer);
  for (let length = 0; length < 300; length++) {
    for (const at of [0, 1, 300]) {
      sipHash(view, at, length);
      expect(hex()).toBe(slowSipHash(memory.subarray(at, at + length)));
    }
  }
});

/** The permutation as the format page gives it. */
function placesByPage(count: number): number[] {
  const places: number[] = [];
  const copy = (n: number, source: number, target: number): void => {
    if (n === 0) return;
    const e = Math.floor(Math.log2(n));
    const power = 2 ** e;
    const full = power + Math.floor(power / 2) - 1;
    const left = n > full ? power - 1 : power - 1 - (full - n);
    places[target] = source + left;
    copy(left, source, 2 * target + 1);
    copy(n - left - 1, source + left + 1, 2 * target + 2);
  };
  copy(count, 0, 0);
  return places;
}

test("sorted items stand in the order of the format page, for any count", () => {
  expect(placesByPage(5)).toEqual([3, 1, 4, 0, 2]);
  for (let count = 0; count < 300; count++) {
    const places: number[] = [];
    permuteToTree(count, (source, target) => (places[target] = source));
    expect(places).toEqual(placesByPage(count));
  }
});

test("items are in the order of all 64 bits of the hash, also when halves are equal", () => {
  const parts: Uint8Array[] = [];
  const output = new ItemOutput({ write: (bytes) => void parts.push(Uint8Array.from(bytes)) });
  const stack = new GoodbyeStack();
  stack.add(1, 1, 0, 0);
  const first = stack.count;
  const hashes = [
    [7, 0xffffffff],
    [0xffffffff, 0],
    [7, 5],
    [0, 9],
    [7, 6],
    [7, 5],
    [0xffffffff, 1],
  ] as const;
  for (const [high, low] of hashes) stack.add(high, low, 0, 0);
  stack.writeTable(output, first, 0);
  expect(stack.count).toBe(first);
  output.flush();
  const view = new DataView(new Uint8Array(Buffer.concat(parts)).buffer);
  const inTree = hashes.map((_, i) => view.getBigUint64(16 + 24 * i, true));
  const sorted = placesByPage(hashes.length).reduce<bigint[]>((list, source, target) => {
    list[source] = inTree[target] ?? -1n;
    return list;
  }, []);
  const expected = hashes.map(([high, low]) => (BigInt(high) << 32n) | BigInt(low));
  expect(sorted).toEqual(expected.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
});
