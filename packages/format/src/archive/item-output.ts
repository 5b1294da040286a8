/**
 * Where the writer puts items: one piece of memory that goes to the sink whenever it is full. A million entries are a
 * million small items; handed over one by one, the calls would cost more than the items.
 */

import { ITEM_HEADER_SIZE_BYTES, viewOf, writeItemHeader, writeU64 } from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";
import { SIP_HASH_SLACK_BYTES } from "./sip-hash.ts";

export interface PxarSink {
  /** Takes the bytes before it returns; the writer uses the memory again. */
  write(bytes: Uint8Array): void;
}

const BUFFER_SIZE_BYTES = 65_536;

export class ItemOutput {
  readonly #sink: PxarSink;
  readonly bytes = new Uint8Array(BUFFER_SIZE_BYTES + SIP_HASH_SLACK_BYTES);
  readonly view = viewOf(this.bytes);
  /** Index of the next byte. */
  at = 0;
  #flushedBytes = 0;

  constructor(sink: PxarSink) {
    this.#sink = sink;
  }

  /** Bytes of the archive so far: where the next item will lie. */
  get positionBytes(): number {
    return this.#flushedBytes + this.at;
  }

  /** Makes room for `count` bytes in one piece: one item at most, far less than the buffer. */
  reserve(count: number): void {
    if (this.at + count > BUFFER_SIZE_BYTES) this.flush();
  }

  /** The next three write into room that is reserved. */
  header(kind: ItemKind, sizeBytes: number): void {
    writeItemHeader(this.view, this.at, kind, sizeBytes);
    this.at += ITEM_HEADER_SIZE_BYTES;
  }

  u64(value: number): void {
    writeU64(this.view, this.at, value);
    this.at += 8;
  }

  /** A byte string and its NUL. */
  text(text: string): void {
    const { bytes, at } = this;
    const { length } = text;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    bytes[at + length] = 0;
    this.at = at + length + 1;
  }

  /** Any number of bytes; what is large goes to the sink as it is. */
  write(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    if (bytes.length > BUFFER_SIZE_BYTES) {
      this.#sink.write(bytes);
      this.#flushedBytes += bytes.length;
      return;
    }
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  flush(): void {
    if (this.at === 0) return;
    this.#sink.write(this.bytes.subarray(0, this.at));
    this.#flushedBytes += this.at;
    this.at = 0;
  }
}
