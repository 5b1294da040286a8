/** Writes a catalog while a tree is walked depth first. Memory: the tables of the open directories. */

import { assertInvariant } from "@ironcore-backup/base";
import {
  CATALOG_LETTERS,
  CATALOG_MAGIC,
  CATALOG_MAGIC_SIZE_BYTES,
  pushSignedVarint,
  pushVarint,
} from "./catalog-layout.ts";
import type { CatalogKind } from "./catalog-layout.ts";
import type { PxarSink } from "./pxar-writer.ts";

interface OpenTable {
  readonly name: string;
  /** Rows so far. A subdirectory's place is known only as a distance from its parent's table, so it waits as a pair. */
  readonly rows: { readonly head: number[]; readonly tablePlace?: number }[];
}

export class CatalogWriter {
  readonly #sink: PxarSink;
  readonly #open: OpenTable[] = [{ name: "", rows: [] }];
  #positionBytes = CATALOG_MAGIC_SIZE_BYTES;

  constructor(sink: PxarSink) {
    this.#sink = sink;
    sink.write(Buffer.from(CATALOG_MAGIC, "hex"));
  }

  /** The first level holds the archives, named like their files: `root.pxar.didx`. Byte strings. */
  startDirectory(name: string): void {
    this.#open.push({ name, rows: [] });
  }

  endDirectory(): void {
    assertInvariant(this.#open.length > 1, "a catalog's directory ends once");
    const table = this.#open.pop();
    if (table === undefined) return;
    const tablePlace = this.#writeTable(table);
    this.#open.at(-1)?.rows.push({ head: rowHead("directory", table.name), tablePlace });
  }

  addFile(name: string, sizeBytes: number, mtimeSeconds: number): void {
    const head = rowHead("file", name);
    pushVarint(head, sizeBytes);
    pushSignedVarint(head, mtimeSeconds);
    this.#open.at(-1)?.rows.push({ head });
  }

  add(kind: Exclude<CatalogKind, "directory" | "file">, name: string): void {
    this.#open.at(-1)?.rows.push({ head: rowHead(kind, name) });
  }

  finish(): { readonly sizeBytes: number } {
    const [root] = this.#open;
    assertInvariant(this.#open.length === 1 && root !== undefined, "a catalog ends with its root");
    const tail = Buffer.alloc(8);
    tail.writeBigUInt64LE(BigInt(this.#writeTable(root)));
    this.#sink.write(tail);
    return { sizeBytes: this.#positionBytes + tail.length };
  }

  /** @returns where the table begins */
  #writeTable(table: OpenTable): number {
    const place = this.#positionBytes;
    const body: number[] = [];
    pushVarint(body, table.rows.length);
    for (const row of table.rows) {
      for (const byte of row.head) body.push(byte);
      if (row.tablePlace !== undefined) pushVarint(body, place - row.tablePlace);
    }
    const length: number[] = [];
    pushVarint(length, body.length);
    this.#sink.write(Uint8Array.from(length));
    this.#sink.write(Uint8Array.from(body));
    this.#positionBytes += length.length + body.length;
    return place;
  }
}

function rowHead(kind: CatalogKind, name: string): number[] {
  const head = [CATALOG_LETTERS[kind].charCodeAt(0)];
  pushVarint(head, name.length);
  for (let i = 0; i < name.length; i++) head.push(name.charCodeAt(i));
  return head;
}
