/**
 * Reads an archive by jumping: the root's table is at the end, every table leads to its children. Listing a directory or
 * finding one path reads only what lies on the way, whatever the archive's size.
 *
 * Offsets in tables are untrusted: each must lead back into its own directory, so that no cycle can arise.
 */

import { ArchiveWindow } from "./archive-window.ts";
import type { ByteSource } from "./archive-window.ts";
import { readChild, readEntry, readItemHead } from "./pxar-entry.ts";
import type { PxarEntry } from "./pxar-entry.ts";
import { readArchiveHead } from "./pxar-reader.ts";
import type { PxarArchiveHead } from "./pxar-reader.ts";
import {
  archiveCorrupt,
  DEPTH_MAX,
  GOODBYE_ITEM_SIZE_BYTES,
  isEntryName,
  ITEM_HEADER_SIZE_BYTES,
  ITEM_TYPES,
  readU64,
} from "./pxar-item.ts";
import { sipHashInto } from "./sip-hash.ts";

const READ_AHEAD_BYTES = 16_384;

/** A directory of the archive: its entry, and where its bytes are. */
export interface PxarDirectory {
  readonly entry: PxarEntry;
  /** Its children lie in [childrenBytes, goodbyeBytes). */
  readonly childrenBytes: number;
  readonly goodbyeBytes: number;
  readonly childCount: number;
  readonly depth: number;
}

/** An entry and, when it is a directory, how to go on into it. */
export interface PxarChild {
  readonly entry: PxarEntry;
  readonly directory?: PxarDirectory;
}

export class PxarTree {
  readonly #window: ArchiveWindow;
  readonly #payloadSizeBytes: number | undefined;
  readonly head: PxarArchiveHead;
  readonly root: PxarDirectory;

  /** @throws ARCHIVE_CORRUPT */
  constructor(source: ByteSource, options: { readonly payloadSizeBytes?: number } = {}) {
    this.#window = new ArchiveWindow(source, READ_AHEAD_BYTES);
    this.head = readArchiveHead(this.#window);
    this.#payloadSizeBytes =
      this.head.version === 1 ? undefined : (options.payloadSizeBytes ?? Number.MAX_SAFE_INTEGER);
    const named = { name: "", offsetBytes: this.head.rootBytes };
    const entry = readEntry(
      this.#window,
      named,
      this.head.rootBytes,
      source.sizeBytes,
      this.#payloadSizeBytes,
    );
    if (entry.kind !== "directory") throw archiveCorrupt(entry.offsetBytes, "its root is no directory");
    this.root = this.#openDirectory(entry, source.sizeBytes, 0, 0);
  }

  /**
   * Finds a path. Hard links are followed to the entry that holds the data.
   * @param path  byte string, components joined by "/", "" or "/" for the root
   * @returns     undefined when there is none
   * @throws ARCHIVE_CORRUPT
   */
  find(path: string): PxarChild | undefined {
    let child: PxarChild = { entry: this.root.entry, directory: this.root };
    for (const name of path.split("/").filter((component) => component !== "")) {
      const next = child.directory === undefined ? undefined : this.#findChild(child.directory, name);
      if (next === undefined) return undefined;
      child = next;
    }
    return child;
  }

  /** The children in ascending order of their names, read one by one. @throws ARCHIVE_CORRUPT */
  *children(directory: PxarDirectory): Generator<PxarChild> {
    let nameBefore = "";
    for (const { offsetBytes, sizeBytes } of this.#tableOf(directory)) {
      const child = this.#childAt(directory, offsetBytes, sizeBytes);
      if (!(nameBefore < child.entry.name))
        throw archiveCorrupt(offsetBytes, "names are not in ascending order");
      nameBefore = child.entry.name;
      yield child;
    }
  }

  /** The entry that a hard link is another name of. @throws ARCHIVE_CORRUPT when it leads anywhere else */
  resolveHardlink(link: PxarEntry): PxarEntry {
    const offsetBytes = link.hardlinkOffsetBytes;
    if (offsetBytes === undefined) return link;
    if (offsetBytes < this.root.childrenBytes)
      throw archiveCorrupt(link.offsetBytes, "a hard link leads out of the tree");
    const target = readChild(this.#window, offsetBytes, link.offsetBytes, this.#payloadSizeBytes);
    if (target.kind === "hardlink" || target.kind === "directory") {
      throw archiveCorrupt(link.offsetBytes, `a hard link leads to a ${target.kind}`);
    }
    return target;
  }

  /** Places of all children, in the order they lie in, which is that of their names. Bounded by the archive's size. */
  #tableOf(
    directory: PxarDirectory,
  ): readonly { readonly offsetBytes: number; readonly sizeBytes: number }[] {
    const rows = Array.from({ length: directory.childCount }, (_, index) =>
      this.#tableItem(directory, index),
    );
    return rows.sort((a, b) => a.offsetBytes - b.offsetBytes);
  }

  #tableItem(directory: PxarDirectory, index: number) {
    const itemBytes = directory.goodbyeBytes + ITEM_HEADER_SIZE_BYTES + index * GOODBYE_ITEM_SIZE_BYTES;
    const at = this.#window.ensure(itemBytes, GOODBYE_ITEM_SIZE_BYTES);
    const { view } = this.#window;
    const offsetBytes = directory.goodbyeBytes - readU64(view, at + 8);
    if (!(offsetBytes >= directory.childrenBytes && offsetBytes < directory.goodbyeBytes)) {
      throw archiveCorrupt(itemBytes, "a table leads out of its directory");
    }
    return {
      high: view.getUint32(at + 4, true),
      low: view.getUint32(at, true),
      offsetBytes,
      sizeBytes: readU64(view, at + 16),
    };
  }

  #findChild(directory: PxarDirectory, name: string): PxarChild | undefined {
    if (!isEntryName(name)) return undefined;
    const hash = new Uint32Array(2);
    sipHashInto(hash, 0, name);
    const [high = 0, low = 0] = hash;
    const descend = (index: number): PxarChild | undefined => {
      if (index >= directory.childCount) return undefined;
      const item = this.#tableItem(directory, index);
      const order = high === item.high ? low - item.low : high - item.high;
      if (order < 0) return descend(2 * index + 1);
      if (order > 0) return descend(2 * index + 2);
      const child = this.#childAt(directory, item.offsetBytes, item.sizeBytes);
      // Equal hashes may lie on both sides.
      return child.entry.name === name ? child : (descend(2 * index + 1) ?? descend(2 * index + 2));
    };
    return descend(0);
  }

  #childAt(directory: PxarDirectory, offsetBytes: number, sizeBytes: number): PxarChild {
    const entry = readChild(this.#window, offsetBytes, directory.goodbyeBytes, this.#payloadSizeBytes);
    if (entry.kind !== "directory") return { entry };
    const endBytes = offsetBytes + sizeBytes;
    if (endBytes > directory.goodbyeBytes)
      throw archiveCorrupt(offsetBytes, "a directory reaches out of its parent");
    return {
      entry,
      directory: this.#openDirectory(entry, endBytes, this.#entryOffset(entry), directory.depth + 1),
    };
  }

  /** Where a directory's ENTRY lies: behind its FILENAME. */
  #entryOffset(entry: PxarEntry): number {
    return entry.offsetBytes + ITEM_HEADER_SIZE_BYTES + entry.name.length + 1;
  }

  #openDirectory(entry: PxarEntry, endBytes: number, entryOffsetBytes: number, depth: number): PxarDirectory {
    if (depth > DEPTH_MAX) throw archiveCorrupt(entry.offsetBytes, "directories are nested too deeply");
    const tailBytes = endBytes - GOODBYE_ITEM_SIZE_BYTES;
    if (tailBytes < entry.endBytes + ITEM_HEADER_SIZE_BYTES)
      throw archiveCorrupt(entry.offsetBytes, "a directory has no table");
    const at = this.#window.ensure(tailBytes, GOODBYE_ITEM_SIZE_BYTES);
    const { view } = this.#window;
    const [tailHigh, tailLow] = ITEM_TYPES["goodbye-tail"];
    const isTail = view.getUint32(at, true) === tailLow && view.getUint32(at + 4, true) === tailHigh;
    const backBytes = readU64(view, at + 8);
    const sizeBytes = readU64(view, at + 16);
    const goodbyeBytes = endBytes - sizeBytes;
    if (!isTail || !(goodbyeBytes >= entry.endBytes) || goodbyeBytes - backBytes !== entryOffsetBytes) {
      throw archiveCorrupt(tailBytes, "a directory's table does not end as it must");
    }
    const head = readItemHead(this.#window, goodbyeBytes, endBytes);
    const bodySize = sizeBytes - ITEM_HEADER_SIZE_BYTES;
    if (head.kind !== "goodbye" || head.sizeBytes !== sizeBytes || bodySize % GOODBYE_ITEM_SIZE_BYTES !== 0) {
      throw archiveCorrupt(goodbyeBytes, "a directory's table is not where its tail says");
    }
    const childCount = bodySize / GOODBYE_ITEM_SIZE_BYTES - 1;
    return { entry, childrenBytes: entry.endBytes, goodbyeBytes, childCount, depth };
  }
}
