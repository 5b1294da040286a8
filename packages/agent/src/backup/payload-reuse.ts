/**
 * Keeps the data of unchanged files where it is: puts the chunks of the previous snapshot that hold it into the new
 * payload stream, unread.
 *
 * Files come in archive order, and their places in the previous stream never go back. So the chunk put in last is nearly
 * always the one that the next unchanged file begins in; while nothing else was written behind it, it need not be put in
 * again. Every time new data comes in between, the chunk must be repeated after it, because the places of files must not
 * go back in the new archive either. Repeats cost 40 bytes of index each and no data.
 *
 * A chunk is put in only when the store still has it and `BasePayloadUsage` finds it worth keeping. Places told by the
 * previous archive are checked against its index before they are believed.
 */

import type { ChunkStream, DynamicIndexReader } from "@ironcore-backup/format";

const UNKNOWN = 0;
const USABLE = 1;
const NOT_USABLE = 2;

/**
 * An unchanged file whose chunk is smaller than this, next to data that is being written anyway, is read again: putting
 * the small chunk in would also cut the new one short, and with every backup the archive would fall into smaller pieces.
 */
export const SMALL_CHUNK_SIZE_BYTES = 128 * 1024;

export interface PayloadReuseNeeds {
  readonly stream: ChunkStream;
  hasChunk(digest: Uint8Array): boolean;
  /** Whether enough of the base's chunk is still live; `BasePayloadUsage`. */
  isWorthKeeping(chunkIndex: number): boolean;
}

export class PayloadReuse {
  readonly #needs: PayloadReuseNeeds;
  readonly #base: DynamicIndexReader;
  readonly #states: Uint8Array;
  /** The chunk found last, and where it lies in the base; a search for every file would cost more than all the rest. */
  #found = 0;
  #foundStartBytes = 0;
  #foundEndBytes = 0;
  #lastChunk = -1;
  #lastChunkStartBytes = 0;
  #lastChunkEndBytes = -1;
  #lastPlaceBytes = 0;

  constructor(needs: PayloadReuseNeeds, base: DynamicIndexReader) {
    this.#needs = needs;
    this.#base = base;
    this.#states = new Uint8Array(base.chunkCount);
  }

  /**
   * @param placeBytes  where the extent begins in the base's payload stream
   * @returns where it begins in the new stream; undefined when it must be read and written again
   */
  take(placeBytes: number, sizeBytes: number): number | undefined {
    const endBytes = placeBytes + sizeBytes;
    if (
      !Number.isSafeInteger(endBytes) ||
      placeBytes < 0 ||
      sizeBytes < 1 ||
      endBytes > this.#base.sizeBytes
    ) {
      return undefined;
    }
    const first = this.#find(placeBytes);
    const last = endBytes <= this.#foundEndBytes ? first : this.#base.findChunk(endBytes - 1);
    if (!this.#areUsable(first, last) || this.#wouldFragment(first, last)) return undefined;
    return this.#place(first, last, placeBytes);
  }

  #find(placeBytes: number): number {
    if (placeBytes < this.#foundStartBytes || placeBytes >= this.#foundEndBytes) {
      this.#found = this.#base.findChunk(placeBytes);
      this.#foundStartBytes = this.#base.startBytes(this.#found);
      this.#foundEndBytes = this.#base.endBytes(this.#found);
    }
    return this.#found;
  }

  #areUsable(first: number, last: number): boolean {
    for (let index = first; index <= last; index++) {
      if (this.#states[index] === UNKNOWN) this.#states[index] = this.#isUsable(index) ? USABLE : NOT_USABLE;
      if (this.#states[index] === NOT_USABLE) return false;
    }
    return true;
  }

  #isUsable(index: number): boolean {
    return this.#needs.isWorthKeeping(index) && this.#needs.hasChunk(this.#base.digestAt(index));
  }

  /** True when new data is open at the stream's end and all that would be put in is small. */
  #wouldFragment(first: number, last: number): boolean {
    if (this.#isLastChunkOpen(first) || !this.#isAfterNewData()) return false;
    return this.#base.endBytes(last) - this.#foundStartBytes < SMALL_CHUNK_SIZE_BYTES;
  }

  #isAfterNewData(): boolean {
    return this.#lastChunkEndBytes >= 0 && this.#needs.stream.offsetBytes !== this.#lastChunkEndBytes;
  }

  /** The chunk lies at the very end of the stream, so the file's place in it can be named. */
  #isLastChunkOpen(index: number): boolean {
    return index === this.#lastChunk && this.#needs.stream.offsetBytes === this.#lastChunkEndBytes;
  }

  #place(first: number, last: number, placeBytes: number): number {
    let next = first;
    const offsetInChunk = placeBytes - this.#foundStartBytes;
    let newPlaceBytes = this.#needs.stream.offsetBytes + offsetInChunk;
    if (this.#isLastChunkOpen(first)) {
      const openPlaceBytes = this.#lastChunkStartBytes + offsetInChunk;
      if (openPlaceBytes >= this.#lastPlaceBytes) {
        newPlaceBytes = openPlaceBytes;
        next = first + 1;
      }
    }
    for (; next <= last; next++) this.#inject(next);
    this.#lastPlaceBytes = newPlaceBytes;
    return newPlaceBytes;
  }

  #inject(index: number): void {
    const { stream } = this.#needs;
    this.#lastChunk = index;
    this.#lastChunkStartBytes = stream.offsetBytes;
    stream.inject(this.#base.digestAt(index), this.#base.endBytes(index) - this.#base.startBytes(index));
    this.#lastChunkEndBytes = stream.offsetBytes;
  }
}
