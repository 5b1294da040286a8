/**
 * Brings filled slots to the compute threads and results back, on the caller's side.
 *
 * Small work never leaves the caller's thread: a thread costs some 40 ms to start, which pays off only after about
 * 12 MiB of new data or 48 MiB of known data. From there on threads are started while the caller would have to wait
 * for them anyway, twice as many each time. Until the first one is ready a waiting caller does the work itself.
 *
 * Invariant of the slots: a stream holds at most one slot (two while it moves the bytes behind a cut), each job under
 * way holds one, and there are enough for all of that; so taking a slot never waits, only handing over does.
 */

import { assertInvariant, baseErrors, toCodedError } from "@ironcore-backup/base";
import type { Clock, CodedError } from "@ironcore-backup/base";
import { slotStart } from "../chunker/chunk-memory.ts";
import type { ChunkMemory } from "../chunker/chunk-memory.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { ComputeThreads } from "./compute-threads.ts";
import type { ChunkJobResult, JobBoard } from "./job-board.ts";

const NEW_CHUNK_WORK_FACTOR = 4;
/** A blocked caller looks this often whether its threads are alive. */
const LIVENESS_CHECK_INTERVAL_MS = 250;

export interface ChunkHandoverParts {
  readonly memory: ChunkMemory;
  readonly board: JobBoard;
  readonly threads: ComputeThreads;
  readonly threadCount: number;
  readonly pendingChunkCountMax: number;
  readonly inlineWorkSizeBytesMax: number;
  /** The same work as the threads do, for the caller's thread. */
  readonly work: ChunkWork;
}

interface PendingJob {
  readonly sequence: number;
  readonly slot: number;
  readonly onResult: (result: ChunkJobResult) => void;
}

export class ChunkHandover {
  readonly #clock: Clock;
  readonly #parts: ChunkHandoverParts;
  readonly #bytes: Uint8Array;
  readonly #freeSlots: number[];
  #pending: PendingJob[] = [];
  #nextSequence = 0;
  #seenEventCount = 0;
  #inlineWorkSizeBytes = 0;
  #blockedMs = 0;
  #failure: CodedError | undefined;

  constructor(needs: { clock: Clock }, parts: ChunkHandoverParts) {
    this.#clock = needs.clock;
    this.#parts = parts;
    this.#bytes = new Uint8Array(parts.memory.memory.buffer);
    this.#freeSlots = Array.from({ length: parts.memory.slotCount }, (_, slot) => slot).reverse();
  }

  get blockedMs(): number {
    return this.#blockedMs;
  }

  /** The last one released is the first one taken, so that few slots are ever touched. */
  takeSlot(): number {
    const slot = this.#freeSlots.pop();
    assertInvariant(slot !== undefined, "a free slot for every stream and every pending chunk");
    return slot;
  }

  releaseSlot(slot: number): void {
    this.#freeSlots.push(slot);
  }

  /** Address of the slot's first byte; also its offset in `bytes`. */
  startOf(slot: number): number {
    return slotStart(this.#parts.memory, slot);
  }

  /** All of the chunk memory. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Hands over the first bytes of a slot, which is released when they are done with. Blocks while too much is pending.
   * `onResult` is called by this or a later call on the same thread, jobs in any order.
   */
  submit(slot: number, sizeBytes: number, detectZeros: boolean, onResult: PendingJob["onResult"]): void {
    this.assertSound();
    if (this.#isSmallWork()) {
      const address = this.startOf(slot);
      const result = this.processHere(this.#bytes.subarray(address, address + sizeBytes), detectZeros);
      this.releaseSlot(slot);
      onResult(result);
      return;
    }
    const { board, pendingChunkCountMax } = this.#parts;
    this.waitUntil(() => this.#pending.length < pendingChunkCountMax && this.#isEntryFree());
    const sequence = this.#nextSequence++;
    this.#pending.push({ sequence, slot, onResult });
    board.publish(sequence, { address: this.startOf(slot), sizeBytes, detectZeros });
    if (this.#parts.threads.startedCount() === 0) this.#parts.threads.start(1);
  }

  /** Processes one chunk on this thread. @throws what the writer throws; the pipeline has failed then */
  processHere(raw: Uint8Array, detectZeros: boolean): ChunkJobResult {
    try {
      const result = this.#parts.work.process(raw, detectZeros);
      this.#inlineWorkSizeBytes += raw.length * (result.outcome === "stored" ? NEW_CHUNK_WORK_FACTOR : 1);
      return result;
    } catch (thrown) {
      throw this.fail(thrown);
    }
  }

  /** Picks up what is finished. @throws the first failure */
  poll(): void {
    this.assertSound();
    const eventCount = this.#parts.board.eventCount();
    if (eventCount === this.#seenEventCount) return;
    this.#seenEventCount = eventCount;
    this.#pickUpFinished();
  }

  /** Picks up results until the condition holds. @throws the first failure */
  waitUntil(isFulfilled: () => boolean): void {
    for (;;) {
      this.poll();
      if (isFulfilled()) return;
      this.#waitOnce();
    }
  }

  assertSound(): void {
    this.#failure ??= this.#parts.board.failure();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Every later call throws this, unless something else failed before. @returns the error to throw */
  fail(thrown: unknown): CodedError {
    this.#failure ??= toCodedError(thrown);
    this.#parts.board.fail(this.#failure.toJSON());
    return this.#failure;
  }

  /** Ends the threads. Every later call throws. Resolves with a failure that no call has thrown yet. */
  async close(): Promise<CodedError | undefined> {
    await this.#parts.threads.close();
    const unseen = this.#failure === undefined ? this.#parts.board.failure() : undefined;
    this.#failure ??=
      unseen ?? baseErrors.INVARIANT_BROKEN({ invariant: "a closed pipeline gets no more calls" });
    this.#pending = [];
    return unseen;
  }

  #isSmallWork(): boolean {
    const { threadCount, threads, inlineWorkSizeBytesMax } = this.#parts;
    if (threadCount === 0) return true;
    return threads.startedCount() === 0 && this.#inlineWorkSizeBytes < inlineWorkSizeBytesMax;
  }

  /** The entry that the next job will use was picked up. The oldest pending job may still sit there. */
  #isEntryFree(): boolean {
    const oldest = this.#pending[0];
    return oldest === undefined || this.#nextSequence - oldest.sequence < this.#parts.board.entryCount;
  }

  #pickUpFinished(): void {
    const still: PendingJob[] = [];
    const finished: [PendingJob, ChunkJobResult][] = [];
    for (const job of this.#pending) {
      const result = this.#parts.board.pickUp(job.sequence);
      if (result === undefined) still.push(job);
      else finished.push([job, result]);
    }
    this.#pending = still;
    for (const [job, result] of finished) {
      this.releaseSlot(job.slot);
      job.onResult(result);
    }
  }

  #waitOnce(): void {
    const { board, threads } = this.#parts;
    if (board.readyThreadCount() === 0 && this.#workOnOneJob()) return;
    this.#startMoreThreads();
    const startedAt = this.#clock.elapsedMs();
    const isEvent = board.waitForEvent(this.#seenEventCount, LIVENESS_CHECK_INTERVAL_MS);
    this.#blockedMs += this.#clock.elapsedMs() - startedAt;
    if (!isEvent) threads.checkAlive();
  }

  /** The caller has to wait although all threads are ready: they are the bottleneck, so more of them help. */
  #startMoreThreads(): void {
    const { board, threads, threadCount } = this.#parts;
    const started = threads.startedCount();
    if (started >= threadCount || board.readyThreadCount() < started) return;
    threads.start(Math.min(Math.max(1, started), threadCount - started));
  }

  #workOnOneJob(): boolean {
    const { board } = this.#parts;
    const sequence = board.tryTake();
    if (sequence === undefined) return false;
    const job = board.jobAt(sequence);
    const raw = this.#bytes.subarray(job.address, job.address + job.sizeBytes);
    board.finish(sequence, this.processHere(raw, job.detectZeros));
    return true;
  }
}
