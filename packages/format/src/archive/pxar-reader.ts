/**
 * Reads an archive from front to back, one entry at a time, in the order it was written: parents before children,
 * children in ascending order of their names' bytes. Memory: one window, and one name for each open directory.
 */

import { ArchiveWindow } from "./archive-window.ts";
import type { ByteSource } from "./archive-window.ts";
import { readChild, readEntry, readItemHead } from "./pxar-entry.ts";
import type { PxarEntry } from "./pxar-entry.ts";
import {
  archiveCorrupt,
  DEPTH_MAX,
  GOODBYE_ITEM_SIZE_BYTES,
  ITEM_HEADER_SIZE_BYTES,
  PRELUDE_SIZE_BYTES_MAX,
  readU64,
} from "./pxar-item.ts";

/** What `next` tells: an entry (a directory is entered with it), or the end of the directory entered last. */
export type PxarEvent = { readonly event: "entry"; readonly entry: PxarEntry } | { readonly event: "leave" };

const LEAVE: PxarEvent = { event: "leave" };
const NAME_BEFORE_ALL = "";

export interface PxarArchiveHead {
  readonly version: 1 | 2;
  readonly prelude?: Uint8Array;
  /** Where the root's ENTRY lies. */
  readonly rootBytes: number;
}

/** Version and prelude. @throws ARCHIVE_CORRUPT */
export function readArchiveHead(window: ArchiveWindow): PxarArchiveHead {
  const limit = window.source.sizeBytes;
  const first = readItemHead(window, 0, limit);
  if (first.kind !== "version") return { version: 1, rootBytes: 0 };
  if (first.sizeBytes !== ITEM_HEADER_SIZE_BYTES + 8)
    throw archiveCorrupt(0, "its version has an impossible length");
  const version = readU64(window.view, window.ensure(ITEM_HEADER_SIZE_BYTES, 8));
  if (version !== 2) throw archiveCorrupt(0, `its version is ${version}, which is not known`);
  const second = readItemHead(window, first.sizeBytes, limit);
  if (second.kind !== "prelude") return { version: 2, rootBytes: first.sizeBytes };
  if (second.sizeBytes > PRELUDE_SIZE_BYTES_MAX + ITEM_HEADER_SIZE_BYTES) {
    throw archiveCorrupt(first.sizeBytes, "its prelude is too long");
  }
  const at = window.ensure(first.sizeBytes, second.sizeBytes);
  return {
    version: 2,
    prelude: window.bytes.slice(at + ITEM_HEADER_SIZE_BYTES, at + second.sizeBytes),
    rootBytes: first.sizeBytes + second.sizeBytes,
  };
}

export class PxarReader {
  readonly #window: ArchiveWindow;
  readonly #payloadSizeBytes: number | undefined;
  readonly head: PxarArchiveHead;
  /** Name of the newest child of each open directory. */
  readonly #lastNames: string[] = [];
  #positionBytes: number;
  #isRootRead = false;

  /**
   * @param options.payloadSizeBytes  size of the payload stream of a split archive; references are checked against it
   * @throws ARCHIVE_CORRUPT; INVARIANT_BROKEN never: whatever the bytes are, the answer is coded
   */
  constructor(source: ByteSource, options: { readonly payloadSizeBytes?: number } = {}) {
    this.#window = new ArchiveWindow(source);
    this.head = readArchiveHead(this.#window);
    this.#positionBytes = this.head.rootBytes;
    this.#payloadSizeBytes =
      this.head.version === 1 ? undefined : (options.payloadSizeBytes ?? Number.MAX_SAFE_INTEGER);
  }

  /** Undefined behind the root's end. @throws ARCHIVE_CORRUPT */
  next(): PxarEvent | undefined {
    if (!this.#isRootRead) return this.#enterRoot();
    if (this.#lastNames.length === 0) return undefined;
    const limit = this.#window.source.sizeBytes;
    const head = readItemHead(this.#window, this.#positionBytes, limit);
    if (head.kind === "goodbye") return this.#leave(head.sizeBytes);
    const entry = readChild(this.#window, this.#positionBytes, limit, this.#payloadSizeBytes);
    const depth = this.#lastNames.length;
    if (!((this.#lastNames[depth - 1] ?? NAME_BEFORE_ALL) < entry.name)) {
      throw archiveCorrupt(entry.offsetBytes, "names are not in ascending order");
    }
    this.#lastNames[depth - 1] = entry.name;
    if (entry.kind === "directory") this.#enter(entry);
    this.#positionBytes = entry.endBytes;
    return { event: "entry", entry };
  }

  /** Passes over the rest of the directory entered last, its end included. */
  skipDirectory(): void {
    const depth = this.#lastNames.length;
    while (this.#lastNames.length >= depth && this.next() !== undefined);
  }

  #enterRoot(): PxarEvent {
    const limit = this.#window.source.sizeBytes;
    const named = { name: "", offsetBytes: this.#positionBytes };
    const entry = readEntry(this.#window, named, this.#positionBytes, limit, this.#payloadSizeBytes);
    if (entry.kind !== "directory") throw archiveCorrupt(entry.offsetBytes, "its root is no directory");
    this.#isRootRead = true;
    this.#enter(entry);
    this.#positionBytes = entry.endBytes;
    return { event: "entry", entry };
  }

  #enter(entry: PxarEntry): void {
    if (this.#lastNames.length >= DEPTH_MAX)
      throw archiveCorrupt(entry.offsetBytes, "directories are nested too deeply");
    this.#lastNames.push(NAME_BEFORE_ALL);
  }

  #leave(sizeBytes: number): PxarEvent {
    if (sizeBytes < ITEM_HEADER_SIZE_BYTES + GOODBYE_ITEM_SIZE_BYTES) {
      throw archiveCorrupt(this.#positionBytes, "a directory's table has no tail");
    }
    this.#positionBytes += sizeBytes;
    this.#lastNames.pop();
    if (this.#lastNames.length === 0 && this.#positionBytes !== this.#window.source.sizeBytes) {
      throw archiveCorrupt(this.#positionBytes, "there is something behind its end");
    }
    return LEAVE;
  }
}
