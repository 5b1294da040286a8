import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import fc from "fast-check";
import { CodedError } from "@ironcore-backup/base";
import { decodeDynamicIndex } from "./dynamic-index.ts";
import type { DynamicIndexReader } from "./dynamic-index.ts";
import { decodeFixedIndex } from "./fixed-index.ts";
import type { FixedIndexReader } from "./fixed-index.ts";
import { aDynamicIndex, aFixedIndex } from "./index-file.testing.ts";

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 16 * 1024 * 1024 })),
  { minLength: 1, maxLength: 3000 },
);

/** Chunks lie end to end from 0 to the size, each found by its first and last byte. */
function expectWhole(index: DynamicIndexReader | FixedIndexReader, step: number): void {
  expect(index.startBytes(0)).toBe(0);
  expect(index.endBytes(index.chunkCount - 1)).toBe(index.sizeBytes);
  for (let i = 0; i < index.chunkCount; i += step) {
    expect(index.findChunk(index.startBytes(i))).toBe(i);
    expect(index.findChunk(index.endBytes(i) - 1)).toBe(i);
    if (i > 0) expect(index.startBytes(i)).toBe(index.endBytes(i - 1));
    expect(index.digestAt(i)).toEqual(new Uint8Array(32).fill(i + 1));
  }
  expect(index.findChunk(index.sizeBytes)).toBe(index.chunkCount);
}

test("every byte of any stream is found in the chunk that holds it", () => {
  fc.assert(
    fc.property(sizes, (chosen) => {
      let end = 0;
      const index = decodeDynamicIndex(aDynamicIndex(chosen.map((size) => (end += size))));
      expect(index).toMatchObject({ kind: "dynamic", sizeBytes: end, chunkCount: chosen.length });
      expectWhole(index, 97);
    }),
    { numRuns: 30 },
  );
});

test("every byte of any image is found in the chunk that holds it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000_000 }), (sizeBytes) => {
      const index = decodeFixedIndex(aFixedIndex(Math.ceil(sizeBytes / 4096), sizeBytes));
      expect(index).toMatchObject({ kind: "fixed", sizeBytes, chunkSizeBytes: 4096 });
      expectWhole(index, 41);
    }),
    { numRuns: 30 },
  );
});

test("any bytes behind a good magic and a good checksum decode or fail with a code, and never lie about order", () => {
  const magics = { dynamic: "1c914ea519bab3cd", fixed: "2f7f41ed91fd0fcd" };
  const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 40_000n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(
      fc.constantFrom("dynamic" as const, "fixed" as const),
      fc.tuple(u64, u64),
      fc.array(u64, { maxLength: 20 }),
      fc.nat(40),
      (kind, [size, chunkSize], words, spareBytes) => {
        const file = Buffer.alloc(4096 + words.length * 8 + spareBytes);
        file.write(magics[kind], 0, "hex");
        file.writeBigUInt64LE(size, 64);
        file.writeBigUInt64LE(chunkSize, 72);
        words.forEach((word, i) => file.writeBigUInt64LE(word, 4096 + i * 8));
        file.set(createHash("sha256").update(file.subarray(4096)).digest(), 32);
        try {
          const index = kind === "dynamic" ? decodeDynamicIndex(file) : decodeFixedIndex(file);
          for (let i = 0; i < index.chunkCount; i++)
            expect(index.endBytes(i)).toBeGreaterThan(index.startBytes(i));
        } catch (error) {
          if (!(error instanceof CodedError) || error.code !== "INDEX_CORRUPT") throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});
