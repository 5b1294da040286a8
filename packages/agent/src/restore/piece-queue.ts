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
import { packPieces } from "./chunk-task.ts";
import type { ChunkAnswer, FilePiece } from "./chunk-task.ts";

const WINDOW_CHUNK_COUNT_MAX = 96;
/** Bounds the memory of the window: some hundred bytes for each piece. */
const WINDOW_PIECE_COUNT_MAX = 32_768;
const NAMED_PATH_COUNT_MAX = 10;

export interface ChunkPlace {
  readonly digest: Uint8Array;
  readonly rawSizeBytes: number;
  readonly encrypted: boolean;
}

interface WaitingChunk extends ChunkPlace {
  readonly pieces: FilePiece[];
}

export interface PieceQueueListener {
  /** A chunk's pieces are written, with what did not go well. May throw, which ends the restore. */
  onWritten(pieces: readonly FilePiece[], answer: ChunkAnswer, storedSizeBytes: number): void;
}

export class PieceQueue {
  readonly #decoder: ChunkDecoder;
  readonly #listener: PieceQueueListener;
  readonly #waiting = new Map<string, WaitingChunk>();
  #pieceCount = 0;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;

  constructor(decoder: ChunkDecoder, listener: PieceQueueListener) {
    this.#decoder = decoder;
    this.#listener = listener;
  }

  add(place: ChunkPlace, piece: FilePiece): void {
    const key = `${Buffer.from(place.digest).toString("latin1")}${place.rawSizeBytes}`;
    let chunk = this.#waiting.get(key);
    if (chunk === undefined) this.#waiting.set(key, (chunk = { ...place, pieces: [] }));
    chunk.pieces.push(piece);
    this.#pieceCount++;
  }

  /** True when `relieve` has to be awaited before more is added. */
  get isFull(): boolean {
    return (
      this.#failure !== undefined ||
      this.#waiting.size > WINDOW_CHUNK_COUNT_MAX ||
      this.#pieceCount > WINDOW_PIECE_COUNT_MAX
    );
  }

  /** Dispatches the oldest chunk. @throws the first failure of any chunk */
  async relieve(): Promise<void> {
    this.#throwFailure();
    const oldest = this.#waiting.entries().next();
    if (oldest.done === true) return;
    const [key, chunk] = oldest.value;
    this.#waiting.delete(key);
    this.#pieceCount -= chunk.pieces.length;
    const { digest, rawSizeBytes, encrypted, pieces } = chunk;
    const { result } = await this.#decoder.decode({
      digest,
      rawSizeBytes,
      encrypted,
      task: packPieces(pieces),
    });
    const written = this.#settle(chunk, result);
    this.#underWay.add(written);
    void written.then(() => this.#underWay.delete(written));
  }

  /** Writes everything that waits. @throws the first failure of any chunk, when nothing is under way any more */
  async drain(): Promise<void> {
    while (this.#waiting.size > 0 && this.#failure === undefined) await this.relieve();
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects: the first failure is kept for `relieve` and `drain`. */
  async #settle(chunk: WaitingChunk, result: Promise<DecodeResult>): Promise<void> {
    try {
      const { answer, storedSizeBytes } = await result;
      // The consumer `chunk-writer.ts` answers with this.
      this.#listener.onWritten(chunk.pieces, answer as ChunkAnswer, storedSizeBytes);
    } catch (thrown) {
      this.#failure ??= chunkFailed(chunk, thrown);
    }
  }
}

const CHUNK_FAILURE_CODES: ReadonlySet<string> = new Set([
  "CHUNK_MISSING",
  "CHUNK_CORRUPT",
  "DISK_READ_FAILED",
]);

/** Says which files the chunk was of. */
function chunkFailed(chunk: WaitingChunk, thrown: unknown): unknown {
  if (!(thrown instanceof CodedError) || !CHUNK_FAILURE_CODES.has(thrown.code)) return thrown;
  const paths = [...new Set(chunk.pieces.map((piece) => textOf(piece.path)))];
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
