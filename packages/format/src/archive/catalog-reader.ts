/**
 * Lists directories of a catalog. Nothing in it is trusted: a table's rows must fill it exactly, and a subdirectory's table
 * lies before its parent's and behind that of the subdirectory before it. So all tables below one directory lie in a range
 * of its own, none is reached twice, and neither a cycle nor an endless tree can arise.
 */

import { ArchiveWindow } from "./archive-window.ts";
import type { ByteSource } from "./archive-window.ts";
import {
  CATALOG_LETTERS,
  CATALOG_MAGIC,
  CATALOG_MAGIC_SIZE_BYTES,
  CATALOG_TAIL_SIZE_BYTES,
  VARINT_SIZE_BYTES_MAX,
} from "./catalog-layout.ts";
import type { CatalogKind } from "./catalog-layout.ts";
import { archiveCorrupt, isEntryName, NAME_SIZE_BYTES_MAX, readU64 } from "./pxar-item.ts";

const READ_AHEAD_BYTES = 65_536;
/** A letter, a length and one byte of name. */
const ROW_SIZE_BYTES_MIN = 3;

/** A directory of the catalog: what `list` takes. */
export interface CatalogDirectory {
  /** Where its table begins. */
  readonly tableBytes: number;
  /** The tables below it lie in [lowBytes, tableBytes). */
  readonly lowBytes: number;
  /** Its table ends here or before. */
  readonly limitBytes: number;
}

export type CatalogEntry =
  | { readonly kind: "directory"; readonly name: string; readonly directory: CatalogDirectory }
  | {
      readonly kind: "file";
      readonly name: string;
      readonly sizeBytes: number;
      readonly mtimeSeconds: number;
    }
  /** Names are byte strings. */
  | { readonly kind: Exclude<CatalogKind, "directory" | "file">; readonly name: string };

const KIND_BY_LETTER = new Map<number, CatalogKind>(
  // The table's keys are exactly the kinds.
  Object.entries(CATALOG_LETTERS).map(([kind, letter]) => [letter.charCodeAt(0), kind as CatalogKind]),
);

export class CatalogReader {
  readonly #source: ByteSource;
  /** Holds one directory for each archive. */
  readonly root: CatalogDirectory;

  /** @throws ARCHIVE_CORRUPT */
  constructor(source: ByteSource) {
    this.#source = source;
    const window = new ArchiveWindow(source, CATALOG_MAGIC_SIZE_BYTES);
    const magicAt = window.ensure(0, CATALOG_MAGIC_SIZE_BYTES);
    if (window.bytes.toString("hex", magicAt, magicAt + CATALOG_MAGIC_SIZE_BYTES) !== CATALOG_MAGIC)
      throw archiveCorrupt(0, "it is no catalog");
    const limitBytes = source.sizeBytes - CATALOG_TAIL_SIZE_BYTES;
    const tableBytes = readU64(window.view, window.ensure(limitBytes, CATALOG_TAIL_SIZE_BYTES));
    if (tableBytes < CATALOG_MAGIC_SIZE_BYTES || tableBytes >= limitBytes)
      throw archiveCorrupt(limitBytes, "the catalog's root lies outside");
    this.root = { tableBytes, lowBytes: CATALOG_MAGIC_SIZE_BYTES, limitBytes };
  }

  /** The rows of one directory, read one by one. @throws ARCHIVE_CORRUPT */
  *list(directory: CatalogDirectory): Generator<CatalogEntry> {
    const { tableBytes } = directory;
    const cursor = new CatalogCursor(this.#source, tableBytes, directory.limitBytes);
    const bodySizeBytes = cursor.unsigned();
    cursor.narrow(bodySizeBytes);
    const count = cursor.unsigned();
    if (count > bodySizeBytes / ROW_SIZE_BYTES_MIN)
      throw archiveCorrupt(tableBytes, "a catalog's table counts more rows than it has");
    let lowBytes = directory.lowBytes;
    for (let i = 0; i < count; i++) {
      const entry = readRow(cursor, tableBytes, lowBytes);
      if (entry.kind === "directory") lowBytes = entry.directory.tableBytes + 1;
      yield entry;
    }
    if (!cursor.isAtEnd())
      throw archiveCorrupt(tableBytes, "a catalog's table has something behind its rows");
  }
}

function readRow(cursor: CatalogCursor, tableBytes: number, lowBytes: number): CatalogEntry {
  const rowBytes = cursor.positionBytes;
  const kind = KIND_BY_LETTER.get(cursor.byte());
  if (kind === undefined) throw archiveCorrupt(rowBytes, "a catalog's row is of no known kind");
  const name = cursor.name();
  if (!isEntryName(name)) throw archiveCorrupt(rowBytes, "a catalog's name is not one path component");
  if (kind === "file") return { kind, name, sizeBytes: cursor.unsigned(), mtimeSeconds: cursor.signed() };
  if (kind !== "directory") return { kind, name };
  const childBytes = tableBytes - cursor.unsigned();
  if (childBytes < lowBytes || childBytes >= tableBytes)
    throw archiveCorrupt(rowBytes, "a catalog's directory does not lie where it must");
  return { kind, name, directory: { tableBytes: childBytes, lowBytes, limitBytes: tableBytes } };
}

/** Reads numbers and names one after the other, up to a limit. */
class CatalogCursor {
  readonly #window: ArchiveWindow;
  positionBytes: number;
  #limitBytes: number;

  constructor(source: ByteSource, positionBytes: number, limitBytes: number) {
    this.#window = new ArchiveWindow(source, READ_AHEAD_BYTES);
    this.positionBytes = positionBytes;
    this.#limitBytes = limitBytes;
  }

  /** Only the next `sizeBytes` are left from now on. */
  narrow(sizeBytes: number): void {
    this.#check(sizeBytes);
    this.#limitBytes = this.positionBytes + sizeBytes;
  }

  isAtEnd(): boolean {
    return this.positionBytes === this.#limitBytes;
  }

  byte(): number {
    // First the place: looking for it may put another piece of memory into the window.
    const at = this.#take(1);
    return this.#window.bytes[at] ?? 0;
  }

  name(): string {
    const length = this.unsigned();
    if (length > NAME_SIZE_BYTES_MAX)
      throw archiveCorrupt(this.positionBytes, "a catalog's name is too long");
    const at = this.#take(length);
    return this.#window.bytes.toString("latin1", at, at + length);
  }

  unsigned(): number {
    const value = this.signed();
    if (value < 0) throw archiveCorrupt(this.positionBytes, "a catalog's count is negative");
    return value;
  }

  signed(): number {
    const startBytes = this.positionBytes;
    let value = 0;
    for (let i = 0; i < VARINT_SIZE_BYTES_MAX; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (!Number.isSafeInteger(value)) break;
      // A lone zero is zero; a zero that ends a row of marked bytes is the sign.
      return byte === 0 && i > 0 ? 0 - value : value;
    }
    throw archiveCorrupt(startBytes, "a catalog's number is too large");
  }

  #take(count: number): number {
    this.#check(count);
    const at = this.#window.ensure(this.positionBytes, count);
    this.positionBytes += count;
    return at;
  }

  #check(count: number): void {
    if (count > this.#limitBytes - this.positionBytes)
      throw archiveCorrupt(this.positionBytes, "a catalog's table is cut short");
  }
}
