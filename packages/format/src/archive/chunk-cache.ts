/**
 * Decoded chunks by digest, the most recently used ones. A digest names one content for ever, so a cache may serve any
 * archive of a store, and outlive the snapshot that a chunk was read for.
 */

import { hexFromBytes } from "@ironcore-backup/base";

export class ChunkCache {
  readonly #sizeBytesMax: number;
  /** The least recently used first. */
  readonly #chunks = new Map<string, Uint8Array>();
  #sizeBytes = 0;

  /** @param options.sizeBytesMax  of all chunks together; the newest one is kept whatever its size */
  constructor(options: { readonly sizeBytesMax: number }) {
    this.#sizeBytesMax = options.sizeBytesMax;
  }

  /** What `decode` gives for a digest that is not here. Nobody may change it. */
  get(digest: Uint8Array, decode: () => Uint8Array): Uint8Array {
    const name = hexFromBytes(digest);
    const known = this.#chunks.get(name);
    if (known !== undefined) {
      this.#chunks.delete(name);
      this.#chunks.set(name, known);
      return known;
    }
    const raw = decode();
    this.#chunks.set(name, raw);
    this.#sizeBytes += raw.length;
    this.#shrink();
    return raw;
  }

  #shrink(): void {
    for (const [name, raw] of this.#chunks) {
      if (this.#sizeBytes <= this.#sizeBytesMax || this.#chunks.size === 1) return;
      this.#chunks.delete(name);
      this.#sizeBytes -= raw.length;
    }
  }
}
