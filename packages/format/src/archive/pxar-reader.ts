/**
 * Reads an archive from front to back, one entry at a time, in the order it was written: parents before children,
 * children in ascending order of their names' bytes. Memory: one window, and one name for each open directory.
 */

import { ArchiveWindow } from "./archive-window.ts";
import type { ByteSource } from "./archive-window.ts";
import { readGoodbyeTail } from "./goodbye-tail.ts";
import { readChild, readEntry } from "./pxar-entry.ts";
import type { PxarEntry } from "./pxar-entry.ts";
import {
  archiveCorrupt,
  DEPTH_MAX,
  ITEM_HEADER_SIZE_BYTES,
  PRELUDE_SIZE_BYTES_MAX,
  readU64,
} from "./pxar-item.ts";

/** What `next` tells: an entry (a directory is entered with it), or the end of the directory entered last. */
export type PxarEvent = { readonly event: "entry"; readonly entry: PxarEntry } | { readonly event: "leave" };

const LEAVE: PxarEvent = { event: "leave" };
/**
 * Version 1 archives of stock clients list their exclude patterns under this name in the root, behind all other names
 * whatever they are. It is the one exception to the order of names.
 */
const STOCK_EXCLUDES_NAME = ".pxarexclude-cli";

export interface PxarArchiveHead {
  readonly version: 1 | 2;
  readonly prelude?: Uint8Array;
  /** Where the root's ENTRY lies. */
  readonly rootBytes: number;
}

/** Version and prelude. @throws ARCHIVE_CORRUPT */
export function readArchiveHead(window: ArchiveWindow): PxarArchiveHead {
  const limit = window.source.sizeBytes;
  if (window.openItem(0, limit) !== "version") return { version: 1, rootBytes: 0 };
  const behindVersion = window.itemSizeBytes;
  if (behindVersion !== ITEM_HEADER_SIZE_BYTES + 8)
    throw archiveCorrupt(0, "its version has an impossible length");
  const version = readU64(window.view, window.ensure(ITEM_HEADER_SIZE_BYTES, 8));
  if (version !== 2) throw archiveCorrupt(0, `its version is ${version}, which is not known`);
  if (window.openItem(behindVersion, limit) !== "prelude") return { version: 2, rootBytes: behindVersion };
  const sizeBytes = window.itemSizeBytes;
  if (sizeBytes > PRELUDE_SIZE_BYTES_MAX + ITEM_HEADER_SIZE_BYTES) {
    throw archiveCorrupt(behindVersion, "its prelude is too long");
  }
  const at = window.ensure(behindVersion, sizeBytes);
  return {
    version: 2,
    prelude: window.copy(at + ITEM_HEADER_SIZE_BYTES, at + sizeBytes),
    rootBytes: behindVersion + sizeBytes,
  };
}

interface OpenDirectory {
  /** Where its table's tail must lead back to. */
  readonly entryOffsetBytes: number;
  childCount: number;
  /** Name of the newest child, "" before the first. */
  lastName: string;
  hasStockExcludes: boolean;
}

export class PxarReader {
  readonly #window: ArchiveWindow;
  readonly #payloadSizeBytes: number | undefined;
  readonly head: PxarArchiveHead;
  readonly #directories: OpenDirectory[] = [];
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
    const directory = this.#directories.at(-1);
    if (directory === undefined) return undefined;
    const window = this.#window;
    const limit = window.source.sizeBytes;
    if (window.openItem(this.#positionBytes, limit) === "goodbye")
      return this.#leave(directory, window.itemSizeBytes);
    const entry = readChild(window, this.#positionBytes, limit, this.#payloadSizeBytes);
    this.#checkOrder(directory, entry);
    directory.childCount++;
    if (entry.kind === "directory") {
      this.#enter(entry, entry.offsetBytes + ITEM_HEADER_SIZE_BYTES + entry.name.length + 1);
    }
    this.#positionBytes = entry.endBytes;
    return { event: "entry", entry };
  }

  /** Passes over the rest of the directory entered last, its end included. */
  skipDirectory(): void {
    const depth = this.#directories.length;
    while (this.#directories.length >= depth && this.next() !== undefined);
  }

  /** Names ascend strictly, so that none comes twice: a second one could lead the first's children elsewhere. */
  #checkOrder(directory: OpenDirectory, entry: PxarEntry): void {
    if (!directory.hasStockExcludes && directory.lastName < entry.name) {
      directory.lastName = entry.name;
      return;
    }
    const isStockExcludes =
      !directory.hasStockExcludes && this.#directories.length === 1 && isStockExcludesEntry(entry);
    if (!isStockExcludes) throw archiveCorrupt(entry.offsetBytes, "names are not in ascending order");
    directory.hasStockExcludes = true;
  }

  #enterRoot(): PxarEvent {
    const limit = this.#window.source.sizeBytes;
    const named = { name: "", offsetBytes: this.#positionBytes };
    const entry = readEntry(this.#window, named, this.#positionBytes, limit, this.#payloadSizeBytes);
    if (entry.kind !== "directory") throw archiveCorrupt(entry.offsetBytes, "its root is no directory");
    this.#isRootRead = true;
    this.#enter(entry, 0);
    this.#positionBytes = entry.endBytes;
    return { event: "entry", entry };
  }

  #enter(entry: PxarEntry, entryOffsetBytes: number): void {
    if (this.#directories.length >= DEPTH_MAX)
      throw archiveCorrupt(entry.offsetBytes, "directories are nested too deeply");
    this.#directories.push({ entryOffsetBytes, childCount: 0, lastName: "", hasStockExcludes: false });
  }

  #leave(directory: OpenDirectory, sizeBytes: number): PxarEvent {
    const endBytes = this.#positionBytes + sizeBytes;
    const tail = readGoodbyeTail(this.#window, endBytes);
    const isRight =
      tail.goodbyeBytes === this.#positionBytes &&
      tail.entryOffsetBytes === directory.entryOffsetBytes &&
      tail.childCount === directory.childCount;
    if (!isRight)
      throw archiveCorrupt(this.#positionBytes, "a directory's table does not belong to the directory");
    this.#positionBytes = endBytes;
    this.#directories.pop();
    if (this.#directories.length === 0 && endBytes !== this.#window.source.sizeBytes) {
      throw archiveCorrupt(endBytes, "there is something behind its end");
    }
    return LEAVE;
  }
}

export function isStockExcludesEntry(entry: PxarEntry): boolean {
  return entry.kind === "file" && entry.name === STOCK_EXCLUDES_NAME;
}
