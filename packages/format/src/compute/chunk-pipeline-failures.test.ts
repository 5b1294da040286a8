/** What goes wrong in a thread, in the caller's own hands or in a callback ends in a coded error, never in a hang. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  baseErrors,
  createFakeClock,
  createSeededRandom,
  createSystemClock,
  createSystemRandom,
} from "@ironcore-backup/base";
import type { Clock, CodedError } from "@ironcore-backup/base";
import { createChunkPipeline } from "./chunk-pipeline.ts";
import type { ChunkPipeline, ChunkPipelineOptions, PipelineChunk } from "./chunk-pipeline-contract.ts";
import { directoryStore } from "./directory-store.testing.ts";
import type { Mishap } from "./directory-store.testing.ts";

const CHUNK_SIZE_BYTES = 16_384;
/** Starting a thread takes its time on a machine under load. */
const PATIENCE = { timeout: 30_000 };

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "chunk-pipeline-failures-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Store = ReturnType<typeof directoryStore>;

function pipelineOn(
  store: Store,
  options?: Partial<ChunkPipelineOptions>,
  clock: Clock = createSystemClock(),
) {
  return createChunkPipeline(
    { clock, random: createSystemRandom() },
    { threadCount: 2, compressionLevel: 1, inlineWorkSizeBytesMax: 0, writer: store.module, ...options },
  );
}

/** Writes chunks without end, all in one synchronous run, until something throws. */
function writeUntilFailure(
  pipeline: ChunkPipeline,
  onChunk: (chunk: PipelineChunk) => void = () => undefined,
): unknown {
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: CHUNK_SIZE_BYTES }, onChunk);
  const random = createSeededRandom(1);
  try {
    for (;;) stream.write(random.bytes(CHUNK_SIZE_BYTES));
  } catch (thrown) {
    return thrown;
  }
}

function codeOf(thrown: unknown): string {
  return (thrown as CodedError).code;
}

/** Every call after a failure throws the same; then everything closes. */
async function expectFailed(pipeline: ChunkPipeline, thrown: unknown, code: string): Promise<void> {
  expect(codeOf(thrown)).toBe(code);
  expect(() => pipeline.poll()).toThrow((thrown as Error).message);
  const late = pipeline.openStream({ kind: "fixed", chunkSizeBytes: 10 }, () => undefined);
  for (const call of [
    () => late.reserve(),
    () => late.writeZeros(1),
    () => late.inject(new Uint8Array(32), 1),
    () => late.end(),
  ])
    expect(call).toThrow((thrown as Error).message);
  await pipeline.close();
  expect(() => pipeline.poll()).toThrow();
}

const atInserts = [1, 2, 7, 40];

test.each(atInserts)(
  "a thread whose %d. insert throws fails the caller with that error",
  async (atInsert) => {
    const store = directoryStore(directory, { mishap: { kind: "throw", atInsert } });
    const pipeline = await pipelineOn(store);
    await expectFailed(pipeline, writeUntilFailure(pipeline), "NAME_INVALID");
    expect(store.counters[2], "every writer was closed").toBe(0);
  },
);

test.each(atInserts)("the caller's own %d. insert that throws fails it just so", async (atInsert) => {
  const store = directoryStore(directory, { mishap: { kind: "throw", atInsert } });
  const pipeline = await pipelineOn(store, { threadCount: 0 });
  await expectFailed(pipeline, writeUntilFailure(pipeline), "NAME_INVALID");
  expect(store.counters[2]).toBe(0);
});

test("an error without a code becomes an internal one that keeps its text", async () => {
  const store = directoryStore(directory, { mishap: { kind: "throw-stranger", atInsert: 5 } });
  const pipeline = await pipelineOn(store);
  const thrown = writeUntilFailure(pipeline);
  expect((thrown as Error).message).toContain("a stranger");
  await expectFailed(pipeline, thrown, "INTERNAL_ERROR");
});

test.each<[Mishap, string]>([
  ["exit", "the kernel does not know it any more"],
  ["out-of-memory", "the kernel does not know it any more"],
])("a thread that dies (%s) is noticed by a caller that never leaves its loop", async (kind, detail) => {
  const store = directoryStore(directory, { mishap: { kind, atInsert: 20 } });
  const pipeline = await pipelineOn(store, { threadCount: 1 });
  const thrown = writeUntilFailure(pipeline);
  expect((thrown as Error).message).toContain(detail);
  await expectFailed(pipeline, thrown, "COMPUTE_THREAD_LOST");
});

test("a thread that dies while the caller is elsewhere is noticed at its next call", async () => {
  const store = directoryStore(directory, { mishap: { kind: "exit", atInsert: 1 } });
  const pipeline = await pipelineOn(store, { threadCount: 1 });
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: CHUNK_SIZE_BYTES }, () => undefined);
  stream.write(new Uint8Array(CHUNK_SIZE_BYTES));
  await expect
    .poll(() => {
      try {
        pipeline.poll();
        return "nothing yet";
      } catch (thrown) {
        return codeOf(thrown);
      }
    }, PATIENCE)
    .toBe("COMPUTE_THREAD_LOST");
  await pipeline.close();
});

test("what onChunk throws fails the pipeline with that error", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store);
  let count = 0;
  const thrown = writeUntilFailure(pipeline, () => {
    if (++count === 9) throw baseErrors.CANCELLED({});
  });
  await expectFailed(pipeline, thrown, "CANCELLED");
  expect(count).toBe(9);
});

test("closing in mid-stream ends the threads and drops what was not taken", async () => {
  const store = directoryStore(directory);
  const pipeline = await pipelineOn(store, { threadCount: 3, pendingChunkCountMax: 60 });
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: CHUNK_SIZE_BYTES }, () => undefined);
  stream.write(createSeededRandom(2).bytes(CHUNK_SIZE_BYTES * 50 + 5));
  await pipeline.close();
  expect(store.counters[2]).toBe(0);
  expect(() => stream.end()).toThrow("a closed pipeline gets no more calls");
});

test("a thread that hangs in its writer is ended by force when its grace is over", async () => {
  const store = directoryStore(directory, { mishap: { kind: "hang", atInsert: 1 } });
  const clock = createFakeClock();
  const pipeline = await pipelineOn(store, { threadCount: 1 }, clock);
  const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: CHUNK_SIZE_BYTES }, () => undefined);
  stream.write(new Uint8Array(CHUNK_SIZE_BYTES));
  await expect.poll(() => Atomics.load(store.counters, 0), PATIENCE).toBe(1);
  const closed = pipeline.close();
  clock.advance(60_000);
  await closed;
  expect(store.counters[2], "its writer never got to close").toBe(1);
});

test.each([0, 2])(
  "a writer that cannot close fails the closing of the pipeline (%d threads)",
  async (threadCount) => {
    const store = directoryStore(directory, { throwOnClose: true });
    const pipeline = await pipelineOn(store, { threadCount });
    const stream = pipeline.openStream({ kind: "fixed", chunkSizeBytes: CHUNK_SIZE_BYTES }, () => undefined);
    stream.write(createSeededRandom(3).bytes(CHUNK_SIZE_BYTES * 20));
    stream.end();
    await expect(pipeline.close()).rejects.toThrow("close was told to fail");
  },
);

test("a writer that cannot open in a thread fails the pipeline", async () => {
  const store = directoryStore(directory, { throwOnOpenInThread: true });
  const pipeline = await pipelineOn(store);
  await expectFailed(pipeline, writeUntilFailure(pipeline), "INTERNAL_ERROR");
});
