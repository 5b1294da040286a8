/** Lists directories of a catalog. Nothing in it is trusted: places must lead back, counts must fit their table. */

import type { ByteSource } from "./archive-window.ts";
import {
  CATALOG_LETTERS,
  CATALOG_MAGIC,
  CATALOG_MAGIC_SIZE_BYTES,
  CATALOG_TAIL_SIZE_BYTES,
} from "./catalog-layout.ts";
import type { CatalogKind } from "./catalog-layout.ts";
import { archiveCorrupt, byteStringOf, isEntryName, readU64, viewOf } from "./pxar-item.ts";

/** A directory of some million entries; a hostile length must not be allocated. */
const TABLE_SIZE_BYTES_MAX = 256 * 1024 * 1024;
const VARINT_SIZE_BYTES_MAX = 10;

export interface CatalogEntry {
  readonly kind: CatalogKind;
  /** Byte string. */
  readonly name: string;
  readonly sizeBytes?: number;
  readonly mtimeSeconds?: number;
  /** Of a directory: what `list` takes. */
  readonly tablePlace?: number;
}

const KIND_BY_LETTER = new Map<number, CatalogKind>(
  // The table's keys are exactly the kinds.
  Object.entries(CATALOG_LETTERS).map(([kind, letter]) => [letter.charCodeAt(0), kind as CatalogKind]),
);

export class CatalogReader {
  readonly #source: ByteSource;
  /** Place of the root's table. */
  readonly rootPlace: number;

  /** @throws ARCHIVE_CORRUPT */
  constructor(source: ByteSource) {
    this.#source = source;
    const magic = source.read(0, CATALOG_MAGIC_SIZE_BYTES);
    if (Buffer.from(magic).toString("hex") !== CATALOG_MAGIC) throw archiveCorrupt(0, "it is no catalog");
    const tailBytes = source.sizeBytes - CATALOG_TAIL_SIZE_BYTES;
    if (tailBytes < CATALOG_MAGIC_SIZE_BYTES) throw archiveCorrupt(0, "it is cut short");
    this.rootPlace = readU64(viewOf(source.read(tailBytes, CATALOG_TAIL_SIZE_BYTES)), 0);
    this.#checkPlace(this.rootPlace, tailBytes);
  }

  /** The rows of one table. @throws ARCHIVE_CORRUPT */
  list(tablePlace: number): CatalogEntry[] {
    const endBytes = this.#source.sizeBytes - CATALOG_TAIL_SIZE_BYTES;
    this.#checkPlace(tablePlace, endBytes);
    const head = new Cursor(
      this.#source.read(tablePlace, Math.min(VARINT_SIZE_BYTES_MAX, endBytes - tablePlace)),
      tablePlace,
    );
    const bodySize = head.varint();
    const bodyBytes = tablePlace + head.at;
    if (bodySize > TABLE_SIZE_BYTES_MAX || bodyBytes + bodySize > endBytes) {
      throw archiveCorrupt(tablePlace, "a catalog's table is longer than the catalog");
    }
    const body = new Cursor(this.#source.read(bodyBytes, bodySize), bodyBytes);
    const count = body.varint();
    // Each row has a letter, a length and a name of at least one byte.
    if (count > bodySize / 3)
      throw archiveCorrupt(tablePlace, "a catalog's table counts more rows than it has");
    const rows = Array.from({ length: count }, () => readRow(body, tablePlace));
    if (!body.isAtEnd()) throw archiveCorrupt(tablePlace, "a catalog's table has something behind its rows");
    return rows;
  }

  #checkPlace(place: number, endBytes: number): void {
    if (place < CATALOG_MAGIC_SIZE_BYTES || place >= endBytes)
      throw archiveCorrupt(place, "a catalog's table lies outside");
  }
}

function readRow(body: Cursor, tablePlace: number): CatalogEntry {
  const kind = KIND_BY_LETTER.get(body.byte());
  if (kind === undefined) throw archiveCorrupt(tablePlace, "a catalog's row is of no known kind");
  const name = byteStringOf(body.bytes(body.varint()));
  if (!isEntryName(name)) throw archiveCorrupt(tablePlace, "a catalog's name is not one path component");
  if (kind === "file") return { kind, name, sizeBytes: body.varint(), mtimeSeconds: body.signedVarint() };
  if (kind !== "directory") return { kind, name };
  const distance = body.varint();
  // Only back, so that no cycle can arise.
  if (distance === 0 || distance > tablePlace - CATALOG_MAGIC_SIZE_BYTES) {
    throw archiveCorrupt(tablePlace, "a catalog's directory does not lead back");
  }
  return { kind, name, tablePlace: tablePlace - distance };
}

class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #offsetBytes: number;

  constructor(bytes: Uint8Array, offsetBytes: number) {
    this.#bytes = Uint8Array.from(bytes);
    this.#offsetBytes = offsetBytes;
  }

  isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw archiveCorrupt(this.#offsetBytes, "a catalog's table is cut short");
    return byte;
  }

  bytes(count: number): Uint8Array {
    if (count > this.#bytes.length - this.at)
      throw archiveCorrupt(this.#offsetBytes, "a catalog's table is cut short");
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  varint(): number {
    const { value, isNegative } = this.#number();
    if (isNegative) throw archiveCorrupt(this.#offsetBytes, "a catalog's count is negative");
    return value;
  }

  signedVarint(): number {
    const { value, isNegative } = this.#number();
    return isNegative ? -value : value;
  }

  #number(): { readonly value: number; readonly isNegative: boolean } {
    let value = 0;
    for (let i = 0; i < VARINT_SIZE_BYTES_MAX; i++) {
      const byte = this.byte();
      if (byte === 0 && i > 0) return { value: this.#safe(value), isNegative: true };
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value: this.#safe(value), isNegative: false };
    }
    throw archiveCorrupt(this.#offsetBytes, "a catalog's number is too long");
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value))
      throw archiveCorrupt(this.#offsetBytes, "a catalog's number is beyond 2^53");
    return value;
  }
}
