/**
 * Copies file contents into a chunk stream: straight into the stream's own memory, holes without reading them.
 *
 * What was announced is what is written: a file that turned out shorter is filled up with zero bytes, one that grew is cut.
 */

import type { ChunkStream } from "@ironcore-backup/format";
import type { Breather } from "../breather.ts";
import { EINTR, ENXIO } from "../syscalls/errno.ts";
import { seekData, seekHole } from "../syscalls/directory.ts";
import { libc, orErrno } from "../syscalls/libc.ts";
import type { ZeroWriter } from "./zero-writer.ts";

/** Holes below this are cheaper to write as zeros than to look for. */
export const SPARSE_SIZE_BYTES_MIN = 64 * 1024;
/** Longer stretches of zeros are written in pieces, so that the event loop runs in between. */
const ZEROS_SIZE_BYTES_MAX = 256 * 1024 * 1024;

export interface CopyOutcome {
  /** Bytes that really came from the source. */
  readonly readBytes: number;
  /** Bytes of holes, not read. */
  readonly holeBytes: number;
  /** 0: as announced. Negative error number: reading failed there. 1: the file ended early. */
  readonly failure: number;
}

export const ENDED_EARLY = 1;

/**
 * Reads once into the stream. Returns the count, 0 at the end of the file, or a negative error number.
 */
export function readOnce(stream: ChunkStream, fd: number, positionBytes: number, countMax: number): number {
  const view = stream.reserve();
  const wanted = Math.min(view.length, countMax);
  for (;;) {
    const count = orErrno(libc().pread(fd, view, wanted, positionBytes));
    if (count === -EINTR) continue;
    if (count > 0) stream.commit(count);
    return count;
  }
}

export class SourceReader {
  readonly #breather: Breather;
  readonly #zeros: ZeroWriter;
  readonly #onBytes: (count: number) => void;

  /** @param onBytes  told of every piece, holes included, for the progress */
  constructor(breather: Breather, zeros: ZeroWriter, onBytes: (count: number) => void) {
    this.#breather = breather;
    this.#zeros = zeros;
    this.#onBytes = onBytes;
  }

  /** Writes exactly `sizeBytes` bytes to the stream, from an open file. */
  async copy(stream: ChunkStream, fd: number, sizeBytes: number, isSparse: boolean): Promise<CopyOutcome> {
    return isSparse
      ? this.#copySparse(stream, fd, sizeBytes)
      : this.#copyRange(stream, fd, 0, sizeBytes, sizeBytes);
  }

  /** One stretch of a file; what is missing at its end is filled up to `fillToBytes`. */
  async #copyRange(
    stream: ChunkStream,
    fd: number,
    fromBytes: number,
    toBytes: number,
    fillToBytes: number,
  ): Promise<CopyOutcome> {
    let at = fromBytes;
    let failure = 0;
    while (at < toBytes) {
      const count = readOnce(stream, fd, at, toBytes - at);
      if (count <= 0) {
        failure = count === 0 ? ENDED_EARLY : count;
        break;
      }
      at += count;
      this.#onBytes(count);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    if (failure !== 0) await this.zeros(stream, fillToBytes - at);
    return { readBytes: at - fromBytes, holeBytes: 0, failure };
  }

  async #copySparse(stream: ChunkStream, fd: number, sizeBytes: number): Promise<CopyOutcome> {
    let readBytes = 0;
    let holeBytes = 0;
    for (let at = 0; at < sizeBytes;) {
      const { dataBytes, endBytes } = nextStretch(fd, at, sizeBytes);
      await this.zeros(stream, dataBytes - at);
      holeBytes += dataBytes - at;
      const part = await this.#copyRange(stream, fd, dataBytes, endBytes, sizeBytes);
      readBytes += part.readBytes;
      if (part.failure !== 0) return { readBytes, holeBytes, failure: part.failure };
      at = endBytes;
    }
    return { readBytes, holeBytes, failure: 0 };
  }

  /** Zero bytes that stand for a hole or for what is missing. */
  async zeros(stream: ChunkStream, count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const piece = Math.min(left, ZEROS_SIZE_BYTES_MAX);
      this.#zeros.write(stream, piece);
      this.#onBytes(piece);
      left -= piece;
      if (this.#breather.due()) await this.#breather.breathe();
    }
  }
}

/** The next stretch of data at or after `at`, and where it ends; both at the file's end when only a hole is left. */
export function nextStretch(
  fd: number,
  at: number,
  sizeBytes: number,
): { dataBytes: number; endBytes: number } {
  const data = seekData(fd, at);
  if (data === -ENXIO) return { dataBytes: sizeBytes, endBytes: sizeBytes };
  // A file system that cannot tell answers with an error: then all of it is data.
  if (data < 0) return { dataBytes: at, endBytes: sizeBytes };
  if (data >= sizeBytes) return { dataBytes: sizeBytes, endBytes: sizeBytes };
  const hole = seekHole(fd, data);
  return { dataBytes: data, endBytes: hole < 0 || hole <= data ? sizeBytes : Math.min(hole, sizeBytes) };
}
