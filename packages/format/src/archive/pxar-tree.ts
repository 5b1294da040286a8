/**
 * Reads an archive by jumping: the root's table is at the end, every table leads to its children. Listing a directory or
 * finding one path reads only what lies on the way, whatever the archive's size.
 *
 * Nothing in a table is trusted. A child lies inside its directory, and a directory ends with a table that leads back to
 * it, so every step down looks at fewer bytes and no cycle can arise. When a directory is listed, its children must
 * lie one right behind the other, so no two of them share a byte: a small archive cannot unfold into an endless tree.
 */

import { ArchiveWindow } from "./archive-window.ts";
import type { ByteSource } from "./archive-window.ts";
import { readGoodbyeTail } from "./goodbye-tail.ts";
import { readChild, readEntry } from "./pxar-entry.ts";
import type { PxarEntry } from "./pxar-entry.ts";
import { isStockExcludesEntry, readArchiveHead } from "./pxar-reader.ts";
import type { PxarArchiveHead } from "./pxar-reader.ts";
import {
  archiveCorrupt,
  DEPTH_MAX,
  GOODBYE_ITEM_SIZE_BYTES,
  isEntryName,
  ITEM_HEADER_SIZE_BYTES,
  readU64,
} from "./pxar-item.ts";
import { sipHashInto } from "./sip-hash.ts";

const READ_AHEAD_BYTES = 16_384;
/** FILENAME of one byte and HARDLINK to a path of one byte. */
const CHILD_SIZE_BYTES_MIN = 18 + 26;

/** A directory of the archive: its entry, and where its bytes are. */
export interface PxarDirectory {
  readonly entry: PxarEntry;
  /** Its children lie in [childrenBytes, goodbyeBytes). */
  readonly childrenBytes: number;
  readonly goodbyeBytes: number;
  readonly childCount: number;
  /** 0 for the root. */
  readonly depth: number;
}

/** An entry and, when it is a directory, how to go on into it. */
export interface PxarChild {
  readonly entry: PxarEntry;
  readonly directory?: PxarDirectory;
}

interface FoundRow {
  readonly child: PxarChild;
  /** Where the next one begins. */
  readonly endBytes: number;
}

interface TableRow {
  readonly high: number;
  readonly low: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
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
    const { rootBytes } = this.head;
    const named = { name: "", offsetBytes: rootBytes };
    const entry = readEntry(this.#window, named, rootBytes, source.sizeBytes, this.#payloadSizeBytes);
    if (entry.kind !== "directory") throw archiveCorrupt(entry.offsetBytes, "its root is no directory");
    this.root = this.#openDirectory(entry, source.sizeBytes, 0, 0);
  }

  /**
   * Finds a path. A hard link is found as itself; `resolveHardlink` leads on.
   * @param path  byte string, components joined by "/", "" or "/" for the root
   * @returns     undefined when there is none
   * @throws ARCHIVE_CORRUPT
   */
  find(path: string): PxarChild | undefined {
    let child: PxarChild = { entry: this.root.entry, directory: this.root };
    for (const name of path.split("/").filter((component) => component !== "")) {
      const next = child.directory === undefined ? undefined : this.#findRow(child.directory, name)?.child;
      if (next === undefined) return undefined;
      child = next;
    }
    return child;
  }

  /**
   * The children in ascending order of their names, read one by one. Memory: 8 bytes for each child.
   * @throws ARCHIVE_CORRUPT
   */
  *children(directory: PxarDirectory): Generator<PxarChild> {
    const offsets = this.#childOffsets(directory);
    yield* this.#childrenFrom(directory, offsets, { first: 0, nameBefore: "" });
  }

  /**
   * The children with greater names, ascending, for reading a large directory page by page: what lies before costs nothing
   * when the name is there. When it is not, its place is searched for, as `children` reads the table.
   * @param name  byte string; "" for all
   * @throws ARCHIVE_CORRUPT
   */
  *childrenAfter(directory: PxarDirectory, name: string): Generator<PxarChild> {
    if (name === "") return yield* this.#childrenAt(directory, directory.childrenBytes, "");
    const found = this.#findRow(directory, name);
    if (found !== undefined) return yield* this.#childrenAt(directory, found.endBytes, name);
    const offsets = this.#childOffsets(directory);
    const first = this.#countNotAfter(directory, offsets, name);
    yield* this.#childrenFrom(directory, offsets, { first, nameBefore: name });
  }

  *#childrenFrom(
    directory: PxarDirectory,
    offsets: Float64Array,
    { first, nameBefore }: { readonly first: number; readonly nameBefore: string },
  ): Generator<PxarChild> {
    let before = nameBefore;
    for (let i = first; i < offsets.length; i++) {
      const offsetBytes = offsets[i] ?? 0;
      const endBytes = offsets[i + 1] ?? directory.goodbyeBytes;
      const child = this.#childAt(directory, offsetBytes, endBytes);
      const childEndBytes = child.directory === undefined ? child.entry.endBytes : endBytes;
      if (childEndBytes !== endBytes)
        throw archiveCorrupt(offsetBytes, "a child does not end where the next begins");
      assertAscending(directory, child.entry, { nameBefore: before, isLast: i === offsets.length - 1 });
      before = child.entry.name;
      yield child;
    }
  }

  /** One right behind the other, without the table but for the ends of directories. */
  *#childrenAt(directory: PxarDirectory, startBytes: number, nameBefore: string): Generator<PxarChild> {
    let before = nameBefore;
    for (let offsetBytes = startBytes; offsetBytes < directory.goodbyeBytes;) {
      const { child, endBytes } = this.#childAndEndAt(directory, offsetBytes);
      const isLast = endBytes === directory.goodbyeBytes;
      assertAscending(directory, child.entry, { nameBefore: before, isLast });
      before = child.entry.name;
      yield child;
      offsetBytes = endBytes;
    }
  }

  #childAndEndAt(directory: PxarDirectory, offsetBytes: number): FoundRow {
    const entry = readChild(this.#window, offsetBytes, directory.goodbyeBytes, this.#payloadSizeBytes);
    if (entry.kind !== "directory") return { child: { entry }, endBytes: entry.endBytes };
    const found = this.#findRow(directory, entry.name);
    if (found?.child.entry.offsetBytes !== offsetBytes)
      throw archiveCorrupt(offsetBytes, "a child is not in its directory's table");
    return found;
  }

  /** How many children have a name up to this one; the names at `offsets` ascend. */
  #countNotAfter(directory: PxarDirectory, offsets: Float64Array, name: string): number {
    const entryAt = (index: number): PxarEntry =>
      readChild(this.#window, offsets[index] ?? 0, directory.goodbyeBytes, this.#payloadSizeBytes);
    let low = 0;
    let high = offsets.length;
    // The one that other programs put behind all others, whatever its name.
    if (high > 0 && directory.depth === 0 && isStockExcludesEntry(entryAt(high - 1))) high--;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entryAt(middle).name > name) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * The entry that a hard link is another name of. It is found by its path, and must lie where the link says: an offset
   * alone could lead into a file's content, where anybody may have put what looks like an entry.
   * @throws ARCHIVE_CORRUPT when it leads anywhere else
   */
  resolveHardlink(link: PxarEntry): PxarEntry {
    if (link.linkTarget === undefined || link.hardlinkOffsetBytes === undefined) return link;
    const target = this.find(link.linkTarget)?.entry;
    if (target === undefined || target.offsetBytes !== link.hardlinkOffsetBytes) {
      throw archiveCorrupt(link.offsetBytes, "a hard link's path and place do not lead to one file");
    }
    if (target.kind === "hardlink" || target.kind === "directory") {
      throw archiveCorrupt(link.offsetBytes, `a hard link leads to a ${target.kind}`);
    }
    return target;
  }

  /** Of all children, ascending: the order in which they lie. */
  #childOffsets(directory: PxarDirectory): Float64Array {
    const offsets = new Float64Array(directory.childCount);
    for (let i = 0; i < offsets.length; i++) offsets[i] = this.#tableRow(directory, i).offsetBytes;
    offsets.sort();
    if ((offsets[0] ?? directory.goodbyeBytes) !== directory.childrenBytes) {
      throw archiveCorrupt(directory.childrenBytes, "a directory's first child is not in its table");
    }
    return offsets;
  }

  #tableRow(directory: PxarDirectory, index: number): TableRow {
    const rowBytes = directory.goodbyeBytes + ITEM_HEADER_SIZE_BYTES + index * GOODBYE_ITEM_SIZE_BYTES;
    const at = this.#window.ensure(rowBytes, GOODBYE_ITEM_SIZE_BYTES);
    const { view } = this.#window;
    const offsetBytes = directory.goodbyeBytes - readU64(view, at + 8);
    if (!(offsetBytes >= directory.childrenBytes && offsetBytes < directory.goodbyeBytes)) {
      throw archiveCorrupt(rowBytes, "a table leads out of its directory");
    }
    return {
      high: view.getUint32(at + 4, true),
      low: view.getUint32(at, true),
      offsetBytes,
      sizeBytes: readU64(view, at + 16),
    };
  }

  /** A child by its name, and where it ends. */
  #findRow(directory: PxarDirectory, name: string): FoundRow | undefined {
    if (!isEntryName(name)) return undefined;
    const hash = new Uint32Array(2);
    sipHashInto(hash, 0, name);
    const [high = 0, low = 0] = hash;
    const descend = (index: number): FoundRow | undefined => {
      if (index >= directory.childCount) return undefined;
      const row = this.#tableRow(directory, index);
      const order = high === row.high ? low - row.low : high - row.high;
      if (order < 0) return descend(2 * index + 1);
      if (order > 0) return descend(2 * index + 2);
      const rowEndBytes = row.offsetBytes + row.sizeBytes;
      const child = this.#childAt(directory, row.offsetBytes, rowEndBytes);
      // Sizes of files in tables mean one thing here and another there.
      const endBytes = child.directory === undefined ? child.entry.endBytes : rowEndBytes;
      // Equal hashes may lie on both sides.
      if (child.entry.name === name) return { child, endBytes };
      return descend(2 * index + 1) ?? descend(2 * index + 2);
    };
    return descend(0);
  }

  /** @param endBytes  of a directory; sizes of files in tables mean one thing here and another there */
  #childAt(directory: PxarDirectory, offsetBytes: number, endBytes: number): PxarChild {
    const entry = readChild(this.#window, offsetBytes, directory.goodbyeBytes, this.#payloadSizeBytes);
    if (entry.kind !== "directory") return { entry };
    if (endBytes > directory.goodbyeBytes)
      throw archiveCorrupt(offsetBytes, "a directory reaches out of its parent");
    const entryOffsetBytes = offsetBytes + ITEM_HEADER_SIZE_BYTES + entry.name.length + 1;
    return {
      entry,
      directory: this.#openDirectory(entry, endBytes, entryOffsetBytes, directory.depth + 1),
    };
  }

  #openDirectory(entry: PxarEntry, endBytes: number, entryOffsetBytes: number, depth: number): PxarDirectory {
    if (depth >= DEPTH_MAX) throw archiveCorrupt(entry.offsetBytes, "directories are nested too deeply");
    const tail = readGoodbyeTail(this.#window, endBytes);
    const { goodbyeBytes, childCount } = tail;
    if (goodbyeBytes < entry.endBytes || tail.entryOffsetBytes !== entryOffsetBytes) {
      throw archiveCorrupt(goodbyeBytes, "a directory's table does not belong to the directory");
    }
    if (childCount * CHILD_SIZE_BYTES_MIN > goodbyeBytes - entry.endBytes) {
      throw archiveCorrupt(
        goodbyeBytes,
        "a directory's table has more rows than the directory can have children",
      );
    }
    return { entry, childrenBytes: entry.endBytes, goodbyeBytes, childCount, depth };
  }
}

function assertAscending(
  directory: PxarDirectory,
  entry: PxarEntry,
  { nameBefore, isLast }: { readonly nameBefore: string; readonly isLast: boolean },
): void {
  const isStockExcludes = isLast && directory.depth === 0 && isStockExcludesEntry(entry);
  if (!(nameBefore < entry.name) && !isStockExcludes)
    throw archiveCorrupt(entry.offsetBytes, "names are not in ascending order");
}
