/**
 * Starting, watching and ending the compute threads of one pipeline.
 *
 * Life of a thread: started -> ready (it has opened its writer and entered the board) -> left (the board was stopped).
 * A thread that ends in another way has failed the pipeline. Its maker may be blocked at that time and get no event, so
 * each thread writes its kernel id on the board and the blocked maker looks now and then whether the kernel knows it.
 */

import { existsSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import type { Clock } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";
import type { ComputeThreadData } from "./compute-thread.ts";
import type { JobBoard } from "./job-board.ts";
import { startThread, waitUntilLeft } from "./thread-life.ts";

export interface ComputeThreads {
  startedCount(): number;
  start(count: number): void;
  /** Fails the board when a thread has vanished. For callers that were blocked and may have missed the event. */
  checkAlive(): void;
  /** Stops the board; resolves when no thread is left, whatever they did. */
  close(): Promise<void>;
}

interface StartedThread {
  readonly worker: Worker;
  readonly left: Promise<void>;
}

export type ComputeThreadsData = Omit<ComputeThreadData, "threadIndex">;

export function createComputeThreads(
  needs: { clock: Clock },
  board: JobBoard,
  data: ComputeThreadsData,
): ComputeThreads {
  const threads: StartedThread[] = [];

  const lose = (detail: string): void => {
    if (!board.isStopped()) board.fail(formatErrors.COMPUTE_THREAD_LOST({ detail }).toJSON());
  };

  const startOne = (): void => {
    const workerData: ComputeThreadData = { ...data, threadIndex: threads.length };
    const worker = startThread(new URL("./compute-thread.ts", import.meta.url), "compute", workerData);
    worker.on("error", (error: unknown) => lose(error instanceof Error ? error.message : String(error)));
    const left = new Promise<void>((resolve) => {
      worker.on("exit", (exitCode) => {
        lose(`it ended with code ${exitCode}`);
        resolve();
      });
    });
    threads.push({ worker, left });
  };

  return {
    startedCount: () => threads.length,
    start(count) {
      for (let i = 0; i < count; i++) startOne();
    },
    checkAlive() {
      for (let index = 0; index < threads.length; index++) {
        const id = board.threadIdOf(index);
        // Read again after the look: a thread that has left in between took its id off the board before it ended.
        const isGone = id !== 0 && !existsSync(`/proc/self/task/${id}`) && board.threadIdOf(index) === id;
        if (isGone) lose("the kernel does not know it any more");
      }
    },
    async close() {
      board.stop();
      await Promise.all(threads.map(({ worker, left }) => waitUntilLeft(needs.clock, worker, left)));
    },
  };
}
