import { expect, test } from "vitest";
import fc from "fast-check";
import { createSeededRandom, hexFromBytes, toCodedError } from "@ironcore-backup/base";
import { encodeBlob } from "../blob/blob.ts";
import { chunkDigest } from "../crypto/encryption-key.ts";
import { createDynamicIndexWriter, decodeDynamicIndex } from "../index/dynamic-index.ts";
import type { DynamicIndexReader } from "../index/dynamic-index.ts";
import { ArchiveSource } from "./archive-source.ts";
import { ChunkCache } from "./chunk-cache.ts";

const needs = { random: createSeededRandom(1) };

interface Store {
  readonly index: DynamicIndexReader;
  readonly whole: Buffer;
  readonly blobs: Map<string, Uint8Array>;
  /** As a chunk store reads: into one piece of memory, again and again. */
  readChunk(digest: Uint8Array): Uint8Array;
}

function aStore(chunks: readonly Uint8Array[]): Store {
  const blobs = new Map<string, Uint8Array>();
  let file = Buffer.alloc(0);
  const target = {
    writeAt: (at: number, bytes: Uint8Array) => {
      const grown = Buffer.alloc(Math.max(file.length, at + bytes.length));
      file.copy(grown);
      grown.set(bytes, at);
      file = grown;
    },
  };
  const writer = createDynamicIndexWriter(target, { uuid: new Uint8Array(16), createdAtSeconds: 1 });
  let endBytes = 0;
  for (const raw of chunks) {
    const digest = chunkDigest(raw);
    blobs.set(hexFromBytes(digest), encodeBlob(needs, raw));
    writer.append((endBytes += raw.length), digest);
  }
  writer.close();
  const memory = new Uint8Array(100_000);
  return {
    index: decodeDynamicIndex(file),
    whole: Buffer.concat(chunks),
    blobs,
    readChunk: (digest) => {
      const blob = blobs.get(hexFromBytes(digest)) ?? new Uint8Array();
      memory.set(blob);
      return memory.subarray(0, blob.length);
    },
  };
}

// Short and random chunks are stored as they are, long runs compressed.
const aChunk = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 60 }),
  fc
    .record({ byte: fc.nat(255), length: fc.integer({ min: 1, max: 5000 }) })
    .map(({ byte, length }) => new Uint8Array(length).fill(byte)),
);
const someReads = fc.array(fc.tuple(fc.nat(20_000), fc.nat(300)), { minLength: 1, maxLength: 30 });

test("whatever is read in whatever order is what the chunks hold, with a cache of any size", () => {
  fc.assert(
    fc.property(
      fc.array(aChunk, { minLength: 1, maxLength: 8 }),
      someReads,
      fc.constantFrom(1, 100, 1e6),
      (chunks, reads, sizeBytesMax) => {
        const store = aStore(chunks);
        const source = new ArchiveSource(store, store.index, { cache: new ChunkCache({ sizeBytesMax }) });
        for (const [at, length] of reads) {
          const from = at % (store.whole.length + 10);
          const expected = store.whole.subarray(from, from + length);
          expect(Buffer.compare(source.read(from, length), expected)).toBe(0);
        }
      },
    ),
  );
});

test("a chunk that does not hold what its digest names is refused, also when it has the right length", () => {
  const store = aStore([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)]);
  store.blobs.set(hexFromBytes(chunkDigest(Uint8Array.of(4, 5))), encodeBlob(needs, Uint8Array.of(4, 6)));
  const source = new ArchiveSource(store, store.index);
  expect([...source.read(0, 3)]).toEqual([1, 2, 3]);
  for (let times = 0; times < 2; times++) {
    const thrown = (() => {
      try {
        return source.read(2, 3);
      } catch (cause) {
        return toCodedError(cause).code;
      }
    })();
    expect(thrown).toBe("CHUNK_CORRUPT");
  }
});
