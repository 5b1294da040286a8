/**
 * The shared words by which the caller's thread and the compute threads hand chunks to each other.
 *
 * A job is one chunk lying in the chunk memory. The caller publishes jobs in sequence; threads take them in sequence
 * and finish them in any order; the caller picks up what is finished. An entry is re-used only after that.
 *
 * Words that are waited on:
 * - PUBLISHED: twice the number of published jobs, plus 1 once the board is stopped. Idle threads wait on it. A stop
 *   changes this very word, so it cannot fall between a thread's look and its sleep.
 * - FINISHED: grows with every finished job, with every thread that is ready, and with a failure. The caller waits on it.
 *
 * States of an entry: OPEN (published, perhaps taken) -> FINISHED (results written) -> picked up by the caller.
 * A failure is written once, by the first who fails, and stops the board.
 */

import { assertInvariant, baseErrors, CodedError, isErrorShape } from "@ironcore-backup/base";
import type { ErrorShape } from "@ironcore-backup/base";

const PUBLISHED = 0;
const TAKEN = 1;
const FINISHED = 2;
const FAILURE_STATE = 3;
const FAILURE_SIZE = 4;
const READY_THREADS = 5;
const THREAD_TABLE = 16;
const THREAD_COUNT_MAX = 240;
const ENTRY_TABLE = THREAD_TABLE + THREAD_COUNT_MAX;

const ENTRY_WORDS = 32;
const ENTRY_STATE = 0;
const ENTRY_ADDRESS = 1;
const ENTRY_SIZE = 2;
const ENTRY_DETECT_ZEROS = 3;
const ENTRY_OUTCOME = 4;
const ENTRY_COMPRESSED_SIZE = 5;
const ENTRY_STORED_SIZE = 6;
const ENTRY_HASH_US = 7;
const ENTRY_COMPRESS_US = 8;
const ENTRY_ENCRYPT_US = 9;
const ENTRY_INSERT_US = 10;
const ENTRY_DIGEST = 16;

const OPEN = 1;
const DONE = 2;

const FAILURE_SIZE_BYTES_MAX = 16_384;
const STOP_BIT = 1;
/** Counts wrap here; they are compared for equality only. */
const SEQUENCE_MODULUS = 2 ** 30;

/** A chunk in the chunk memory. */
export interface ChunkJob {
  readonly address: number;
  readonly sizeBytes: number;
  /** Whether an all-zero chunk is likely enough to look for it before hashing. */
  readonly detectZeros: boolean;
}

/** What became of a chunk. Sizes are 0 for a known chunk. */
export interface ChunkJobResult {
  readonly digest: Uint8Array;
  readonly outcome: "stored" | "known";
  readonly compressedSizeBytes: number;
  readonly storedSizeBytes: number;
  readonly hashMs: number;
  readonly compressMs: number;
  readonly encryptMs: number;
  readonly insertMs: number;
}

/** @param entryCount  jobs that may be published and not picked up; a power of two */
export function createJobBoard(entryCount: number): JobBoard {
  assertInvariant(Number.isInteger(Math.log2(entryCount)), "a job board has a power of two of entries");
  return new JobBoard(
    new SharedArrayBuffer((ENTRY_TABLE + entryCount * ENTRY_WORDS) * 4 + FAILURE_SIZE_BYTES_MAX),
  );
}

/** One thread's door to the board. */
export class JobBoard {
  /** To be posted to threads, which make their own door from it. */
  readonly shared: SharedArrayBuffer;
  readonly entryCount: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #failureBytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    const wordCount = (shared.byteLength - FAILURE_SIZE_BYTES_MAX) / 4;
    this.shared = shared;
    this.entryCount = (wordCount - ENTRY_TABLE) / ENTRY_WORDS;
    this.#words = new Int32Array(shared, 0, wordCount);
    this.#bytes = new Uint8Array(shared);
    this.#failureBytes = new Uint8Array(shared, wordCount * 4);
  }

  // The caller's side.

  /** @param sequence  the count of jobs published before; its entry must have been picked up */
  publish(sequence: number, job: ChunkJob): void {
    const words = this.#words;
    const entry = this.#entryOf(sequence);
    words[entry + ENTRY_ADDRESS] = job.address;
    words[entry + ENTRY_SIZE] = job.sizeBytes;
    words[entry + ENTRY_DETECT_ZEROS] = job.detectZeros ? 1 : 0;
    Atomics.store(words, entry + ENTRY_STATE, OPEN);
    // Adding two lets the stop bit stand, should it come between; the count wraps with the word.
    Atomics.add(words, PUBLISHED, 2);
    Atomics.notify(words, PUBLISHED, 1);
  }

  /** The result of a finished job, with a digest of its own; undefined while it is under way. */
  pickUp(sequence: number): ChunkJobResult | undefined {
    const entry = this.#entryOf(sequence);
    if (Atomics.load(this.#words, entry + ENTRY_STATE) !== DONE) return undefined;
    const digestAt = (entry + ENTRY_DIGEST) * 4;
    const wordAt = (field: number): number => this.#words[entry + field] ?? 0;
    return {
      digest: this.#bytes.slice(digestAt, digestAt + 32),
      outcome: wordAt(ENTRY_OUTCOME) === 0 ? "stored" : "known",
      compressedSizeBytes: wordAt(ENTRY_COMPRESSED_SIZE),
      storedSizeBytes: wordAt(ENTRY_STORED_SIZE),
      hashMs: wordAt(ENTRY_HASH_US) / 1000,
      compressMs: wordAt(ENTRY_COMPRESS_US) / 1000,
      encryptMs: wordAt(ENTRY_ENCRYPT_US) / 1000,
      insertMs: wordAt(ENTRY_INSERT_US) / 1000,
    };
  }

  /** Changes whenever something happened that the caller may be waiting for. */
  eventCount(): number {
    return Atomics.load(this.#words, FINISHED);
  }

  /** Blocks until `eventCount` differs from `seen`. @returns false when the time ran out */
  waitForEvent(seen: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#words, FINISHED, seen, timeoutMs) !== "timed-out";
  }

  failure(): CodedError | undefined {
    if (Atomics.load(this.#words, FAILURE_STATE) !== DONE) return undefined;
    const text = new TextDecoder().decode(this.#failureBytes.slice(0, this.#words[FAILURE_SIZE]));
    const shape: unknown = JSON.parse(text);
    return isErrorShape(shape) ? new CodedError(shape) : baseErrors.INTERNAL_ERROR({ detail: text });
  }

  readyThreadCount(): number {
    return Atomics.load(this.#words, READY_THREADS);
  }

  /** Kernel id of a thread that has started and not left; 0 otherwise or where the system has no such ids. */
  threadIdOf(threadIndex: number): number {
    return Atomics.load(this.#words, THREAD_TABLE + threadIndex);
  }

  // The threads' side; the caller uses `tryTake` and `finish` too, while no thread is ready.

  /** Blocks for the next job. Undefined: the board was stopped. */
  take(): number | undefined {
    for (;;) {
      const found = this.#takeOrSeen();
      if ("sequence" in found) return found.sequence;
      if ((found.seen & STOP_BIT) !== 0) return undefined;
      Atomics.wait(this.#words, PUBLISHED, found.seen);
    }
  }

  tryTake(): number | undefined {
    const found = this.#takeOrSeen();
    return "sequence" in found ? found.sequence : undefined;
  }

  jobAt(sequence: number): ChunkJob {
    const entry = this.#entryOf(sequence);
    return {
      address: this.#words[entry + ENTRY_ADDRESS] ?? 0,
      sizeBytes: this.#words[entry + ENTRY_SIZE] ?? 0,
      detectZeros: this.#words[entry + ENTRY_DETECT_ZEROS] === 1,
    };
  }

  finish(sequence: number, result: ChunkJobResult): void {
    const words = this.#words;
    const entry = this.#entryOf(sequence);
    words[entry + ENTRY_OUTCOME] = result.outcome === "stored" ? 0 : 1;
    words[entry + ENTRY_COMPRESSED_SIZE] = result.compressedSizeBytes;
    words[entry + ENTRY_STORED_SIZE] = result.storedSizeBytes;
    words[entry + ENTRY_HASH_US] = result.hashMs * 1000;
    words[entry + ENTRY_COMPRESS_US] = result.compressMs * 1000;
    words[entry + ENTRY_ENCRYPT_US] = result.encryptMs * 1000;
    words[entry + ENTRY_INSERT_US] = result.insertMs * 1000;
    this.#bytes.set(result.digest, (entry + ENTRY_DIGEST) * 4);
    Atomics.store(words, entry + ENTRY_STATE, DONE);
    this.#announce();
  }

  /** This thread is ready to take jobs. */
  enter(threadIndex: number, kernelThreadId: number): void {
    Atomics.store(this.#words, THREAD_TABLE + threadIndex, kernelThreadId);
    Atomics.add(this.#words, READY_THREADS, 1);
    this.#announce();
  }

  /** This thread is about to end as it should. */
  leave(threadIndex: number): void {
    Atomics.store(this.#words, THREAD_TABLE + threadIndex, 0);
  }

  // Anybody's.

  /** Keeps the first failure and stops the board. */
  fail(error: ErrorShape): void {
    const words = this.#words;
    if (Atomics.compareExchange(words, FAILURE_STATE, 0, OPEN) === 0) {
      const encoded = encodeFailure(error);
      this.#failureBytes.set(encoded);
      words[FAILURE_SIZE] = encoded.length;
      Atomics.store(words, FAILURE_STATE, DONE);
    }
    this.stop();
    this.#announce();
  }

  /** Threads end after the job in their hands; jobs not taken stay undone. */
  stop(): void {
    Atomics.or(this.#words, PUBLISHED, STOP_BIT);
    Atomics.notify(this.#words, PUBLISHED);
  }

  isStopped(): boolean {
    return (Atomics.load(this.#words, PUBLISHED) & STOP_BIT) !== 0;
  }

  #entryOf(sequence: number): number {
    return ENTRY_TABLE + (sequence & (this.entryCount - 1)) * ENTRY_WORDS;
  }

  #announce(): void {
    Atomics.add(this.#words, FINISHED, 1);
    Atomics.notify(this.#words, FINISHED);
  }

  /** Takes the next job, or says which value of PUBLISHED meant that there is none. */
  #takeOrSeen(): { readonly sequence: number } | { readonly seen: number } {
    for (;;) {
      const taken = Atomics.load(this.#words, TAKEN);
      const seen = Atomics.load(this.#words, PUBLISHED);
      if ((seen & STOP_BIT) !== 0 || (seen >>> 1) % SEQUENCE_MODULUS === taken) return { seen };
      const next = (taken + 1) % SEQUENCE_MODULUS;
      if (Atomics.compareExchange(this.#words, TAKEN, taken, next) === taken) return { sequence: taken };
    }
  }
}

/** A shape too long for its place keeps its code and remedy and loses its context. */
function encodeFailure(error: ErrorShape): Uint8Array {
  const whole = new TextEncoder().encode(JSON.stringify(error));
  if (whole.length <= FAILURE_SIZE_BYTES_MAX) return whole;
  const short = {
    ...error,
    message: error.message.slice(0, 2000),
    remedy: error.remedy.slice(0, 500),
    context: {},
  };
  return new TextEncoder().encode(JSON.stringify(short));
}
