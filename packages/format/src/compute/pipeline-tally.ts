/** Adds up what became of the chunks of one pipeline. */

import type { PipelineStatistics } from "./chunk-pipeline-contract.ts";
import type { ChunkJobResult } from "./job-board.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface PipelineTally {
  readonly count: (sizeBytes: number, result: ChunkJobResult | "reused") => void;
  /** A copy of the sums so far. */
  statistics(blockedMs: number): PipelineStatistics;
}

export function createPipelineTally(): PipelineTally {
  const sums: Writable<Omit<PipelineStatistics, "busyMs">> = {
    chunkCount: 0,
    knownChunkCount: 0,
    reusedChunkCount: 0,
    rawSizeBytes: 0,
    reusedRawSizeBytes: 0,
    storedRawSizeBytes: 0,
    compressedSizeBytes: 0,
    storedSizeBytes: 0,
  };
  const busyMs: Writable<Omit<PipelineStatistics["busyMs"], "blocked">> = {
    hash: 0,
    compress: 0,
    encrypt: 0,
    insert: 0,
  };

  return {
    count(sizeBytes, result) {
      sums.chunkCount++;
      sums.rawSizeBytes += sizeBytes;
      if (result === "reused") {
        sums.reusedChunkCount++;
        sums.reusedRawSizeBytes += sizeBytes;
        return;
      }
      if (result.outcome === "known") sums.knownChunkCount++;
      else sums.storedRawSizeBytes += sizeBytes;
      sums.compressedSizeBytes += result.compressedSizeBytes;
      sums.storedSizeBytes += result.storedSizeBytes;
      busyMs.hash += result.hashMs;
      busyMs.compress += result.compressMs;
      busyMs.encrypt += result.encryptMs;
      busyMs.insert += result.insertMs;
    },
    statistics: (blockedMs) => ({ ...sums, busyMs: { ...busyMs, blocked: blockedMs } }),
  };
}
