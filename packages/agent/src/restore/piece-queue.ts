/**
 * Gathers the pieces of files chunk by chunk and has the decode threads write them.
 *
 * After some incremental backups the same chunk stands in an archive many times, with small new ones in between. Pieces
 * are therefore gathered by digest over a window of chunks, so that each is fetched and decoded about once. The oldest
 * chunk of the window is dispatched when the window is full; the decoder holds the caller back while its threads are
 * busy.
 */

import { CodedError, digestFromBytes } from "@ironcore-backup/base";
import type { ChunkDecoder, DecodeResult } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { PieceBatch } from "./chunk-task.ts";
import type { ChunkAnswer, FilePiece } from "./chunk-task.ts";

const WINDOW_CHUNK_COUNT_MAX = 96;
/** Bounds the memory of the window: some hundred bytes for each piece. */
const WINDOW_PIECE_COUNT_MAX = 8192;
/**
 * A chunk of tiny files is decoded more than once, so that one task neither takes seconds nor much memory: making this many
 * files takes far longer than decoding.
 */
const BATCH_PIECE_COUNT_MAX = 4096;
const NAMED_PATH_COUNT_MAX = 10;

export interface ChunkPlace {
  readonly digest: Uint8Array;
  readonly rawSizeBytes: number;
  readonly encrypted: boolean;
}

interface WaitingChunk extends ChunkPlace {
  readonly batch: PieceBatch;
  wholeCount: number;
  /** Files of which this chunk holds a part, once for each part. */
  readonly partPaths: string[];
}

export interface WrittenChunk {
  readonly wholeCount: number;
  readonly partPaths: readonly string[];
  readonly storedSizeBytes: number;
  readonly answer: ChunkAnswer;
}

/** A chunk that the store cannot give. */
export interface DamagedChunk {
  readonly wholePaths: readonly string[];
  readonly partPaths: readonly string[];
  /** RESTORE_CHUNK_FAILED */
  readonly error: Error;
}

export interface PieceQueueListener {
  /** A chunk's pieces are written, with what did not go well. May throw, which ends the restore. */
  onWritten(written: WrittenChunk): void;
  /** Throws to end the restore; returns to go on without the files. */
  onDamaged(damaged: DamagedChunk): void;
}

type Pace = (bytes: number) => Promise<void> | undefined;

export class PieceQueue {
  readonly #decoder: ChunkDecoder;
  readonly #listener: PieceQueueListener;
  readonly #waiting = new Map<string, WaitingChunk>();
  /** Batches that are as large as they may get. */
  readonly #ready: WaitingChunk[] = [];
  #pieceCount = 0;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;
  readonly #pace: Pace;
  /** Read since the pace was last asked. */
  #unpacedBytes = 0;

  /** @param pace  told of what was read; what it returns is awaited before the next chunk is dispatched */
  constructor(decoder: ChunkDecoder, listener: PieceQueueListener, pace: Pace = () => undefined) {
    this.#decoder = decoder;
    this.#listener = listener;
    this.#pace = pace;
  }

  add(place: ChunkPlace, piece: FilePiece): void {
    const key = `${Buffer.from(place.digest).toString("latin1")}${place.rawSizeBytes}`;
    let chunk = this.#waiting.get(key);
    if (chunk === undefined) {
      this.#waiting.set(key, (chunk = { ...place, batch: new PieceBatch(), wholeCount: 0, partPaths: [] }));
    }
    chunk.batch.add(piece);
    if (piece.whole === undefined) chunk.partPaths.push(piece.path);
    else chunk.wholeCount++;
    this.#pieceCount++;
    if (chunk.batch.count < BATCH_PIECE_COUNT_MAX) return;
    this.#waiting.delete(key);
    this.#ready.push(chunk);
  }

  /** True when `relieve` has to be awaited before more is added. */
  get isFull(): boolean {
    return (
      this.#failure !== undefined ||
      this.#ready.length > 0 ||
      this.#waiting.size > WINDOW_CHUNK_COUNT_MAX ||
      this.#pieceCount > WINDOW_PIECE_COUNT_MAX
    );
  }

  /** Dispatches the oldest chunk. @throws the first failure of any chunk */
  async relieve(): Promise<void> {
    this.#throwFailure();
    await this.#keepPace();
    const chunk = this.#ready.shift() ?? this.#takeOldest();
    if (chunk === undefined) return;
    this.#pieceCount -= chunk.batch.count;
    const { digest, rawSizeBytes, encrypted, batch } = chunk;
    const { result } = await this.#decoder.decode({ digest, rawSizeBytes, encrypted, task: batch.pack() });
    const written = this.#settle(chunk, result);
    this.#underWay.add(written);
    void written.then(() => this.#underWay.delete(written));
  }

  #takeOldest(): WaitingChunk | undefined {
    const oldest = this.#waiting.entries().next();
    if (oldest.done === true) return undefined;
    const [key, chunk] = oldest.value;
    this.#waiting.delete(key);
    return chunk;
  }

  /**
   * Writes everything that waits.
   * @param pause  awaited after each chunk that was dispatched
   * @throws the first failure of any chunk, when nothing is under way any more; what `pause` throws
   */
  async drain(pause: () => Promise<void> | undefined = () => undefined): Promise<void> {
    while (this.#pieceCount > 0 && this.#failure === undefined) {
      await this.relieve();
      await pause();
    }
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await this.#keepPace();
  }

  #keepPace(): Promise<void> | undefined {
    const readBytes = this.#unpacedBytes;
    this.#unpacedBytes = 0;
    return readBytes === 0 ? undefined : this.#pace(readBytes);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects: the first failure is kept for `relieve` and `drain`. */
  async #settle(chunk: WaitingChunk, result: Promise<DecodeResult>): Promise<void> {
    const { wholeCount, partPaths } = chunk;
    try {
      const { answer, storedSizeBytes } = await result;
      this.#unpacedBytes += storedSizeBytes;
      // The consumer `chunk-writer.ts` answers with this.
      this.#listener.onWritten({ wholeCount, partPaths, storedSizeBytes, answer: answer as ChunkAnswer });
    } catch (thrown) {
      this.#fail(chunk, thrown);
    }
  }

  #fail(chunk: WaitingChunk, thrown: unknown): void {
    try {
      if (!isChunkFailure(thrown)) throw thrown;
      const parts = new Set(chunk.partPaths);
      const wholePaths = chunk.batch.paths.filter((path) => !parts.has(path));
      this.#listener.onDamaged({ wholePaths, partPaths: chunk.partPaths, error: chunkFailed(chunk, thrown) });
    } catch (failure) {
      this.#failure ??= failure;
    }
  }
}

const CHUNK_FAILURE_CODES: ReadonlySet<string> = new Set([
  "CHUNK_MISSING",
  "CHUNK_CORRUPT",
  "DISK_READ_FAILED",
]);

function isChunkFailure(thrown: unknown): thrown is CodedError {
  return thrown instanceof CodedError && CHUNK_FAILURE_CODES.has(thrown.code);
}

/** Says which files the chunk was of. */
function chunkFailed(chunk: WaitingChunk, thrown: CodedError): Error {
  const paths = [...new Set(chunk.batch.paths.map(textOf))];
  const named = paths.slice(0, NAMED_PATH_COUNT_MAX).join(", ");
  const more = paths.length > NAMED_PATH_COUNT_MAX ? ", …" : "";
  return agentErrors.RESTORE_CHUNK_FAILED(
    {
      digest: digestFromBytes(chunk.digest),
      paths: named + more,
      pathCount: paths.length,
      detail: thrown.message,
    },
    thrown,
  );
}
