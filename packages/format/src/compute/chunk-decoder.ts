/**
 * The read side of the data path, put together; chunk-decoder-contract.ts says what it does.
 *
 * Requests wait in one queue and go to the thread with the fewest in its hands, at most two each: one under way and
 * one that it finds at once when it is done. Messages cost some 0.1 ms a chunk, which is little beside decoding it.
 * Threads start with the first requests, one per request until all run. A thread that ends before it is told to takes
 * the whole decoder with it: every pending and later request is answered with COMPUTE_THREAD_LOST.
 */

import type { Worker } from "node:worker_threads";
import { assertInvariant, baseErrors, CodedError } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";
import type {
  ChunkDecoder,
  ChunkDecoderOptions,
  DecodeRequest,
  DecodeResult,
} from "./chunk-decoder-contract.ts";
import { startThread, waitUntilLeft } from "./thread-life.ts";
import type { DecodeThreadAnswer, DecodeThreadData, DecodeThreadRequest } from "./decode-thread.ts";

const REQUESTS_PER_THREAD_MAX = 2;

interface PendingRequest {
  readonly id: number;
  readonly request: DecodeRequest;
  readonly resolve: (result: DecodeResult) => void;
  readonly reject: (error: CodedError) => void;
}

interface DecodeThread {
  readonly worker: Worker;
  readonly inHand: Map<number, PendingRequest>;
  readonly left: Promise<void>;
}

/**
 * @param needs  the time that a thread gets to stop
 * @throws INVARIANT_BROKEN for options that make no sense
 */
export function createChunkDecoder(needs: { clock: Clock }, options: ChunkDecoderOptions): ChunkDecoder {
  const { threadCount, pendingRequestCountMax } = options;
  assertInvariant(
    Number.isInteger(threadCount) && threadCount >= 1 && threadCount <= 64,
    "1 to 64 decode threads",
  );
  assertInvariant(pendingRequestCountMax >= 1, "at least one pending request");
  return new ThreadedChunkDecoder(needs, options);
}

class ThreadedChunkDecoder implements ChunkDecoder {
  readonly #clock: Clock;
  readonly #options: ChunkDecoderOptions;
  readonly #threads: DecodeThread[] = [];
  readonly #queue: PendingRequest[] = [];
  /** Callers who wait for a place. */
  readonly #waiting: (() => void)[] = [];
  #pendingCount = 0;
  #nextId = 0;
  #failure: CodedError | undefined;
  #closeError: CodedError | undefined;
  #closing: Promise<void> | undefined;

  constructor(needs: { clock: Clock }, options: ChunkDecoderOptions) {
    this.#clock = needs.clock;
    this.#options = options;
  }

  async decode(request: DecodeRequest): Promise<{ readonly result: Promise<DecodeResult> }> {
    while (this.#pendingCount >= this.#options.pendingRequestCountMax && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#closing !== undefined) throw baseErrors.CANCELLED({});
    }
    assertInvariant(this.#closing === undefined, "a closed decoder gets no more requests");
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<DecodeResult>();
    // A caller may gather results later; until then a failure must not end the process as unhandled.
    promise.catch(() => undefined);
    this.#pendingCount++;
    this.#queue.push({ id: this.#nextId++, request, resolve, reject });
    this.#dispatch();
    return { result: promise };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#pickThread();
      if (thread === undefined) return;
      const pending = this.#queue.shift();
      if (pending === undefined) return;
      // Threads hold the process only while somebody waits for them.
      if (thread.inHand.size === 0) thread.worker.ref();
      thread.inHand.set(pending.id, pending);
      const message: DecodeThreadRequest = { id: pending.id, request: pending.request };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      thread.worker.postMessage(message);
    }
  }

  /** An idle thread, else a new one, else the one with the fewest requests if that is few enough. */
  #pickThread(): DecodeThread | undefined {
    let best: DecodeThread | undefined;
    for (const thread of this.#threads)
      if (thread.inHand.size < (best?.inHand.size ?? Infinity)) best = thread;
    if (best?.inHand.size === 0) return best;
    if (this.#threads.length < this.#options.threadCount) return this.#startThread();
    return best !== undefined && best.inHand.size < REQUESTS_PER_THREAD_MAX ? best : undefined;
  }

  #startThread(): DecodeThread {
    const { reader, consumer, encryptionKey } = this.#options;
    const workerData: DecodeThreadData = { reader, consumer, encryptionKey };
    const worker = startThread(new URL("./decode-thread.ts", import.meta.url), "decode", workerData);
    const inHand = new Map<number, PendingRequest>();
    worker.on("message", (answer: DecodeThreadAnswer) => {
      this.#onAnswer(inHand, answer);
      if (inHand.size === 0 && this.#closing === undefined) worker.unref();
    });
    worker.on("error", (error: unknown) =>
      this.#lose(error instanceof Error ? error.message : String(error)),
    );
    const left = new Promise<void>((resolve) => {
      worker.on("exit", (exitCode) => {
        this.#lose(`it ended with code ${exitCode}`);
        resolve();
      });
    });
    const thread = { worker, inHand, left };
    this.#threads.push(thread);
    return thread;
  }

  #onAnswer(inHand: Map<number, PendingRequest>, answer: DecodeThreadAnswer): void {
    if ("failed" in answer) return this.#fail(new CodedError(answer.failed));
    if ("closed" in answer) {
      if (answer.closed !== undefined) this.#closeError ??= new CodedError(answer.closed);
      return;
    }
    const pending = inHand.get(answer.id);
    if (pending === undefined) return;
    inHand.delete(answer.id);
    this.#pendingCount--;
    if ("result" in answer) pending.resolve(answer.result);
    else pending.reject(new CodedError(answer.error));
    this.#waiting.shift()?.();
    this.#dispatch();
  }

  /** What is queued is cancelled, what is in hand is finished; a thread that takes too long is ended by force. */
  async #close(): Promise<void> {
    for (const pending of this.#queue.splice(0)) {
      this.#pendingCount--;
      pending.reject(baseErrors.CANCELLED({}));
    }
    for (const wake of this.#waiting.splice(0)) wake();
    const message: DecodeThreadRequest = "close";
    for (const thread of this.#threads) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      thread.worker.postMessage(message);
    }
    await Promise.all(this.#threads.map((thread) => waitUntilLeft(this.#clock, thread.worker, thread.left)));
    this.#fail(formatErrors.COMPUTE_THREAD_LOST({ detail: "it did not stop in time" }));
    if (this.#closeError !== undefined) throw this.#closeError;
  }

  #lose(detail: string): void {
    if (this.#closing === undefined) this.#fail(formatErrors.COMPUTE_THREAD_LOST({ detail }));
  }

  /** Answers everything that is pending and everybody who waits. */
  #fail(error: CodedError): void {
    this.#failure ??= error;
    const all = [...this.#queue.splice(0), ...this.#threads.flatMap((thread) => [...thread.inHand.values()])];
    for (const thread of this.#threads) thread.inHand.clear();
    this.#pendingCount = 0;
    for (const pending of all) pending.reject(this.#failure);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
