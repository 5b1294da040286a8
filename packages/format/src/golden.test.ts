/** Has the format moved by accident? Everything here is compared with docs/format.md, byte by byte. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesFromHex, hexFromBytes, parseArchiveName, parseBackupId } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { permuteToTree } from "./archive/goodbye-table.ts";
import { sipHashInto } from "./archive/sip-hash.ts";
import { decodeBlob, encodeBlob, parseBlobHeader } from "./blob/blob.ts";
import { createBuzhashScanner } from "./chunker/buzhash-scanner.ts";
import { BUZHASH_TABLE } from "./chunker/buzhash-table.ts";
import { createChunkMemory } from "./chunker/chunk-memory.ts";
import { cutAll } from "./chunker/cut-all.testing.ts";
import { createGearScanner, gearTable } from "./chunker/gear-scanner.ts";
import { chunkDigest, createEncryptionKey } from "./crypto/encryption-key.ts";
import { decodeKeyFile, deriveKey } from "./crypto/key-file.ts";
import { golden, goldenBytes, goldenNumbers, unusedVectors } from "./golden-vectors.testing.ts";
import { createDynamicIndexWriter, decodeDynamicIndex } from "./index/dynamic-index.ts";
import { createFixedIndexWriter, decodeFixedIndex } from "./index/fixed-index.ts";
import { canonicalJson } from "./manifest/canonical-json.ts";
import { checkManifestSignature, signManifest } from "./manifest/manifest.ts";
import type { Manifest } from "./manifest/manifest.ts";

const text = Buffer.from("Hello, PBS\n");
const key = createEncryptionKey(goldenBytes("key.enc-key"));
const elevens: Random = { bytes: (count) => new Uint8Array(count).fill(0x11), integer: (min) => min };
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("blobs", () => {
  test("a plain and an encrypted one are written byte for byte", () => {
    expect(hexFromBytes(encodeBlob({ random: elevens }, text))).toBe(golden("blob.plain"));
    expect(hexFromBytes(encodeBlob({ random: elevens }, text, { key }))).toBe(golden("blob.encrypted"));
  });

  test.each(["plain", "zstd", "encrypted", "encrypted-zstd"] as const)("a %s one is read", (kind) => {
    const blob = goldenBytes(`blob.${kind}`);
    expect(hexFromBytes(blob.subarray(0, 8))).toBe(golden(`magic.${kind}`));
    expect(parseBlobHeader(blob)).toMatchObject({
      kind,
      encrypted: kind.startsWith("encrypted"),
      compressed: kind.endsWith("zstd"),
    });
    const raw = kind.endsWith("zstd") ? text.toString().repeat(8) : text.toString();
    expect(Buffer.from(decodeBlob(blob, { key, rawSizeBytesMax: raw.length })).toString()).toBe(raw);
  });
});

describe("digests and keys", () => {
  test("digests, id key and fingerprint", () => {
    expect(hexFromBytes(key.idKey)).toBe(golden("key.id-key"));
    expect(key.fingerprint).toBe(golden("key.fingerprint"));
    expect(hexFromBytes(chunkDigest(text))).toBe(golden("digest.plain"));
    expect(hexFromBytes(chunkDigest(text, key))).toBe(golden("digest.keyed"));
    const zeros = new Uint8Array(4 * 1024 * 1024);
    expect(hexFromBytes(chunkDigest(zeros))).toBe(golden("digest.zero"));
    expect(hexFromBytes(chunkDigest(zeros, key))).toBe(golden("digest.zero-keyed"));
  });

  test.each(["open", "scrypt", "pbkdf2"])("a key file (%s) opens to the key of the page", (kind) => {
    const options = kind === "open" ? {} : { passphrase: golden("key-file.passphrase") };
    const file = decodeKeyFile(golden(`key-file.${kind}`), options);
    expect(hexFromBytes(file.key.encKey)).toBe(golden("key.enc-key"));
    expect([file.createdAt, file.modifiedAt]).toEqual([1_714_564_800_000, 1_714_564_800_000]);
  });
});

interface IndexFile {
  readonly bytes: Buffer;
  writeAt(positionBytes: number, bytes: Uint8Array): void;
}

function anIndexFile(sizeBytes: number): IndexFile {
  const bytes = Buffer.alloc(sizeBytes);
  return { bytes, writeAt: (positionBytes, part) => bytes.set(part, positionBytes) };
}

describe("indexes", () => {
  const identity = { uuid: new Uint8Array(16).fill(7), createdAtSeconds: 1_700_000_000 };
  const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  test("a fixed one is written byte for byte and reads back", () => {
    const file = anIndexFile(4160);
    const writer = createFixedIndexWriter(file, {
      ...identity,
      sizeBytes: 5_000_000,
      chunkSizeBytes: 4 << 20,
    });
    writer.set(1, second);
    writer.set(0, first);
    expect(hexFromBytes(writer.close().checksum)).toBe(golden("index.fixed-checksum"));
    expect(hexFromBytes(file.bytes.subarray(0, 80))).toBe(golden("index.fixed-header"));
    expect(sha256(file.bytes)).toBe(golden("index.fixed-file"));
    const index = decodeFixedIndex(file.bytes);
    expect([index.chunkCount, index.sizeBytes, index.endBytes(0), index.endBytes(1)]).toEqual([
      2, 5_000_000, 4_194_304, 5_000_000,
    ]);
    expect([index.createdAtSeconds, index.uuid[0], index.digestAt(1)[31]]).toEqual([1_700_000_000, 7, 2]);
  });

  test("a dynamic one is written byte for byte and reads back", () => {
    const file = anIndexFile(4176);
    const writer = createDynamicIndexWriter(file, identity);
    writer.append(4_194_304, first);
    writer.append(5_000_000, second);
    expect(hexFromBytes(writer.close().checksum)).toBe(golden("index.dynamic-checksum"));
    expect(hexFromBytes(file.bytes.subarray(0, 80))).toBe(golden("index.dynamic-header"));
    expect(sha256(file.bytes)).toBe(golden("index.dynamic-file"));
    const index = decodeDynamicIndex(file.bytes);
    expect([index.chunkCount, index.sizeBytes, index.startBytes(1), index.digestAt(0)[0]]).toEqual([
      2, 5_000_000, 4_194_304, 1,
    ]);
  });
});

test("a manifest's canonical text and signature", () => {
  const signer = createEncryptionKey(bytesFromHex(golden("scrypt.test")));
  const cost = { n: 65_536, r: 8, p: 1, salt: new Uint8Array(0) };
  expect(hexFromBytes(deriveKey("test", { kind: "scrypt", ...cost }))).toBe(golden("scrypt.test"));
  expect(canonicalJson(JSON.parse(golden("manifest.canonical")))).toBe(golden("manifest.canonical"));
  const file = (name: string, cryptMode: "encrypt" | "none", byte: string) => ({
    name: parseArchiveName(name),
    cryptMode,
    sizeBytes: 200,
    checksum: byte.repeat(32),
  });
  const manifest: Manifest = {
    backupType: "host",
    backupId: parseBackupId("elsa"),
    backupTime: 1_593_179_765,
    files: [file("test1.img.fidx", "encrypt", "01"), file("abc.blob", "none", "02")],
    unprotected: { notes: "not signed" },
  };
  const signed = signManifest(manifest, signer);
  expect(signed.signature).toBe(golden("manifest.signature"));
  expect(checkManifestSignature(signed, signer)).toEqual({ outcome: "valid" });
});

describe("chunkers", () => {
  const sizeBytes = 1024 * 1024;
  const streams = {
    counters: new Uint8Array(Uint32Array.from({ length: sizeBytes / 4 }, (_, i) => i).buffer),
    zeros: new Uint8Array(sizeBytes),
    lcg: lcgBytes(sizeBytes),
  };
  const averageSizeBytes = 65_536;
  const pieceSizeBytes = (): number => 40_000;

  test.each(Object.entries(streams))("cut %s where they always did", (name, data) => {
    const gear = createChunkMemory(1, 2 * averageSizeBytes);
    expect(cutAll(createGearScanner(gear.memory, averageSizeBytes), gear, data, pieceSizeBytes)).toEqual(
      goldenNumbers(`gear.${name}`),
    );
    const buzhash = createChunkMemory(1, 4 * averageSizeBytes);
    expect(
      cutAll(createBuzhashScanner(buzhash.memory, averageSizeBytes), buzhash, data, pieceSizeBytes),
    ).toEqual(goldenNumbers(`buzhash.${name}`));
  });

  test("their tables have not moved", () => {
    expect(sha256(new Uint8Array(gearTable().buffer))).toBe(golden("gear.table"));
    expect(sha256(new Uint8Array(Uint32Array.from(BUZHASH_TABLE).buffer))).toBe(golden("buzhash.table"));
  });
});

function lcgBytes(count: number): Uint8Array {
  let x = 1;
  return Uint8Array.from({ length: count }, () => {
    x = (Math.imul(1_103_515_245, x) + 12_345) & 0x7fffffff;
    return (x >> 16) & 255;
  });
}

test("names of a directory's table hash, and its rows stand, as the page says", () => {
  for (const name of ["a", "etc", "test"]) {
    const words = new Uint32Array(2);
    sipHashInto(words, 0, name);
    expect(Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("")).toBe(
      golden(`siphash.${name}`),
    );
  }
  const order: number[] = [];
  permuteToTree(5, (source, target) => (order[target] = source));
  expect(order).toEqual(goldenNumbers("goodbye.five"));
});

test("every vector of the page was compared", () => {
  expect(unusedVectors()).toEqual([]);
});
