import { expect, test } from "vitest";
import fc from "fast-check";
import { CodedError, createSeededRandom } from "@ironcore-backup/base";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { decodeBlob, encodeBlob, parseBlobHeader } from "./blob.ts";

/** Runs of repeated and of random bytes, so that some compress and some do not. */
const data = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(255), fc.nat(100_000)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
    ),
    { maxLength: 6 },
  )
  .map((runs) => Buffer.concat(runs));

const options = fc.record(
  {
    compressionLevel: fc.integer({ min: 1, max: 4 }),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(createEncryptionKey),
  },
  { requiredKeys: [] },
);

test("any data comes back through any kind of blob, whatever the key, the level and the chance", () => {
  fc.assert(
    fc.property(data, options, fc.integer(), (raw, chosen, seed) => {
      const blob = encodeBlob({ random: createSeededRandom(seed) }, raw, chosen);
      const header = parseBlobHeader(blob);
      expect(header.encrypted).toBe(chosen.key !== undefined);
      expect(blob.length).toBeLessThanOrEqual(raw.length + header.headerSizeBytes);
      const back = decodeBlob(blob, { ...chosen, rawSizeBytesMax: raw.length });
      expect(Buffer.compare(back, raw)).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test("any bytes at all decode or fail with a code", () => {
  const magics = ["42ab3807be8370a1", "31b958426fb6a37f", "7b6785be222d4cf0", "e6591bbf0bbfd80b"];
  const key = createEncryptionKey(new Uint8Array(32));
  fc.assert(
    fc.property(fc.constantFrom(...magics, ""), fc.uint8Array({ maxLength: 400 }), (magic, rest) => {
      const blob = Buffer.concat([Buffer.from(magic, "hex"), rest]);
      for (const isCrcChecked of [false, true]) {
        try {
          expect(decodeBlob(blob, { key, rawSizeBytesMax: 1000, isCrcChecked }).length).toBeLessThanOrEqual(
            1000,
          );
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
        }
      }
    }),
    { numRuns: 1000 },
  );
});
