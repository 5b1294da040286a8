import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { bytesFromHex, hexFromBytes } from "@ironcore-backup/base";
import { chunkDigest, createEncryptionKey } from "../crypto/encryption-key.ts";
import { decodeBlob, encodeBlob } from "./blob.ts";

const text = Buffer.from("Hello, PBS\n");
const key = createEncryptionKey(Uint8Array.from({ length: 32 }, (_, i) => i));
const ivOfElevens = {
  random: { bytes: (count: number) => new Uint8Array(count).fill(0x11), integer: () => 0 },
};

test("a plain and an encrypted blob have the bytes of the format page", () => {
  expect(hexFromBytes(encodeBlob(ivOfElevens, text))).toBe("42ab3807be8370a1f626d00848656c6c6f2c205042530a");
  expect(hexFromBytes(encodeBlob(ivOfElevens, text, { key }))).toBe(
    "7b6785be222d4cf0ae9944e711111111111111111111111111111111c89af4738cb050436d16a1cf58b1fbc70879b16d1f71cd210f62be",
  );
});

test("digests, id key and fingerprint are those of the format page", () => {
  expect(hexFromBytes(key.idKey)).toBe("7c2c013efd07f3b25717a485263343cd4d292a4b65c200bb3b18ea227abe225c");
  expect(key.fingerprint).toBe(
    "0e:ab:d4:46:0b:6e:b9:ca:34:50:23:de:e2:b7:78:c7:90:e5:4a:16:83:b9:65:9c:0a:57:ae:19:90:90:15:9b",
  );
  expect(hexFromBytes(chunkDigest(text))).toBe(
    "32136bafd9a7889dc1b50a74460b9eb10ebc723ffa218f98548b4cfbf946a802",
  );
  expect(hexFromBytes(chunkDigest(text, key))).toBe(
    "4e922e2263ae81cfdbed95a58e1b3b2616da449108c31c849edbeabab142f5ca",
  );
  expect(hexFromBytes(chunkDigest(new Uint8Array(4 << 20)))).toBe(
    "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8",
  );
});

test("decodes what it encoded, and refuses more than the bound", () => {
  const raw = Buffer.from("compressible ".repeat(1000));
  for (const options of [{}, { key }, { compressionLevel: 1 }, { compressionLevel: 3, key }]) {
    const blob = encodeBlob(ivOfElevens, raw, options);
    expect(Buffer.from(decodeBlob(blob, { key, rawSizeBytesMax: raw.length }))).toEqual(raw);
    expect(() => decodeBlob(blob, { key, rawSizeBytesMax: raw.length - 1 })).toThrow("more than");
  }
  expect(bytesFromHex("00")).toHaveLength(1);
});

test("bytes behind the zstd frame are refused, not dropped", () => {
  const blob = encodeBlob(ivOfElevens, Buffer.alloc(5000, "ab"), { compressionLevel: 1 });
  const longer = Buffer.concat([blob, Buffer.from("more")]);
  longer.writeUInt32LE(crc32(longer.subarray(12)), 8);
  expect(() => decodeBlob(longer, { rawSizeBytesMax: 5000 })).toThrow("4 bytes follow behind the zstd frame");
});
