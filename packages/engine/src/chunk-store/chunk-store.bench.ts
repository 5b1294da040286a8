/**
 * What the chunk store costs beside compressing and hashing: `node packages/engine/src/chunk-store/chunk-store.bench.ts [DIRECTORY]`.
 * Data: 4000 chunks of 64 KiB, where the cost of a file shows most; nothing is synced. For choosing what the hot path may do.
 */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock, createSystemRandom, hexFromBytes } from "@ironcore-backup/base";
import { chunkDigest, encodeBlobParts } from "@ironcore-backup/format";
import { createRealDisk } from "../disk/real-disk.ts";
import { createChunkStore } from "./chunk-store.ts";
import { createDigestSet } from "../digests/digest-set.ts";

const CHUNK_COUNT = 4000;
const CHUNK_SIZE_BYTES = 65_536;

const needs = { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() };
const storePath = mkdtempSync(join(process.argv[2] ?? tmpdir(), "chunk-store-bench-"));
const chunks = Array.from({ length: CHUNK_COUNT }, (_, number) => {
  const raw = new Uint8Array(CHUNK_SIZE_BYTES);
  new DataView(raw.buffer).setUint32(0, number);
  return { digest: chunkDigest(raw), parts: encodeBlobParts(needs, raw).parts };
});
const vouched = createDigestSet(CHUNK_COUNT);
for (const { digest } of chunks) {
  vouched.add(digest);
  mkdirSync(`${storePath}/.chunks/${hexFromBytes(digest.subarray(0, 2))}`, { recursive: true });
}
const store = createChunkStore(needs, storePath);
const trusting = createChunkStore(needs, storePath, { vouched });

function measure(name: string, run: (chunk: (typeof chunks)[number]) => unknown): void {
  const startMs = needs.clock.elapsedMs();
  for (const chunk of chunks) run(chunk);
  const perChunkUs = ((needs.clock.elapsedMs() - startMs) / CHUNK_COUNT) * 1000;
  process.stdout.write(`${name}: ${perChunkUs.toFixed(0)} µs, ${(1e6 / perChunkUs).toFixed(0)}/s\n`);
}

measure("touch, absent", ({ digest }) => store.touch(digest, CHUNK_SIZE_BYTES));
measure("insert", ({ digest, parts }) => store.insert(digest, parts));
measure("touch, vouched for", ({ digest }) => trusting.touch(digest, CHUNK_SIZE_BYTES));
measure("touch, read and checked", ({ digest }) => store.touch(digest, CHUNK_SIZE_BYTES));
measure("touchPresent", ({ digest }) => store.touchPresent(digest));
measure("has", ({ digest }) => store.has(digest));
measure("read", ({ digest }) => store.read(digest));
rmSync(storePath, { recursive: true });
