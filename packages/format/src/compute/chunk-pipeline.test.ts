import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  bytesFromHex,
  createSeededRandom,
  createSystemClock,
  createSystemRandom,
  hexFromBytes,
} from "@ironcore-backup/base";
import { chunkDigest } from "../crypto/encryption-key.ts";
import { createChunkDecoder } from "./chunk-decoder.ts";
import { createChunkPipeline } from "./chunk-pipeline.ts";
import type { ChunkPipelineOptions, PipelineChunk } from "./chunk-pipeline-contract.ts";
import { directoryStore } from "./directory-store.testing.ts";

const needs = { clock: createSystemClock(), random: createSystemRandom() };
const KIB = 1024;
const MIB = 1024 * KIB;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "chunk-pipeline-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function pipelineOn(
  store: { module: ChunkPipelineOptions["writer"] },
  options?: Partial<ChunkPipelineOptions>,
) {
  return createChunkPipeline(needs, {
    threadCount: 2,
    compressionLevel: 1,
    writer: store.module,
    ...options,
  });
}

/** Random bytes that compress to about half. */
function someData(sizeBytes: number, seed: number): Uint8Array {
  const data = createSeededRandom(seed).bytes(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 2) data[at] = 7;
  return data;
}

async function readBack(
  chunks: readonly PipelineChunk[],
  store: { module: ChunkPipelineOptions["writer"] },
  key?: Uint8Array,
) {
  const decoder = createChunkDecoder(needs, {
    threadCount: 2,
    reader: store.module,
    consumer: { moduleUrl: new URL("./copying-consumer.testing.ts", import.meta.url).href, data: undefined },
    pendingRequestCountMax: 8,
    ...(key === undefined ? {} : { encryptionKey: key }),
  });
  const answers: Promise<Uint8Array>[] = [];
  for (const chunk of chunks) {
    const { result } = await decoder.decode({
      digest: chunk.digest,
      rawSizeBytes: chunk.endBytes - chunk.startBytes,
      encrypted: key !== undefined,
    });
    // The copying consumer answers with the chunk's bytes.
    answers.push(result.then(({ answer }) => answer as Uint8Array));
  }
  const all = Buffer.concat(await Promise.all(answers));
  await decoder.close();
  return all;
}

describe.each([
  ["on the caller's thread", 0],
  ["on threads", 2],
])("%s", (_where, threadCount) => {
  const sizeBytes = 4 * MIB;

  test.each([
    ["plain", undefined],
    ["encrypted", createSeededRandom(3).bytes(32)],
  ])("%s chunks of every cutting come back as they went in", async (_kind, key) => {
    const store = directoryStore(directory);
    const pipeline = await pipelineOn(store, {
      threadCount,
      inlineWorkSizeBytesMax: 0,
      ...(key === undefined ? {} : { encryptionKey: key }),
    });
    const data = someData(sizeBytes, 1);
    for (const cutting of [
      { kind: "gear", averageSizeBytes: 256 * KIB },
      { kind: "buzhash", averageSizeBytes: 256 * KIB },
      { kind: "fixed", chunkSizeBytes: 300 * KIB },
    ] as const) {
      const chunks: PipelineChunk[] = [];
      const stream = pipeline.openStream(cutting, (chunk) => chunks.push(chunk));
      stream.write(data);
      expect(stream.end()).toEqual({ sizeBytes, chunkCount: chunks.length });
      expect(chunks.length).toBeGreaterThan(1);
      expect(Buffer.compare(await readBack(chunks, store, key), data)).toBe(0);
    }
    await pipeline.close();
    expect(store.counters[2], "every opened writer was closed").toBe(0);
  });
});

test("small work starts no thread, more work starts one while the caller never waits for its events", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store, { inlineWorkSizeBytesMax: MIB });
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 64 * KIB }, () => undefined);
  stream.write(someData(MIB / 4, 1));
  const openWriters = () => Atomics.load(store.counters, 2);
  expect(openWriters(), "the caller's own writer").toBe(1);
  // All of this is one synchronous run: a thread that needed the caller's event loop to start would never come up.
  for (let seed = 2; openWriters() === 1 && seed < 2000; seed++) stream.write(someData(64 * KIB, seed));
  stream.end();
  expect(openWriters()).toBeGreaterThan(1);
  await pipeline.close();
  expect(openWriters()).toBe(0);
});

test("a chunk seen twice is known the second time and costs one insert", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store);
  const outcomes: string[] = [];
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 64 * KIB }, ({ outcome }) =>
    outcomes.push(outcome),
  );
  const data = someData(64 * KIB, 5);
  for (let i = 0; i < 3; i++) stream.write(data);
  stream.end();
  expect(outcomes).toEqual(["stored", "known", "known"]);
  expect([store.counters[0], store.counters[1]]).toEqual([1, 1]);
  await pipeline.close();

  const second = await pipelineOn(store);
  const again = second.openStream({ kind: "fixed", chunkSizeBytes: 64 * KIB }, ({ outcome }) =>
    outcomes.push(outcome),
  );
  again.write(data);
  again.end();
  await second.close();
  expect(outcomes.at(-1)).toBe("known");
  expect(store.counters[0]).toBe(1);
});

test("injected chunks stand in stream order between read ones, and are not read", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store);
  const chunks: PipelineChunk[] = [];
  const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 4 * MIB }, (chunk) =>
    chunks.push(chunk),
  );
  const digest = createSeededRandom(9).bytes(32);
  stream.write(someData(1000, 1));
  stream.inject(digest, 5000);
  expect(stream.offsetBytes).toBe(6000);
  stream.write(someData(10, 2));
  expect(stream.end()).toEqual({ sizeBytes: 6010, chunkCount: 3 });
  expect(chunks.map(({ startBytes, endBytes, outcome }) => [startBytes, endBytes, outcome])).toEqual([
    [0, 1000, "stored"],
    [1000, 6000, "reused"],
    [6000, 6010, "stored"],
  ]);
  expect(chunks[1]?.digest).toEqual(digest);
  expect(pipeline.statistics()).toMatchObject({
    chunkCount: 3,
    knownChunkCount: 0,
    reusedChunkCount: 1,
    rawSizeBytes: 6010,
    reusedRawSizeBytes: 5000,
    storedRawSizeBytes: 1010,
  });
  await pipeline.close();
});

test("zeros on fixed cutting are the zero chunk of the format page, stored once", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store);
  const chunks: PipelineChunk[] = [];
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 4 * MIB }, (chunk) =>
    chunks.push(chunk),
  );
  stream.writeZeros(100 * MIB);
  stream.write(new Uint8Array(4 * MIB));
  stream.write(Uint8Array.of(1));
  stream.writeZeros(9 * MIB);
  expect(stream.end()).toEqual({ sizeBytes: 113 * MIB + 1, chunkCount: 29 });
  const zero = "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";
  const isZero = chunks.map(({ digest }) => hexFromBytes(digest) === zero);
  expect(isZero).toEqual(Array.from({ length: 29 }, (_, index) => index !== 26 && index !== 28));
  expect(chunks.map(({ outcome }) => outcome).filter((outcome) => outcome === "stored").length).toBe(3);
  expect(store.counters[0]).toBe(3);
  await pipeline.close();
  const back = await readBack(chunks.slice(25), store);
  const expected = new Uint8Array(13 * MIB + 1);
  expected[4 * MIB] = 1;
  expect(Buffer.compare(back, expected)).toBe(0);
});

test("zeros on a scanned cutting are cut like zeros that were written", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store);
  const ends: number[][] = [];
  for (const put of [0, 1]) {
    const list: number[] = [];
    const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 64 * KIB }, ({ endBytes }) =>
      list.push(endBytes),
    );
    stream.write(someData(100_000, 4));
    if (put === 0) stream.writeZeros(700_000);
    else stream.write(new Uint8Array(700_000));
    stream.end();
    ends.push(list);
  }
  expect(ends[0]).toEqual(ends[1]);
  await pipeline.close();
});

test("keyed digests hash the id key behind the data", async () => {
  const key = bytesFromHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const pipeline = await pipelineOn(directoryStore(directory), { encryptionKey: key });
  const digests: string[] = [];
  const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 4 * MIB }, ({ digest }) =>
    digests.push(hexFromBytes(digest)),
  );
  stream.write(new TextEncoder().encode("Hello, PBS\n"));
  stream.end();
  await pipeline.close();
  expect(digests).toEqual(["4e922e2263ae81cfdbed95a58e1b3b2616da449108c31c849edbeabab142f5ca"]);
  expect(hexFromBytes(chunkDigest(new TextEncoder().encode("Hello, PBS\n")))).toBe(
    "32136bafd9a7889dc1b50a74460b9eb10ebc723ffa218f98548b4cfbf946a802",
  );
});

test("an empty stream ends with nothing, and a stream's end frees its place for others", async () => {
  const pipeline = await pipelineOn(directoryStore(directory));
  for (let i = 0; i < 20; i++) {
    const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 256 * KIB }, () => undefined);
    stream.reserve();
    stream.commit(0);
    expect(stream.end()).toEqual({ sizeBytes: 0, chunkCount: 0 });
  }
  const open = () => pipeline.openStream({ kind: "fixed", chunkSizeBytes: KIB }, () => undefined);
  for (let i = 0; i < 4; i++) open();
  expect(open).toThrow("at most 4 open streams");
  await pipeline.close();
});

test("misuse is refused by name", async () => {
  const pipeline = await pipelineOn(directoryStore(directory));
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: KIB }, () => undefined);
  expect(() => stream.commit(1)).toThrow("no more is committed than was reserved");
  expect(stream.reserve().length).toBe(KIB);
  expect(() => stream.commit(KIB + 1)).toThrow("no more is committed than was reserved");
  stream.end();
  expect(() => stream.reserve()).toThrow("an ended stream gets no more calls");
  await pipeline.close();
  await pipeline.close();
  expect(() => pipeline.poll()).toThrow("a closed pipeline gets no more calls");
  await expect(pipelineOn(directoryStore(directory), { compressionLevel: -1 })).rejects.toThrow("zstd level");
  await expect(pipelineOn({ module: { moduleUrl: "file:///no/such/module.ts", data: 0 } })).rejects.toThrow();
});
