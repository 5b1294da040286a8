/**
 * A sliding view of an archive, so that items can be decoded from one piece of memory wherever chunks end. It holds a
 * copy: what the source gives is valid only until its next call.
 */

import { archiveCorrupt, ITEM_HEADER_SIZE_BYTES, itemKindAt, readU64, viewOf } from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";

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
  bytes = Buffer.alloc(0);
  view = viewOf(this.bytes);
  #startBytes = 0;
  #endBytes = 0;
  /** Of the item opened last, its header included. */
  itemSizeBytes = 0;

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

  /** Bytes of the window that may be kept. */
  copy(at: number, endAt: number): Uint8Array {
    return Uint8Array.from(this.bytes.subarray(at, endAt));
  }

  /**
   * Looks at the header at `offsetBytes`: returns its kind and leaves its size in `itemSizeBytes`, checked against the
   * end of what surrounds it. Its content need not be in the window.
   * @throws ARCHIVE_CORRUPT
   */
  openItem(offsetBytes: number, limitBytes: number): ItemKind {
    if (offsetBytes + ITEM_HEADER_SIZE_BYTES > limitBytes)
      throw archiveCorrupt(offsetBytes, "it ends within an item");
    const at = this.ensure(offsetBytes, ITEM_HEADER_SIZE_BYTES);
    const kind = itemKindAt(this.view, at);
    if (kind === undefined) throw archiveCorrupt(offsetBytes, "there is no known item");
    const sizeBytes = readU64(this.view, at + 8);
    if (sizeBytes < ITEM_HEADER_SIZE_BYTES || offsetBytes + sizeBytes > limitBytes) {
      throw archiveCorrupt(offsetBytes, `the item ${kind} has the impossible size ${sizeBytes}`);
    }
    this.itemSizeBytes = sizeBytes;
    return kind;
  }

  #load(offsetBytes: number, length: number): void {
    const leftBytes = this.source.sizeBytes - offsetBytes;
    if (length > leftBytes) throw archiveCorrupt(offsetBytes, "it is cut short");
    const wanted = Math.min(Math.max(length, this.#readAheadBytes), leftBytes);
    if (this.bytes.length < wanted) {
      this.bytes = Buffer.alloc(wanted);
      this.view = viewOf(this.bytes);
    }
    const read = this.source.read(offsetBytes, wanted);
    if (read.length < length) throw archiveCorrupt(offsetBytes, "it is cut short");
    this.bytes.set(read.length > wanted ? read.subarray(0, wanted) : read);
    this.#startBytes = offsetBytes;
    this.#endBytes = offsetBytes + Math.min(read.length, wanted);
  }
}
