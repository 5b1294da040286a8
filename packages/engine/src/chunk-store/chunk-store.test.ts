import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { chunkDigest, encodeBlob, encodeBlobParts, generateEncryptionKey } from "@ironcore-backup/format";
import { beforeEach, describe, expect, it } from "vitest";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import type { Disk } from "../disk/disk.ts";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import type { MemoryDisk } from "../disk/memory-disk.ts";
import { badChunkPath, chunkPath, classifyChunkName } from "./chunk-path.ts";
import { createChunkStore } from "./chunk-store.ts";
import { createDigestSet } from "../digests/digest-set.ts";
import { decideExistingChunk } from "./stored-chunk.ts";

const random = createSeededRandom(7);
const key = generateEncryptionKey({ random });
const RAW = new TextEncoder().encode("the same words again and again, ".repeat(40));
const DIGEST = chunkDigest(RAW);
const KEYED_DIGEST = chunkDigest(RAW, key);
// Copies, because slices of a Buffer share its memory.
const PLAIN = Uint8Array.from(encodeBlob({ random }, RAW));
const COMPRESSED = Uint8Array.from(encodeBlob({ random }, RAW, { compressionLevel: 1 }));
const ENCRYPTED = Uint8Array.from(encodeBlob({ random }, RAW, { key }));
const ENCRYPTED_COMPRESSED = Uint8Array.from(encodeBlob({ random }, RAW, { key, compressionLevel: 1 }));

describe("the chunk store", () => {
  const clock = createFakeClock();
  let disk: MemoryDisk;
  beforeEach(() => {
    disk = createMemoryDisk({ clock });
    disk.mkdir("/.chunks");
    for (const digest of [DIGEST, KEYED_DIGEST])
      disk.mkdir(chunkPath("", digest).slice(0, "/.chunks/0000".length));
  });

  const aStore = (options = {}, on: Disk = disk) =>
    createChunkStore({ disk: on, clock, random }, "", options);
  const put = (digest: Uint8Array, blob: Uint8Array): void => {
    const path = chunkPath("", digest);
    disk.removeTree(path);
    const file = disk.open(path, "create");
    file.pwrite(blob, 0);
    disk.touch(path, 1);
  };
  const stored = (digest: Uint8Array): Uint8Array => disk.readFile(chunkPath("", digest), 100_000);
  const accessedAt = (digest: Uint8Array): number => disk.stat(chunkPath("", digest))?.accessedAtMs ?? 0;

  it("stores a new chunk under its digest and gives it back", () => {
    const store = aStore();
    expect(store.touch(DIGEST, RAW.length)).toBe(false);
    expect(store.has(DIGEST)).toBe(false);
    const { parts } = encodeBlobParts({ random }, RAW);
    expect(store.insert(DIGEST, parts)).toEqual({ outcome: "stored" });
    expect(Buffer.compare(store.read(DIGEST), PLAIN)).toBe(0);
    expect(store.has(DIGEST)).toBe(true);
    expect(disk.readdir(chunkPath("", DIGEST).slice(0, 13))).toHaveLength(1);
  });

  it("names a chunk that is missing", () => {
    expect(() => aStore().read(DIGEST)).toThrow(expect.objectContaining({ code: "CHUNK_MISSING" }));
  });

  it("keeps and touches an existing chunk of the same size (rule 2)", () => {
    put(DIGEST, COMPRESSED);
    expect(aStore().insert(DIGEST, [COMPRESSED])).toEqual({ outcome: "known" });
    expect(accessedAt(DIGEST)).toBe(clock.now());
  });

  it("overwrites an empty file (rule 3)", () => {
    put(DIGEST, new Uint8Array(0));
    const store = aStore({ vouched: setOf(DIGEST) });
    expect(store.touch(DIGEST, RAW.length)).toBe(false);
    expect(store.has(DIGEST)).toBe(false);
    expect(store.insert(DIGEST, [COMPRESSED])).toEqual({ outcome: "stored" });
    expect(stored(DIGEST)).toHaveLength(COMPRESSED.length);
  });

  it("refuses an encrypted chunk where a plain one lies (rule 4)", () => {
    put(KEYED_DIGEST, PLAIN);
    expect(() => aStore().insert(KEYED_DIGEST, [ENCRYPTED])).toThrow(
      expect.objectContaining({ code: "CHUNK_CONFLICT" }),
    );
    expect(stored(KEYED_DIGEST)).toHaveLength(PLAIN.length);
  });

  it("refuses an uncompressed encrypted chunk of another size than the uncompressed one that lies there (rule 4)", () => {
    put(KEYED_DIGEST, encodeBlob({ random }, RAW.subarray(1), { key }));
    expect(() => aStore().insert(KEYED_DIGEST, [ENCRYPTED])).toThrow(
      expect.objectContaining({ code: "CHUNK_CONFLICT" }),
    );
  });

  it("keeps the old encrypted chunk when one of the two is compressed (rule 4)", () => {
    put(KEYED_DIGEST, ENCRYPTED);
    expect(aStore().insert(KEYED_DIGEST, [ENCRYPTED_COMPRESSED])).toEqual({ outcome: "known" });
    expect(stored(KEYED_DIGEST)).toHaveLength(ENCRYPTED.length);
    put(KEYED_DIGEST, ENCRYPTED_COMPRESSED);
    expect(aStore().insert(KEYED_DIGEST, [ENCRYPTED])).toEqual({ outcome: "known" });
    expect(stored(KEYED_DIGEST)).toHaveLength(ENCRYPTED_COMPRESSED.length);
  });

  it("keeps the smaller of two plain chunks (rule 5)", () => {
    put(DIGEST, PLAIN);
    expect(aStore().insert(DIGEST, [COMPRESSED])).toEqual({ outcome: "stored" });
    expect(stored(DIGEST)).toHaveLength(COMPRESSED.length);
    expect(aStore().insert(DIGEST, [PLAIN])).toEqual({ outcome: "known" });
    expect(stored(DIGEST)).toHaveLength(COMPRESSED.length);
  });

  it("replaces an encrypted chunk under the digest of plain data", () => {
    put(DIGEST, ENCRYPTED_COMPRESSED);
    expect(aStore({ encrypted: false }).touch(DIGEST, RAW.length)).toBe(false);
    expect(aStore().insert(DIGEST, [PLAIN])).toEqual({ outcome: "stored" });
    expect(stored(DIGEST)).toHaveLength(PLAIN.length);
  });

  it.each([
    ["cut short", COMPRESSED.slice(0, -1)],
    ["a hole of zeros", COMPRESSED.slice().fill(0, 20, 30)],
    ["zeros only", new Uint8Array(COMPRESSED.length)],
    ["shorter than any header", COMPRESSED.slice(0, 5)],
    ["a whole uncompressed chunk of another length", encodeBlob({ random }, RAW.subarray(1))],
  ])("does not trust a present chunk that nobody vouches for when it is damaged: %s", (_name, damaged) => {
    put(DIGEST, damaged);
    const store = aStore();
    expect(store.touch(DIGEST, RAW.length)).toBe(false);
    expect(store.insert(DIGEST, [PLAIN])).toEqual({ outcome: "stored" });
    expect(Buffer.compare(stored(DIGEST), PLAIN)).toBe(0);
    expect(store.touch(DIGEST, RAW.length)).toBe(true);
  });

  it("trusts the presence of a chunk that a finished snapshot vouches for, without reading it", () => {
    put(DIGEST, COMPRESSED.slice().fill(0, 20, 30));
    const unreadable = createFaultyDisk(disk, ({ name }) => (name === "read" ? { errno: "EIO" } : undefined));
    expect(aStore({ vouched: setOf(DIGEST) }, unreadable).touch(DIGEST, RAW.length)).toBe(true);
    expect(aStore({}, unreadable).touch(DIGEST, RAW.length)).toBe(false);
    expect(accessedAt(DIGEST)).toBe(clock.now());
  });

  it("syncs a replacement before it takes the old chunk's name: a power cut leaves one or the other", () => {
    for (let seed = 1; seed <= 50; seed++) {
      put(DIGEST, PLAIN);
      disk.openFileSystem("/").sync();
      aStore().insert(DIGEST, [COMPRESSED]);
      disk.cutPower(createSeededRandom(seed));
      expect([PLAIN.length, COMPRESSED.length]).toContain(stored(DIGEST).length);
      expect(aStore().touch(DIGEST, RAW.length)).toBe(true);
    }
  });

  it("leaves no temporary file when the disk is full", () => {
    const full = createFaultyDisk(disk, ({ name }) => (name === "write" ? { errno: "ENOSPC" } : undefined));
    expect(() => aStore({}, full).insert(DIGEST, [PLAIN])).toThrow("no space left on datastore");
    expect(disk.readdir(chunkPath("", DIGEST).slice(0, 13))).toEqual([]);
  });

  it("counts a chunk as absent that is collected between the look and the touch", () => {
    put(DIGEST, PLAIN);
    const racing: Disk = {
      ...disk,
      touch: (path, accessedAtMs) => {
        disk.unlink(path);
        disk.touch(path, accessedAtMs);
      },
    };
    expect(aStore({ vouched: setOf(DIGEST) }, racing).touch(DIGEST, RAW.length)).toBe(false);
  });

  it("sets a corrupt chunk aside under the first free name, and in the end under the last", () => {
    const path = chunkPath("", DIGEST);
    for (let round = 0; round < 12; round++) {
      put(DIGEST, PLAIN.slice(0, 20 + round));
      const stat = disk.stat(path);
      expect(stat === undefined ? false : aStore().setAside(DIGEST, stat)).toBe(true);
    }
    expect(disk.stat(path)).toBeUndefined();
    expect(disk.stat(badChunkPath(path, 0))?.sizeBytes).toBe(20);
    expect(disk.stat(badChunkPath(path, 9))?.sizeBytes).toBe(31);
  });

  it("does not set aside what took the corrupt chunk's place", () => {
    put(DIGEST, PLAIN.slice(0, 20));
    const stat = disk.stat(chunkPath("", DIGEST));
    put(DIGEST, PLAIN);
    expect(stat === undefined ? undefined : aStore().setAside(DIGEST, stat)).toBe(false);
    expect(stored(DIGEST)).toHaveLength(PLAIN.length);
  });
});

describe("the names in a chunk directory", () => {
  it("are chunks, bad chunks, and strangers", () => {
    const hex = "ab".repeat(32);
    expect(classifyChunkName(hex)).toBe("chunk");
    expect(classifyChunkName(`${hex}.3.bad`)).toBe("bad-chunk");
    expect(classifyChunkName(`${hex}.10.bad`)).toBe("other");
    expect(classifyChunkName(`${hex}.tmp_0011223344556677_1`)).toBe("temporary");
    expect(classifyChunkName(`${hex}.gc`)).toBe("doomed-chunk");
    expect(classifyChunkName(`${hex.slice(1)}.gc`)).toBe("other");
  });
});

describe("what a new chunk does to a present one", () => {
  it("never replaces an encrypted chunk by an encrypted one", () => {
    for (const compressed of [true, false]) {
      for (const sizeBytes of [99, 100, 101]) {
        const existing = { sizeBytes: 100, encrypted: true, compressed: false };
        const decision = decideExistingChunk(existing, { sizeBytes, encrypted: true, compressed });
        expect(decision.outcome).not.toBe("replace");
      }
    }
  });
});

function setOf(...digests: Uint8Array[]) {
  const set = createDigestSet();
  for (const digest of digests) set.add(digest);
  return set;
}
