/** Entry of a compute thread: takes chunks from the board until it is stopped or fails. */

import { readlinkSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import type { WasmMemory } from "../chunker/chunk-memory.ts";
import { createChunkWork } from "./chunk-work.ts";
import type { ChunkWork } from "./chunk-work.ts";
import { openDigestTable } from "./digest-table.ts";
import { JobBoard } from "./job-board.ts";
import type { ThreadChunkWriter, ThreadChunkWriterModule, ThreadModule } from "./thread-module.ts";

/** What the maker of the thread posts. */
export interface ComputeThreadData {
  readonly threadIndex: number;
  readonly memory: WasmMemory;
  readonly board: SharedArrayBuffer;
  readonly digests: SharedArrayBuffer;
  readonly writer: ThreadModule;
  readonly encryptionKey: Uint8Array | undefined;
  readonly compressionLevel: number;
}

/** The kernel's id of this thread, by which the maker sees that it is alive. 0 where there is no such file system. */
function kernelThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return 0;
  }
}

function workUntilStopped(board: JobBoard, data: ComputeThreadData, work: ChunkWork): void {
  for (let sequence = board.take(); sequence !== undefined; sequence = board.take()) {
    const job = board.jobAt(sequence);
    const raw = new Uint8Array(data.memory.buffer, job.address, job.sizeBytes);
    board.finish(sequence, work.process(raw, job.detectZeros));
  }
}

async function openWriter(module: ThreadModule): Promise<ThreadChunkWriter> {
  // The contract of `ThreadModule`: the named module exports this. A module that does not fails in the next call.
  const imported = (await import(module.moduleUrl)) as ThreadChunkWriterModule;
  return imported.open(module.data);
}

/** Opens, works, closes. The first failure is kept by the board: one of `close` hides no earlier one. */
async function main(data: ComputeThreadData): Promise<void> {
  const board = new JobBoard(data.board);
  const fail = (thrown: unknown): void => board.fail(toCodedError(thrown).toJSON());
  let writer: ThreadChunkWriter | undefined;
  try {
    writer = await openWriter(data.writer);
    const { compressionLevel, encryptionKey } = data;
    const key = encryptionKey === undefined ? undefined : createEncryptionKey(encryptionKey);
    const needs = { clock: createSystemClock(), random: createSystemRandom() };
    const digests = openDigestTable(data.digests);
    const work = createChunkWork(needs, { writer, digests, key, compressionLevel });
    board.enter(data.threadIndex, kernelThreadId());
    workUntilStopped(board, data, work);
  } catch (thrown) {
    fail(thrown);
  }
  try {
    writer?.close();
  } catch (thrown) {
    fail(thrown);
  }
  board.leave(data.threadIndex);
}

// The maker posts exactly this.
await main(workerData as ComputeThreadData);
