import { expect, test } from "vitest";
import type { DynamicIndexReader } from "@ironcore-backup/format";
import { BasePayloadUsage } from "./base-payload-usage.ts";

const CHUNK_SIZE_BYTES = 1000;

/** An index of equal chunks; each letter is a digest. */
function indexOf(letters: string): DynamicIndexReader {
  return {
    kind: "dynamic",
    chunkCount: letters.length,
    sizeBytes: letters.length * CHUNK_SIZE_BYTES,
    checksum: new Uint8Array(32),
    uuid: new Uint8Array(16),
    createdAtSeconds: 1,
    startBytes: (index) => index * CHUNK_SIZE_BYTES,
    endBytes: (index) => (index + 1) * CHUNK_SIZE_BYTES,
    digestAt: (index) => new Uint8Array(32).fill(letters.charCodeAt(index)),
    findChunk: (offset) => Math.floor(offset / CHUNK_SIZE_BYTES),
  };
}

test("gives up a chunk that is mostly dead, and keeps its neighbour", () => {
  const usage = new BasePayloadUsage(indexOf("ab"));
  usage.add(100, 300);
  usage.add(1000, 900);
  expect([usage.isWorthKeeping(0), usage.isWorthKeeping(1)]).toEqual([false, true]);
});

test("gives up a chunk that many changes have split into repeats", () => {
  const usage = new BasePayloadUsage(indexOf("a".repeat(60)));
  for (let i = 0; i < 60; i++) usage.add(i * CHUNK_SIZE_BYTES + i * 15, 15);
  expect(usage.isWorthKeeping(0)).toBe(false);
});

test("keeps a chunk that repeats because its content does, like the zeros of a sparse file", () => {
  const usage = new BasePayloadUsage(indexOf("z".repeat(60)));
  usage.add(0, 60 * CHUNK_SIZE_BYTES);
  expect(usage.isWorthKeeping(0)).toBe(true);
});

test("places outside the stream count for nothing", () => {
  const usage = new BasePayloadUsage(indexOf("a"));
  usage.add(-5, 900);
  usage.add(500, 900);
  usage.add(Number.NaN, 10);
  expect(usage.isWorthKeeping(0)).toBe(false);
});
