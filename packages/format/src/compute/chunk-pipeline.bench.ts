/**
 * How fast the write side is without a store, and what memory it takes:
 * `node packages/format/src/compute/chunk-pipeline.bench.ts [threadCount] [random|files|known] [plain|encrypted]`.
 *
 * random: 1 GiB, no two chunks alike. files: everything below /usr/lib, at most 1 GiB, read as the agent reads.
 * known: as files, but the store says it has every chunk. One run per process, so that peak memory means something.
 * The number is for comparing versions of the pipeline with each other; quote the median of several runs.
 */

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { createSeededRandom, createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { createChunkPipeline } from "./chunk-pipeline.ts";
import type { ChunkStream } from "./chunk-pipeline-contract.ts";

const SIZE_BYTES_MAX = 1024 * 1024 * 1024;
const [threadCount = "2", kind = "random", encryption = "plain"] = process.argv.slice(2);
const clock = createSystemClock();

function feedRandom(stream: ChunkStream): void {
  const block = createSeededRandom(1).bytes(16 * 1024 * 1024);
  const marks = new DataView(block.buffer);
  for (let round = 0; stream.offsetBytes < SIZE_BYTES_MAX; round++) {
    for (let at = 0; at < block.length; at += 65_536) marks.setUint32(at, round);
    stream.write(block);
  }
}

function feedFile(stream: ChunkStream, path: string): void {
  const fd = openSync(path, "r");
  for (;;) {
    const count = readSync(fd, stream.reserve());
    stream.commit(count);
    if (count === 0) break;
  }
  closeSync(fd);
}

function feedFiles(stream: ChunkStream, directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (stream.offsetBytes >= SIZE_BYTES_MAX) return;
    if (entry.isDirectory()) feedFiles(stream, join(directory, entry.name));
    else if (entry.isFile()) feedFile(stream, join(directory, entry.name));
  }
}

const startedAt = clock.elapsedMs();
const pipeline = await createChunkPipeline(
  { clock, random: createSystemRandom() },
  {
    threadCount: Number(threadCount),
    compressionLevel: 1,
    writer: {
      moduleUrl: new URL("./null-writer.testing.ts", import.meta.url).href,
      data: { isKnown: kind === "known" },
    },
    ...(encryption === "encrypted" ? { encryptionKey: createSeededRandom(5).bytes(32) } : {}),
  },
);
const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 4 * 1024 * 1024 }, () => undefined);
if (kind === "random") feedRandom(stream);
else feedFiles(stream, "/usr/lib");
const { sizeBytes, chunkCount } = stream.end();
const durationMs = clock.elapsedMs() - startedAt;
await pipeline.close();
const { busyMs } = pipeline.statistics();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  `${kind} ${encryption}, ${threadCount} threads: ${(sizeBytes / 1e9).toFixed(2)} GB, ${chunkCount} chunks, ` +
    `${durationMs.toFixed(0)} ms, ${(sizeBytes / durationMs / 1e6).toFixed(2)} GB/s, ` +
    `CPU ${((userCPUTime + systemCPUTime) / 1e6).toFixed(2)} s, peak ${(maxRSS / 1024).toFixed(0)} MiB, ` +
    `busy ms ${JSON.stringify(Object.fromEntries(Object.entries(busyMs).map(([part, ms]) => [part, Math.round(ms)])))}\n`,
);
