import { expect, test } from "vitest";
import fc from "fast-check";
import { CodedError, hexFromBytes } from "@ironcore-backup/base";
import { createDynamicIndexWriter, decodeDynamicIndex } from "./dynamic-index.ts";
import { createFixedIndexWriter, decodeFixedIndex } from "./fixed-index.ts";

const identity = { uuid: new Uint8Array(16).fill(7), createdAtSeconds: 1_700_000_000 };
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A file in memory that grows as it is written. */
function growingFile() {
  let bytes = new Uint8Array(0);
  return {
    writeAt(at: number, part: Uint8Array) {
      if (at + part.length > bytes.length) {
        const grown = new Uint8Array(at + part.length);
        grown.set(bytes);
        bytes = grown;
      }
      bytes.set(part, at);
    },
    bytes: () => bytes,
  };
}

function dynamicFile(ends: readonly number[]): Uint8Array {
  const file = growingFile();
  const writer = createDynamicIndexWriter(file, identity);
  ends.forEach((end, i) => writer.append(end, digest(i + 1)));
  writer.close();
  return file.bytes();
}

function fixedFile(chunkCount: number): Uint8Array {
  const file = growingFile();
  const writer = createFixedIndexWriter(file, {
    ...identity,
    sizeBytes: chunkCount * 4096 - 1,
    chunkSizeBytes: 4096,
  });
  for (let i = chunkCount - 1; i >= 0; i--) writer.set(i, digest(i + 1));
  writer.close();
  return file.bytes();
}

test("checksums are those of the format page", () => {
  expect(hexFromBytes(decodeFixedIndex(fixedFile(2)).checksum)).toBe(
    "f818afd37a6dc3bc92fb44731011277006db4efa6e9023cd7468c02335d22a4d",
  );
  expect(hexFromBytes(decodeDynamicIndex(dynamicFile([4194304, 5000000])).checksum)).toBe(
    "a40bd02c53d3230f58ec1dd17aa2928ea1d7c059bee0ffcdd1f07a25eeac8311",
  );
});

test("every byte of a stream is found in the chunk that holds it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 3000 }),
      (sizes) => {
        let end = 0;
        const ends = sizes.map((size) => (end += size));
        const index = decodeDynamicIndex(dynamicFile(ends));
        expect(index.sizeBytes).toBe(end);
        for (let i = 0; i < sizes.length; i += 97) {
          expect(index.findChunk(index.startBytes(i))).toBe(i);
          expect(index.findChunk(index.endBytes(i) - 1)).toBe(i);
          expect(index.digestAt(i)[0]).toBe((i + 1) & 255);
        }
        expect(index.findChunk(end)).toBe(sizes.length);
      },
    ),
    { numRuns: 30 },
  );
});

test.each([
  ["dynamic", dynamicFile([10, 20, 30]), decodeDynamicIndex],
  ["fixed", fixedFile(3), decodeFixedIndex],
] as const)(
  "a truncated or altered %s index is refused by a coded error, or is whole where nothing was lost",
  (_kind, file, decode) => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decode(file.subarray(0, length))).toThrow(CodedError);
    }
    for (let at = 0; at < file.length; at++) {
      const altered = Uint8Array.from(file);
      altered[at] = (altered[at] ?? 0) ^ 0x81;
      // uuid, time and the unused rest of the header are not covered by a checksum; sizes of a fixed index must fit.
      const isUnchecked = (at >= 8 && at < 32) || (at >= 64 && at < 4096);
      if (isUnchecked) {
        try {
          decode(altered);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      } else expect(() => decode(altered)).toThrow(CodedError);
    }
  },
);

test("an image index refuses to close while a chunk is missing", () => {
  const writer = createFixedIndexWriter(growingFile(), {
    ...identity,
    sizeBytes: 8192,
    chunkSizeBytes: 4096,
  });
  writer.set(1, digest(1));
  expect(() => writer.close()).toThrow("every chunk");
});
