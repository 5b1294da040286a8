/**
 * Random streams side by side, through random numbers of threads and places, and every chunk read back and compared.
 *
 * The bug this is for overwrote a chunk between hashing and compressing; it showed only when pending chunks filled the
 * memory just so, and only on reading back. A long run: `PIPELINE_RUNS=2000 vitest run …/chunk-pipeline.property.test.ts`.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createSeededRandom,
  createSystemClock,
  createSystemRandom,
  hexFromBytes,
} from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { decodeBlob } from "../blob/blob.ts";
import { createChunkPipeline } from "./chunk-pipeline.ts";
import type { ChunkPipeline, ChunkStream, Cutting, PipelineChunk } from "./chunk-pipeline-contract.ts";
import { directoryStore } from "./directory-store.testing.ts";

const needs = { clock: createSystemClock(), random: createSystemRandom() };
const RUN_COUNT = Number(process.env["PIPELINE_RUNS"] ?? 6);

/** One stream and what it must have become. */
interface Played {
  readonly stream: ChunkStream;
  readonly chunks: PipelineChunk[];
  readonly given: Uint8Array[];
  /** Where chunks must end at the latest, by `cut` and `inject`. */
  readonly forcedEnds: Set<number>;
}

function randomCutting(random: Random): Cutting {
  switch (random.integer(0, 2)) {
    case 0:
      return { kind: "gear", averageSizeBytes: 1024 << random.integer(0, 6) };
    case 1:
      return { kind: "buzhash", averageSizeBytes: 512 << random.integer(0, 6) };
    default:
      return { kind: "fixed", chunkSizeBytes: random.integer(1000, 80_000) };
  }
}

function randomPiece(random: Random): Uint8Array {
  const piece = random.bytes(random.integer(1, 60_000));
  if (random.integer(0, 3) === 0) piece.fill(random.integer(0, 1) * 7);
  // Now and then the very same bytes, so that chunks of different streams and threads meet.
  return random.integer(0, 3) === 0 ? createSeededRandom(5).bytes(50_000) : piece;
}

function reserveAndFill(stream: ChunkStream, piece: Uint8Array, random: Random): void {
  for (let at = 0; at < piece.length;) {
    const view = stream.reserve();
    const count = Math.min(view.length, piece.length - at, random.integer(1, 30_000));
    view.set(piece.subarray(at, at + count));
    stream.commit(count);
    at += count;
  }
}

function playStep(played: Played, random: Random): void {
  const { stream, given, forcedEnds } = played;
  const piece = randomPiece(random);
  switch (random.integer(0, 9)) {
    case 0:
      forcedEnds.add(stream.offsetBytes);
      stream.cut();
      return;
    case 1: {
      forcedEnds.add(stream.offsetBytes);
      stream.inject(createHash("sha256").update(piece).digest(), piece.length);
      given.push(piece);
      forcedEnds.add(stream.offsetBytes);
      return;
    }
    case 2:
      stream.writeZeros(piece.length * 3);
      given.push(new Uint8Array(piece.length * 3));
      return;
    case 3:
    case 4:
    case 5:
      reserveAndFill(stream, piece, random);
      given.push(piece);
      return;
    default:
      stream.write(piece);
      given.push(piece);
  }
}

function assertChunks(played: Played, directory: string): void {
  const { chunks, forcedEnds } = played;
  const data = Buffer.concat(played.given);
  let endBytes = 0;
  for (const chunk of chunks) {
    expect(chunk.startBytes).toBe(endBytes);
    endBytes = chunk.endBytes;
    const expected = data.subarray(chunk.startBytes, chunk.endBytes);
    expect(createHash("sha256").update(expected).digest("hex")).toBe(hexFromBytes(chunk.digest));
    if (chunk.outcome === "reused") continue;
    const blob = readFileSync(join(directory, hexFromBytes(chunk.digest)));
    expect(Buffer.compare(decodeBlob(blob, { rawSizeBytesMax: expected.length }), expected)).toBe(0);
  }
  expect(endBytes).toBe(data.length);
  const ends = new Set([0, ...chunks.map((chunk) => chunk.endBytes)]);
  expect([...forcedEnds].filter((end) => !ends.has(end))).toEqual([]);
}

function playStreams(pipeline: ChunkPipeline, random: Random): Played[] {
  const open: Played[] = [];
  const all: Played[] = [];
  for (let step = random.integer(1, 150); step > 0; step--) {
    if (open.length === 0 || (open.length < 4 && random.integer(0, 20) === 0)) {
      const chunks: PipelineChunk[] = [];
      const stream = pipeline.openStream(randomCutting(random), (chunk) => chunks.push(chunk));
      const played: Played = { stream, chunks, given: [], forcedEnds: new Set() };
      open.push(played);
      all.push(played);
    }
    const index = random.integer(0, open.length - 1);
    const played = open[index];
    if (played === undefined) continue;
    if (random.integer(0, 30) === 0) {
      expect(played.stream.end()).toEqual({
        sizeBytes: totalSize(played.given),
        chunkCount: played.chunks.length,
      });
      open.splice(index, 1);
    } else playStep(played, random);
    if (random.integer(0, 5) === 0) pipeline.poll();
  }
  for (const { stream } of open) stream.end();
  return all;
}

function totalSize(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

async function playRun(seed: number, threadCount: number, pendingChunkCountMax: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "chunk-pipeline-property-"));
  const random = createSeededRandom(seed);
  const store = directoryStore(directory);
  const pipeline = await createChunkPipeline(needs, {
    threadCount,
    pendingChunkCountMax,
    compressionLevel: 1,
    writer: store.module,
    inlineWorkSizeBytesMax: random.integer(0, 2) === 0 ? random.integer(0, 2_000_000) : 0,
    rememberedDigestCountMax: random.integer(0, 1) === 0 ? 12 : 10_000,
  });
  try {
    const all = playStreams(pipeline, random);
    for (const played of all) assertChunks(played, directory);
    const { chunkCount, rawSizeBytes } = pipeline.statistics();
    expect(chunkCount).toBe(all.reduce((sum, { chunks }) => sum + chunks.length, 0));
    expect(rawSizeBytes).toBe(all.reduce((sum, { given }) => sum + totalSize(given), 0));
  } finally {
    await pipeline.close();
    rmSync(directory, { recursive: true });
  }
  expect(store.counters[2], "every opened writer was closed").toBe(0);
}

test(
  "every chunk of every stream holds the bytes that its place in the stream had",
  { timeout: 3_600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 9 }), playRun),
      { numRuns: RUN_COUNT, endOnFailure: true },
    );
  },
);
