/**
 * Writes a catalog while a tree is walked depth first.
 *
 * The rows of all open directories lie in one piece of memory, as they will be in the catalog: a directory's own are always
 * the newest, because a subdirectory's table is written, and gone from here, before it becomes a row itself. A row of
 * a subdirectory ends with its distance from the parent's table, whose place is known only when that is written.
 */

import { assertInvariant } from "@ironcore-backup/base";
import {
  CATALOG_LETTERS,
  CATALOG_MAGIC,
  VARINT_SIZE_BYTES_MAX,
  writeSignedVarint,
  writeVarint,
} from "./catalog-layout.ts";
import type { CatalogKind } from "./catalog-layout.ts";
import { ItemOutput } from "./item-output.ts";
import type { PxarSink } from "./item-output.ts";
import { DEPTH_MAX, isEntryName } from "./pxar-item.ts";

const ROWS_SIZE_BYTES_MIN = 65_536;
/** A row without its name: a letter and three numbers. */
const ROW_SIZE_BYTES_MAX = 1 + 3 * VARINT_SIZE_BYTES_MAX;

interface OpenTable {
  readonly name: string;
  /** Where its rows begin in memory, and its subdirectories in their list. */
  readonly startAt: number;
  readonly firstSubdirectory: number;
  rowCount: number;
}

interface Subdirectory {
  /** Where in memory its distance is missing. */
  readonly at: number;
  readonly tableBytes: number;
}

export class CatalogWriter {
  readonly #output: ItemOutput;
  readonly #tables: OpenTable[] = [{ name: "", startAt: 0, firstSubdirectory: 0, rowCount: 0 }];
  readonly #subdirectories: Subdirectory[] = [];
  #rows = new Uint8Array(ROWS_SIZE_BYTES_MIN);
  #at = 0;

  constructor(sink: PxarSink) {
    this.#output = new ItemOutput(sink);
    this.#output.write(Buffer.from(CATALOG_MAGIC, "hex"));
  }

  /** The first level holds the archives, named like their files: `root.pxar.didx`. Byte strings. */
  startDirectory(name: string): void {
    assertInvariant(this.#tables.length <= DEPTH_MAX, "a catalog's directories are nested at most 2048 deep");
    const firstSubdirectory = this.#subdirectories.length;
    this.#tables.push({ name, startAt: this.#at, firstSubdirectory, rowCount: 0 });
  }

  endDirectory(): void {
    assertInvariant(this.#tables.length > 1, "a catalog's directory ends once");
    const name = this.#tables.at(-1)?.name ?? "";
    const tableBytes = this.#writeTable();
    this.#startRow("directory", name);
    this.#subdirectories.push({ at: this.#at, tableBytes });
  }

  /** @param mtimeSeconds  whole; negative before 1970 */
  addFile(name: string, sizeBytes: number, mtimeSeconds: number): void {
    assertInvariant(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, "a file has a size");
    assertInvariant(Number.isSafeInteger(mtimeSeconds), "a file has a modification time in whole seconds");
    this.#startRow("file", name);
    this.#at = writeVarint(this.#rows, this.#at, sizeBytes);
    this.#at = writeSignedVarint(this.#rows, this.#at, mtimeSeconds);
  }

  add(kind: Exclude<CatalogKind, "directory" | "file">, name: string): void {
    this.#startRow(kind, name);
  }

  /** @returns the catalog's size */
  finish(): { readonly sizeBytes: number } {
    assertInvariant(this.#tables.length === 1, "a catalog ends with its root");
    const rootBytes = this.#writeTable();
    this.#output.reserve(8);
    this.#output.u64(rootBytes);
    this.#output.flush();
    return { sizeBytes: this.#output.positionBytes };
  }

  /** Letter and name; makes room for the rest of the row. */
  #startRow(kind: CatalogKind, name: string): void {
    const table = this.#tables.at(-1);
    assertInvariant(table !== undefined, "a catalog that is finished gets no more rows");
    assertInvariant(table.name !== "" || kind === "directory", "a catalog's root holds archives only");
    assertInvariant(isEntryName(name), "a catalog's name is one path component");
    table.rowCount++;
    if (this.#at + ROW_SIZE_BYTES_MAX + name.length > this.#rows.length) this.#grow(name.length);
    this.#rows[this.#at] = CATALOG_LETTERS[kind].charCodeAt(0);
    this.#at = writeVarint(this.#rows, this.#at + 1, name.length);
    for (let i = 0; i < name.length; i++) this.#rows[this.#at + i] = name.charCodeAt(i);
    this.#at += name.length;
  }

  #grow(nameLength: number): void {
    const rows = this.#rows;
    this.#rows = new Uint8Array(2 * (rows.length + ROW_SIZE_BYTES_MAX + nameLength));
    this.#rows.set(rows);
  }

  /** The newest table; takes its rows out of memory. @returns where it begins */
  #writeTable(): number {
    const table = this.#tables.pop();
    assertInvariant(table !== undefined, "a catalog has one root");
    const tableBytes = this.#output.positionBytes;
    const subdirectories = this.#subdirectories.splice(table.firstSubdirectory);
    const distances = subdirectories.map((row) => varint(tableBytes - row.tableBytes));
    const count = varint(table.rowCount);
    const rowsSizeBytes = this.#at - table.startAt;
    const bodySizeBytes = distances.reduce((sum, bytes) => sum + bytes.length, count.length + rowsSizeBytes);
    this.#output.write(varint(bodySizeBytes));
    this.#output.write(count);
    let from = table.startAt;
    subdirectories.forEach(({ at }, i) => {
      this.#output.write(this.#rows.subarray(from, at));
      this.#output.write(distances[i] ?? count);
      from = at;
    });
    this.#output.write(this.#rows.subarray(from, this.#at));
    this.#at = table.startAt;
    return tableBytes;
  }
}

function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(VARINT_SIZE_BYTES_MAX);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}
