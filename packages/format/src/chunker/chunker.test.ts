import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { BUZHASH_TABLE } from "./buzhash-table.ts";
import { createBuzhashScanner } from "./buzhash-scanner.ts";
import { createChunkMemory, slotStart } from "./chunk-memory.ts";
import { createGearScanner, gearModule, gearTable } from "./gear-scanner.ts";
import { createFixedScanner } from "./cut-scanner.ts";
import { cutAll } from "./cut-all.testing.ts";

const MIB = 1_048_576;

function counters(): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: MIB / 4 }, (_, index) => index).buffer);
}

/** x <- (1103515245 x + 12345) mod 2^31, x0 = 1, one byte (x >> 16) & 255 each. */
function lcgBytes(count: number): Uint8Array {
  let x = 1;
  return Uint8Array.from({ length: count }, () => {
    x = (Math.imul(1_103_515_245, x) + 12_345) & 0x7fffffff;
    return (x >> 16) & 255;
  });
}

function buzhashCuts(data: Uint8Array): number[] {
  const memory = createChunkMemory(1, 262_144);
  return cutAll(createBuzhashScanner(memory.memory, 65_536), memory, data, () => 40_000);
}

function gearCuts(data: Uint8Array, averageSizeBytes: number): number[] {
  const memory = createChunkMemory(1, averageSizeBytes * 2);
  return cutAll(createGearScanner(memory.memory, averageSizeBytes), memory, data, () => 40_000);
}

test("the buzhash table is the stock client's", () => {
  const bytes = new Uint8Array(Uint32Array.from(BUZHASH_TABLE).buffer);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    "5b52080d38287da9d2e278466e3e0db7ec98e5e8b226f50612a56fa012b1f660",
  );
});

test("buzhash cuts counters, zeros and the LCG stream where the stock client cuts them", () => {
  expect(buzhashCuts(counters())).toEqual([143_377, 405_521, 667_665, 929_809, MIB]);
  expect(buzhashCuts(new Uint8Array(MIB))).toEqual([262_144, 524_288, 786_432, MIB]);
  expect(buzhashCuts(lcgBytes(MIB))).toEqual([
    16_517,
    94_597,
    169_274,
    231_833,
    257_216,
    286_678,
    398_882,
    419_296,
    633_014,
    733_990,
    770_653,
    852_169,
    931_129,
    979_485,
    1_006_664,
    1_034_684,
    MIB,
  ]);
});

test("the gear table and the inner loop have not moved", () => {
  expect(createHash("sha256").update(new Uint8Array(gearTable().buffer)).digest("hex")).toBe(
    "e8556fa54506394acf607ca807fe1526e09a8bad2d72af133fe1d5dff98b6154",
  );
  expect(gearModule().length).toBeLessThan(1000);
});

test("gear cuts counters, zeros and the LCG stream at the places fixed for ever", () => {
  expect(gearCuts(counters(), 65_536)).toEqual([
    77_610, 164_612, 242_114, 268_153, 341_858, 449_558, 538_621, 613_312, 684_516, 783_819, 822_845, 904_249,
    986_780, 1048_576,
  ]);
  expect(gearCuts(new Uint8Array(MIB), 65_536)).toEqual([
    131_072, 262_144, 393_216, 524_288, 655_360, 786_432, 917_504, 1048_576,
  ]);
  expect(gearCuts(lcgBytes(MIB), 65_536)).toEqual([
    118_936, 204_175, 282_088, 354_362, 450_313, 519_323, 604_290, 671_676, 750_112, 782_968, 850_482,
    922_982, 1005_050, 1048_576,
  ]);
  expect(gearCuts(lcgBytes(MIB), 4096).slice(0, 20)).toEqual([
    1538, 6930, 11_032, 16_165, 18_204, 22_368, 26_553, 30_740, 34_849, 36_260, 42_113, 46_545, 52_750,
    57_023, 61_347, 65_505, 71_399, 76_926, 82_950, 87_754,
  ]);
});

test("fixed cutting ends chunks at multiples of the size", () => {
  const memory = createChunkMemory(1, 4096);
  expect(cutAll(createFixedScanner(4096), memory, new Uint8Array(10_000), () => 1000)).toEqual([
    4096, 8192, 10_000,
  ]);
});

test("slots lie end to end behind the tables", () => {
  const memory = createChunkMemory(3, 65_536);
  expect([0, 1, 2].map((slot) => slotStart(memory, slot))).toEqual([65_536, 131_072, 196_608]);
  expect(memory.memory.buffer.byteLength).toBe(262_144);
});

test.each([0, 1000, 512, 16 * MIB])("refuses %d as a gear average", (average) => {
  const memory = createChunkMemory(1, 65_536);
  expect(() => createGearScanner(memory.memory, average)).toThrow("power of two");
});
