/** The write side of the data path, put together; chunk-pipeline-contract.ts says what it does. */

import { assertInvariant } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import { CHUNK_RAW_SIZE_BYTES_MAX } from "../blob/blob.ts";
import { createChunkMemory } from "../chunker/chunk-memory.ts";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { ChunkHandover } from "./chunk-handover.ts";
import type { ChunkPipeline, ChunkPipelineOptions, PipelineStatistics } from "./chunk-pipeline-contract.ts";
import { createCutScanner, SlotStream } from "./chunk-stream.ts";
import type { ChunkStreamParts } from "./chunk-stream.ts";
import { createChunkWork } from "./chunk-work.ts";
import type { ChunkWork } from "./chunk-work.ts";
import { createComputeThreads } from "./compute-threads.ts";
import { createDigestTable } from "./digest-table.ts";
import { createJobBoard } from "./job-board.ts";
import type { ChunkJobResult } from "./job-board.ts";
import { createPipelineTally } from "./pipeline-tally.ts";
import type { ThreadChunkWriter, ThreadChunkWriterModule } from "./thread-module.ts";

/** Streams open at once: each may hold a slot of memory. */
const OPEN_STREAM_COUNT_MAX = 4;
const REMEMBERED_DIGEST_COUNT_DEFAULT = 262_144;
const INLINE_WORK_SIZE_BYTES_DEFAULT = 48 * 1024 * 1024;

/** The caller's own writer, opened at its first chunk: a big backup may never need it. */
function createCallersWork(
  needs: { clock: Clock; random: Random },
  options: ChunkPipelineOptions,
  module: ThreadChunkWriterModule,
  digests: ReturnType<typeof createDigestTable>,
): { readonly work: ChunkWork; close(): void } {
  const { compressionLevel, encryptionKey } = options;
  const key = encryptionKey === undefined ? undefined : createEncryptionKey(encryptionKey);
  let writer: ThreadChunkWriter | undefined;
  let opened: ChunkWork | undefined;
  const open = (): ChunkWork => {
    writer = module.open(options.writer.data);
    opened = createChunkWork(needs, { writer, digests, key, compressionLevel });
    return opened;
  };
  return {
    work: { process: (raw, detectZeros) => (opened ?? open()).process(raw, detectZeros) },
    close() {
      const closing = writer;
      writer = undefined;
      closing?.close();
    },
  };
}

/** Zero chunks by size: hashed and stored at the first call, afterwards only repeated. */
function createZeroChunks(handover: ChunkHandover): (sizeBytes: number) => ChunkJobResult {
  const held = new Map<number, ChunkJobResult>();
  return (sizeBytes) => {
    const known = held.get(sizeBytes);
    if (known !== undefined) return known;
    const result = handover.processHere(new Uint8Array(sizeBytes), false);
    held.set(sizeBytes, { ...result, ...ZERO_WORK, outcome: "known" });
    return result;
  };
}

const ZERO_WORK = {
  compressedSizeBytes: 0,
  storedSizeBytes: 0,
  hashMs: 0,
  compressMs: 0,
  encryptMs: 0,
  insertMs: 0,
};

function createParts(
  needs: { clock: Clock; random: Random },
  options: ChunkPipelineOptions,
  module: ThreadChunkWriterModule,
) {
  const { threadCount, writer, encryptionKey, compressionLevel } = options;
  const pendingChunkCountMax = options.pendingChunkCountMax ?? threadCount + 2;
  const inlineWorkSizeBytesMax = options.inlineWorkSizeBytesMax ?? INLINE_WORK_SIZE_BYTES_DEFAULT;
  const memory = createChunkMemory(
    pendingChunkCountMax + OPEN_STREAM_COUNT_MAX + 1,
    CHUNK_RAW_SIZE_BYTES_MAX,
  );
  // Results of later chunks may wait on the board while the oldest pending one takes its time.
  const board = createJobBoard(2 ** Math.ceil(Math.log2(pendingChunkCountMax * 4)));
  const digests = createDigestTable(options.rememberedDigestCountMax ?? REMEMBERED_DIGEST_COUNT_DEFAULT);
  const threads = createComputeThreads(needs, board, {
    memory: memory.memory,
    board: board.shared,
    digests: digests.shared,
    writer,
    encryptionKey,
    compressionLevel,
  });
  const callers = createCallersWork(needs, options, module, digests);
  const parts = {
    memory,
    board,
    threads,
    threadCount,
    pendingChunkCountMax,
    inlineWorkSizeBytesMax,
    work: callers.work,
  };
  return { memory, callers, handover: new ChunkHandover(needs, parts) };
}

/**
 * @param needs  elapsed time for the statistics, randomness for the IVs of encrypted chunks
 * @returns      as soon as the writer's module is loaded; threads start when the work is worth it
 * @throws INVARIANT_BROKEN for options that make no sense; what loading the module throws
 */
export async function createChunkPipeline(
  needs: { clock: Clock; random: Random },
  options: ChunkPipelineOptions,
): Promise<ChunkPipeline> {
  const { threadCount, compressionLevel, pendingChunkCountMax = 1 } = options;
  assertInvariant(
    Number.isInteger(threadCount) && threadCount >= 0 && threadCount <= 64,
    "0 to 64 compute threads",
  );
  assertInvariant(
    Number.isInteger(compressionLevel) && compressionLevel >= 1 && compressionLevel <= 19,
    "a zstd level from 1 to 19",
  );
  assertInvariant(pendingChunkCountMax >= 1 && pendingChunkCountMax <= 128, "1 to 128 pending chunks");
  // The contract of `ThreadModule`: the named module exports this. A module that does not fails at its first use.
  const module = (await import(options.writer.moduleUrl)) as ThreadChunkWriterModule;
  const { memory, callers, handover } = createParts(needs, options, module);
  const tally = createPipelineTally();
  let openStreamCount = 0;
  const streamParts: ChunkStreamParts = {
    handover,
    count: tally.count,
    zeroChunk: createZeroChunks(handover),
    onEnd: () => openStreamCount--,
  };

  return {
    openStream(cutting, onChunk) {
      assertInvariant(
        openStreamCount < OPEN_STREAM_COUNT_MAX,
        `at most ${OPEN_STREAM_COUNT_MAX} open streams`,
      );
      const scanner = createCutScanner(memory.memory, cutting);
      assertInvariant(
        scanner.chunkSizeBytesMax >= 1 && scanner.chunkSizeBytesMax <= CHUNK_RAW_SIZE_BYTES_MAX,
        "chunks have 1 byte to 16 MiB",
      );
      openStreamCount++;
      return new SlotStream(streamParts, scanner, cutting.kind === "fixed", onChunk);
    },
    poll: () => handover.poll(),
    statistics: (): PipelineStatistics => tally.statistics(handover.blockedMs),
    async close() {
      const failure = await handover.close();
      try {
        callers.close();
      } catch (thrown) {
        throw failure ?? thrown;
      }
      if (failure !== undefined) throw failure;
    },
  };
}
