/** A sliding view of an archive, so that items can be decoded from one piece of memory wherever chunks end. */

import { archiveCorrupt, viewOf } from "./pxar-item.ts";

/** Bytes that can be read anywhere, synchronously: a file, or an index and its chunks. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** A view, valid until the next call; shorter than asked only at the end. */
  read(offsetBytes: number, length: number): Uint8Array;
}

const WINDOW_SIZE_BYTES = 262_144;

export class ArchiveWindow {
  readonly source: ByteSource;
  readonly #readAheadBytes: number;
  bytes = new Uint8Array(0);
  view = viewOf(this.bytes);
  #startBytes = 0;
  #endBytes = 0;

  /** @param readAheadBytes  how much is fetched at once; small for a reader that jumps */
  constructor(source: ByteSource, readAheadBytes = WINDOW_SIZE_BYTES) {
    this.source = source;
    this.#readAheadBytes = readAheadBytes;
  }

  /**
   * Makes `length` bytes from `offsetBytes` on lie in `bytes`, and says where. The caller has checked the length
   * against a bound: it is allocated.
   * @throws ARCHIVE_CORRUPT when the archive ends before
   */
  ensure(offsetBytes: number, length: number): number {
    if (offsetBytes < this.#startBytes || offsetBytes + length > this.#endBytes)
      this.#load(offsetBytes, length);
    return offsetBytes - this.#startBytes;
  }

  #load(offsetBytes: number, length: number): void {
    if (offsetBytes + length > this.source.sizeBytes) throw archiveCorrupt(offsetBytes, "it is cut short");
    const wanted = Math.min(Math.max(length, this.#readAheadBytes), this.source.sizeBytes - offsetBytes);
    if (this.bytes.length < wanted) {
      this.bytes = new Uint8Array(wanted);
      this.view = viewOf(this.bytes);
    }
    const read = this.source.read(offsetBytes, wanted);
    if (read.length < length) throw archiveCorrupt(offsetBytes, "it is cut short");
    this.bytes.set(read);
    this.#startBytes = offsetBytes;
    this.#endBytes = offsetBytes + read.length;
  }
}
