import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { CodedError } from "@ironcore-backup/base";
import { createDynamicIndexWriter, decodeDynamicIndex } from "./dynamic-index.ts";
import { createFixedIndexWriter, decodeFixedIndex } from "./fixed-index.ts";
import { aDynamicIndex, aFixedIndex, aGrowingFile } from "./index-file.testing.ts";

const identity = { uuid: new Uint8Array(16).fill(7), createdAtSeconds: 1_700_000_000 };
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** The file with a change, and a checksum that fits it again. */
function resealed(file: Uint8Array, change: (bytes: Buffer) => Buffer | void): Buffer {
  const copy = Buffer.from(file);
  const bytes = change(copy) ?? copy;
  bytes.set(createHash("sha256").update(bytes.subarray(4096)).digest(), 32);
  return bytes;
}

const dynamic = aDynamicIndex([10, 20, 30]);
const fixed = aFixedIndex(3);

test.each([
  ["dynamic", dynamic, decodeDynamicIndex],
  ["fixed", fixed, decodeFixedIndex],
] as const)("a %s index cut short anywhere is refused by a coded error", (_kind, file, decode) => {
  for (let length = 0; length < file.length; length++) {
    expect(() => decode(file.subarray(0, length))).toThrow(CodedError);
  }
  expect(() => decode(Buffer.concat([file, Uint8Array.of(0)]))).toThrow("An index is corrupt");
});

test.each([
  ["dynamic", dynamic, decodeDynamicIndex],
  ["fixed", fixed, decodeFixedIndex],
] as const)("a %s index with any byte altered is refused where a check covers it", (_kind, file, decode) => {
  for (let at = 0; at < file.length; at++) {
    const altered = Uint8Array.from(file);
    altered[at] = (altered[at] ?? 0) ^ 0x81;
    // uuid, time and the rest of the header are covered by no checksum; sizes of a fixed index must fit its entries.
    const isUnchecked = (at >= 8 && at < 32) || (at >= 64 && at < 4096);
    if (!isUnchecked) {
      expect(() => decode(altered)).toThrow("An index is corrupt");
      continue;
    }
    try {
      decode(altered);
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
    }
  }
});

test.each([
  ["an entry that ends where it begins", (b: Buffer) => void b.writeBigUInt64LE(10n, 4136), "not behind 10"],
  ["an entry that goes back", (b: Buffer) => void b.writeBigUInt64LE(9n, 4136), "ends at 9"],
  ["an empty first entry", (b: Buffer) => void b.writeBigUInt64LE(0n, 4096), "not behind 0"],
  [
    "a chunk of 16 MiB and a byte",
    (b: Buffer) => void b.writeBigUInt64LE(20n + 2n ** 24n + 1n, 4176),
    "at most 16 MiB",
  ],
  ["an end past 2^53", (b: Buffer) => void b.writeBigUInt64LE(2n ** 53n, 4176), "beyond 2^53"],
  ["the largest end", (b: Buffer) => void b.writeBigUInt64LE(2n ** 64n - 1n, 4096), "beyond 2^53"],
  ["half an entry", (b: Buffer) => b.subarray(0, 4196), "within an entry"],
  ["a fixed index's magic", (b: Buffer) => void b.write("2f7f41ed91fd0fcd", 0, "hex"), "begins with 2f7f"],
])("refuses a dynamic index with %s, though its checksum fits", (_what, change, reason) => {
  expect(() => decodeDynamicIndex(resealed(dynamic, change))).toThrow(reason);
});

test.each([
  ["no size", (b: Buffer) => void b.writeBigUInt64LE(0n, 64), "no byte"],
  ["a size past 2^53", (b: Buffer) => void b.writeBigUInt64LE(2n ** 63n, 64), "beyond 2^53"],
  ["a size for fewer chunks", (b: Buffer) => void b.writeBigUInt64LE(8192n, 64), "do not fit"],
  ["a size for more chunks", (b: Buffer) => void b.writeBigUInt64LE(12_289n, 64), "do not fit"],
  ["the largest countable size", (b: Buffer) => void b.writeBigUInt64LE(2n ** 53n - 1n, 64), "do not fit"],
  ["no chunk size", (b: Buffer) => void b.writeBigUInt64LE(0n, 72), "power of two"],
  ["chunks of 1 byte", (b: Buffer) => void b.writeBigUInt64LE(1n, 72), "power of two"],
  ["chunks of 12 KiB", (b: Buffer) => void b.writeBigUInt64LE(12_288n, 72), "power of two"],
  ["chunks of 32 MiB", (b: Buffer) => void b.writeBigUInt64LE(2n ** 25n, 72), "power of two"],
  ["a digest too many", (b: Buffer) => Buffer.concat([b, digest(9)]), "do not fit"],
  ["a digest too few", (b: Buffer) => b.subarray(0, b.length - 32), "do not fit"],
])("refuses a fixed index with %s, though its checksum fits", (_what, change, reason) => {
  expect(() => decodeFixedIndex(resealed(fixed, change))).toThrow(reason);
});

test("asking for a chunk that is not there is a mistake of the caller, not another chunk", () => {
  for (const index of [decodeDynamicIndex(dynamic), decodeFixedIndex(fixed)]) {
    for (const chunkIndex of [-1, 3, Number.NaN]) {
      expect(() => index.digestAt(chunkIndex)).toThrow("within its index");
      expect(() => index.endBytes(chunkIndex)).toThrow("within its index");
    }
    expect(index.findChunk(index.sizeBytes)).toBe(3);
    expect(index.findChunk(Number.MAX_SAFE_INTEGER)).toBe(3);
  }
});

test("an empty dynamic index has no chunk and no byte", () => {
  expect(decodeDynamicIndex(aDynamicIndex([]))).toMatchObject({ chunkCount: 0, sizeBytes: 0 });
});

test("an image index refuses to close while a chunk is missing", () => {
  const layout = { ...identity, sizeBytes: 8192, chunkSizeBytes: 4096 };
  const file = aGrowingFile();
  const writer = createFixedIndexWriter(file, layout);
  writer.set(1, digest(1));
  expect(() => writer.close()).toThrow("every chunk");
  expect(file.bytes()).toHaveLength(0);
});

test("writers refuse what would not read back, before anything of it is written", () => {
  const file = aGrowingFile();
  const writer = createDynamicIndexWriter(file, identity);
  writer.append(100, digest(1));
  expect(() => writer.append(100, digest(2))).toThrow("follow each other");
  expect(() => writer.append(101 + 16 * 1024 * 1024, digest(2))).toThrow("at most 16 MiB");
  expect(() => writer.append(200.5, digest(2))).toThrow("follow each other");
  expect(() => writer.append(200, new Uint8Array(31))).toThrow("32 bytes");
  expect(writer.close()).toMatchObject({ sizeBytes: 100, chunkCount: 1 });
  expect(decodeDynamicIndex(file.bytes()).chunkCount).toBe(1);
  const layout = { ...identity, sizeBytes: 1, chunkSizeBytes: 4096 };
  expect(() => createFixedIndexWriter(file, { ...layout, sizeBytes: 0 })).toThrow("at least one byte");
  expect(() => createFixedIndexWriter(file, { ...layout, chunkSizeBytes: 5000 })).toThrow("power of two");
  expect(() => createFixedIndexWriter(file, layout).set(1, digest(1))).toThrow("within its index");
});

test("a file whose writer never closed is no index", () => {
  const file = aGrowingFile();
  const writer = createDynamicIndexWriter(file, identity);
  for (let i = 1; i <= 5000; i++) writer.append(i, digest(i));
  expect(file.bytes().length).toBeGreaterThan(4096);
  expect(() => decodeDynamicIndex(file.bytes())).toThrow("begins with 0000000000000000");
});
