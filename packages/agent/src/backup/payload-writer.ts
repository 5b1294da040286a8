/**
 * The payload stream of a split file archive: a start marker, then for each file a header and its bytes, then a tail marker.
 * Both markers are chunks of their own, so that an unchanged tree gets exactly the same stream again.
 *
 * Large files begin and end at a cut. Their chunks then do not depend on what lies beside them in the tree: a file that is
 * moved or gets new neighbours is found again whole, and one that changes leaves no dead tail in its neighbours' chunk.
 */

import {
  encodePayloadStart,
  encodePayloadTail,
  PAYLOAD_HEADER_SIZE_BYTES,
  writePayloadHeader,
} from "@ironcore-backup/format";
import type { ChunkStream } from "@ironcore-backup/format";
import type { FileStat } from "../syscalls/file-stat.ts";
import { EINTR } from "../syscalls/errno.ts";
import { libc, orErrno } from "../syscalls/libc.ts";
import { ENDED_EARLY, SPARSE_SIZE_BYTES_MIN } from "./source-reader.ts";
import type { SourceReader } from "./source-reader.ts";

export const PAYLOAD_CHUNK_SIZE_BYTES = 4 * 1024 * 1024;
const LARGE_FILE_SIZE_BYTES = PAYLOAD_CHUNK_SIZE_BYTES;

/** `failure` as in `CopyOutcome`. */
export interface WrittenFile {
  readonly readBytes: number;
  readonly failure: number;
}

export class PayloadWriter {
  readonly #stream: ChunkStream;
  readonly #reader: SourceReader;
  readonly #header = new Uint8Array(PAYLOAD_HEADER_SIZE_BYTES);
  #readBytes = 0;

  constructor(stream: ChunkStream, reader: SourceReader) {
    this.#stream = stream;
    this.#reader = reader;
    stream.write(encodePayloadStart());
    stream.cut();
  }

  /** Where the next file's header will lie. */
  get positionBytes(): number {
    return this.#stream.offsetBytes;
  }

  /** Bytes really read by the last `writeSmall`. */
  get lastReadBytes(): number {
    return this.#readBytes;
  }

  /**
   * A file that fits the stream's memory at hand, in one read: most files of most trees.
   * @returns  undefined when it does not fit and `write` has to do it; else the failure as in `CopyOutcome`
   */
  writeSmall(fd: number, sizeBytes: number): number | undefined {
    if (sizeBytes >= SPARSE_SIZE_BYTES_MIN) return undefined;
    const view = this.#stream.reserve();
    const end = PAYLOAD_HEADER_SIZE_BYTES + sizeBytes;
    if (view.length < end) return undefined;
    writePayloadHeader(view, sizeBytes);
    let done = 0;
    let failure = 0;
    while (done < sizeBytes) {
      const count = orErrno(
        libc().pread(fd, view.subarray(PAYLOAD_HEADER_SIZE_BYTES + done, end), sizeBytes - done, done),
      );
      if (count === -EINTR) continue;
      if (count <= 0) {
        failure = count === 0 ? ENDED_EARLY : count;
        view.fill(0, PAYLOAD_HEADER_SIZE_BYTES + done, end);
        break;
      }
      done += count;
    }
    this.#readBytes = done;
    this.#stream.commit(end);
    return failure;
  }

  /** A file of any size. */
  async write(fd: number, stat: FileStat): Promise<WrittenFile> {
    const { sizeBytes } = stat;
    const isLarge = sizeBytes >= LARGE_FILE_SIZE_BYTES;
    const isSparse = sizeBytes >= SPARSE_SIZE_BYTES_MIN && stat.allocatedBytes < sizeBytes;
    if (isLarge) this.#stream.cut();
    writePayloadHeader(this.#header, sizeBytes);
    this.#stream.write(this.#header);
    const outcome = await this.#reader.copy(this.#stream, fd, sizeBytes, isSparse);
    if (isLarge) this.#stream.cut();
    return outcome;
  }

  /** Ends the stream; every chunk of it was reported then. */
  end(): void {
    this.#stream.cut();
    this.#stream.write(encodePayloadTail());
    this.#stream.end();
  }
}
