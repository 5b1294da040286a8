import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { CodedError, createSeededRandom } from "@ironcore-backup/base";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { assertBlobCrc, BLOB_RAW_SIZE_BYTES_MAX, decodeBlob, encodeBlob, encodeBlobParts } from "./blob.ts";
import type { BlobKind, EncodeBlobOptions } from "./blob.ts";

const random = createSeededRandom(11);
const key = createEncryptionKey(random.bytes(32));
const otherKey = createEncryptionKey(random.bytes(32));
const words = Buffer.from("compressible ".repeat(20));

const KINDS: readonly (readonly [BlobKind, EncodeBlobOptions])[] = [
  ["plain", {}],
  ["zstd", { compressionLevel: 3 }],
  ["encrypted", { key }],
  ["encrypted-zstd", { compressionLevel: 1, key }],
];

function codeOf(step: () => unknown): string {
  try {
    step();
    return "none";
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

/** A whole blob around these bytes, whose checksum is right. */
function resealed(blob: Uint8Array, change: (bytes: Buffer) => Buffer): Buffer {
  const headerSizeBytes = blob[0] === 0x42 || blob[0] === 0x31 ? 12 : 44;
  const bytes = change(Buffer.from(blob));
  bytes.writeUInt32LE(crc32(bytes.subarray(headerSizeBytes)), 8);
  return bytes;
}

test.each(KINDS)("a %s blob reads back, and not with one byte more than its bound", (kind, options) => {
  const encoded = encodeBlobParts({ random }, words, options);
  expect(encoded.kind).toBe(kind);
  const blob = Buffer.concat(encoded.parts);
  expect(encoded.compressedSizeBytes).toBe(blob.length - (kind.startsWith("encrypted") ? 44 : 12));
  expect(Buffer.from(decodeBlob(blob, { key, rawSizeBytesMax: words.length }))).toEqual(words);
  expect(codeOf(() => decodeBlob(blob, { key, rawSizeBytesMax: words.length - 1 }))).toBe("BLOB_TOO_LARGE");
  expect(codeOf(() => decodeBlob(blob, { key, rawSizeBytesMax: 0 }))).toBe("BLOB_TOO_LARGE");
});

test.each(KINDS)("a %s blob cut short anywhere is refused", (_kind, options) => {
  const blob = encodeBlob({ random }, words, options);
  for (let length = 0; length < blob.length; length++) {
    const code = codeOf(() => decodeBlob(blob.subarray(0, length), { key, rawSizeBytesMax: 4096 }));
    expect(["BLOB_TRUNCATED", "BLOB_CHECKSUM_WRONG"]).toContain(code);
  }
});

test.each(KINDS)("a %s blob with any bit altered is refused, and for the right reason", (kind, options) => {
  const blob = encodeBlob({ random }, words, options);
  for (let bit = 0; bit < blob.length * 8; bit++) {
    const at = bit >> 3;
    const altered = Uint8Array.from(blob);
    altered[at] = (altered[at] ?? 0) ^ (1 << (bit & 7));
    const code = codeOf(() => decodeBlob(altered, { key, rawSizeBytesMax: 4096 }));
    const isIvOrTag = kind.startsWith("encrypted") && at >= 12 && at < 44;
    expect(code).toBe(at < 8 ? "BLOB_MAGIC_UNKNOWN" : isIvOrTag ? "KEY_WRONG" : "BLOB_CHECKSUM_WRONG");
  }
});

test.each(KINDS)("a %s blob altered behind a right checksum never crashes nor grows", (kind, options) => {
  const blob = encodeBlob({ random }, words, options);
  const from = kind.startsWith("encrypted") ? 44 : 12;
  for (let at = from; at < blob.length; at++) {
    for (const value of [0x00, 0x01, 0x80, 0xff]) {
      const altered = resealed(blob, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ value;
        return bytes;
      });
      if (kind.startsWith("encrypted") && value !== 0) {
        expect(codeOf(() => decodeBlob(altered, { key, rawSizeBytesMax: 4096 }))).toBe("KEY_WRONG");
        continue;
      }
      const code = codeOf(() =>
        expect(decodeBlob(altered, { rawSizeBytesMax: 4096, key }).length).toBeLessThan(4097),
      );
      expect(["none", "BLOB_NOT_DECODABLE", "BLOB_TOO_LARGE"]).toContain(code);
    }
  }
});

test("no key and another key are told apart, and a damaged blob from both", () => {
  const blob = encodeBlob({ random }, words, { key });
  expect(codeOf(() => decodeBlob(blob, { rawSizeBytesMax: 4096 }))).toBe("KEY_REQUIRED");
  expect(codeOf(() => decodeBlob(blob, { key: otherKey, rawSizeBytesMax: 4096 }))).toBe("KEY_WRONG");
  expect(() => decodeBlob(blob, { key: otherKey, rawSizeBytesMax: 4096 })).toThrow(otherKey.fingerprint);
  blob[50] = (blob[50] ?? 0) ^ 1;
  for (const keys of [{}, { key }, { key: otherKey }]) {
    expect(codeOf(() => decodeBlob(blob, { ...keys, rawSizeBytesMax: 4096 }))).toBe("BLOB_CHECKSUM_WRONG");
  }
});

test("a frame that claims or holds more than the bound is refused without unpacking it", () => {
  const bomb = encodeBlob({ random }, Buffer.alloc(BLOB_RAW_SIZE_BYTES_MAX), { compressionLevel: 1 });
  expect(bomb.length).toBeLessThan(20_000);
  const before = process.memoryUsage().arrayBuffers;
  expect(codeOf(() => decodeBlob(bomb, { rawSizeBytesMax: 1 << 20 }))).toBe("BLOB_TOO_LARGE");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
});

test("a frame that claims less than it holds is still bounded, and one that claims more is cut short", () => {
  // The frame begins at 12: magic (4), descriptor a0 (one segment, four bytes of content size), content size.
  const blob = encodeBlob({ random }, Buffer.alloc(1 << 20), { compressionLevel: 1 });
  expect(blob[16]).toBe(0xa0);
  for (const claimedBytes of [0, 10, (1 << 20) - 1, (1 << 20) + 1, 0xffff_ffff]) {
    const altered = resealed(blob, (bytes) => {
      bytes.writeUInt32LE(claimedBytes, 17);
      return bytes;
    });
    const code = codeOf(() => decodeBlob(altered, { rawSizeBytesMax: 2 << 20 }));
    expect(code).toBe(claimedBytes > 2 << 20 ? "BLOB_TOO_LARGE" : "BLOB_NOT_DECODABLE");
  }
});

test("bytes behind the zstd frame are refused, not dropped", () => {
  const blob = encodeBlob({ random }, words, { compressionLevel: 1 });
  const longer = resealed(blob, (bytes) => Buffer.concat([bytes, Buffer.from("more")]));
  expect(() => decodeBlob(longer, { rawSizeBytesMax: 4096 })).toThrow("4 bytes follow behind the zstd frame");
  const twice = resealed(blob, (bytes) => Buffer.concat([bytes, bytes.subarray(12)]));
  expect(codeOf(() => decodeBlob(twice, { rawSizeBytesMax: 4096 }))).toBe("BLOB_NOT_DECODABLE");
});

test("data is compressed only where that makes it strictly shorter", () => {
  const noise = random.bytes(1 << 20);
  expect(encodeBlobParts({ random }, noise, { compressionLevel: 1 }).kind).toBe("plain");
  expect(encodeBlobParts({ random }, Buffer.from("short"), { compressionLevel: 19 }).kind).toBe("plain");
  expect(encodeBlobParts({ random }, new Uint8Array(0), { compressionLevel: 1, key }).kind).toBe("encrypted");
});

test.each([0, 500_000, 1_000_000 - 40_000])(
  "one compressible stretch that a sample meets (at %d) is reason enough to compress",
  (at) => {
    const noise = Buffer.from(random.bytes(1_000_000));
    noise.fill("ab", at, at + 40_000);
    const encoded = encodeBlobParts({ random }, noise, { compressionLevel: 1 });
    expect(encoded.kind).toBe("zstd");
    expect(encoded.compressedSizeBytes).toBeLessThan(970_000);
  },
);

test("a plain blob's parts hold the caller's own bytes, not a copy", () => {
  const raw = new Uint8Array(new SharedArrayBuffer(1000), 100, 500);
  const { parts } = encodeBlobParts({ random }, raw);
  expect(parts.at(-1)).toBe(raw);
  const blob = Buffer.concat(parts);
  expect(decodeBlob(blob, { rawSizeBytesMax: 500 }).buffer).toBe(blob.buffer);
});

test.each(KINDS)("a %s blob is made from and read in shared memory", (_kind, options) => {
  const raw = new Uint8Array(new SharedArrayBuffer(2000), 8, words.length);
  raw.set(words);
  const blob = encodeBlob({ random }, raw, options);
  const shared = new Uint8Array(new SharedArrayBuffer(blob.length + 3), 3);
  shared.set(blob);
  assertBlobCrc(shared);
  expect(Buffer.from(decodeBlob(shared, { key, rawSizeBytesMax: 4096 }))).toEqual(words);
});

test.each([-1, 0, 20, 1.5, Number.NaN])("refuses %d as a compression level", (compressionLevel) => {
  expect(() => encodeBlob({ random }, words, { compressionLevel })).toThrow("from 1 to 19");
});
