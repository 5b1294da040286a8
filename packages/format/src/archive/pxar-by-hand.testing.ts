/** For tests: archives made by hand, item by item, as no writer of ours would write them. */

import { CodedError } from "@ironcore-backup/base";
import type { ByteSource } from "./archive-window.ts";
import { encodeItem, writeU64 } from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";
import { encodeStat } from "./pxar-metadata.ts";
import type { PxarStat } from "./pxar-metadata.ts";
import { PxarReader } from "./pxar-reader.ts";
import { PxarTree } from "./pxar-tree.ts";
import type { PxarDirectory } from "./pxar-tree.ts";
import { sipHashInto } from "./sip-hash.ts";

export const stat = (mode: number): PxarStat => ({
  mode,
  flags: 0,
  uid: 1,
  gid: 2,
  mtimeSeconds: 3,
  mtimeNanos: 4,
});
export const DIRECTORY = stat(0o40755);
export const FILE = stat(0o100644);

export const u64 = (...values: number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 8);
  values.forEach((value, i) => writeU64(new DataView(bytes.buffer), i * 8, value));
  return bytes;
};
export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
export const item = (kind: ItemKind, ...content: Uint8Array[]): Uint8Array =>
  encodeItem(kind, join(...content));
export const entry = (value: PxarStat): Uint8Array => item("entry", encodeStat(value));
export const filename = (name: string): Uint8Array => item("filename", text(`${name}\0`));
export const file = (name: string, content = ""): Uint8Array =>
  join(filename(name), entry(FILE), item("payload", text(content)));
export const hardlink = (name: string, distance: number, path: string): Uint8Array =>
  join(filename(name), item("hardlink", u64(distance), text(`${path}\0`)));

export interface Row {
  readonly name: string;
  readonly backBytes: number;
  readonly sizeBytes: number;
}

export function goodbye(rows: readonly Row[], backBytes: number): Uint8Array {
  const encoded = rows.map((row) => {
    const hash = new Uint32Array(2);
    sipHashInto(hash, 0, row.name);
    const bytes = join(new Uint8Array(8), u64(row.backBytes, row.sizeBytes));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, hash[1] ?? 0, true);
    view.setUint32(4, hash[0] ?? 0, true);
    return bytes;
  });
  const tail = join(new Uint8Array(8), u64(backBytes, 16 + 24 * (rows.length + 1)));
  tail.set([0x55, 0x15, 0x3e, 0x75, 0x5b, 0xed, 0x5e, 0xef]);
  return item("goodbye", ...encoded, tail);
}

/** A version 1 root with these children, one behind the other, and a right table (rows unsorted beyond one). */
export function root(
  ...children: readonly { readonly name: string; readonly bytes: Uint8Array }[]
): Uint8Array {
  const head = entry(DIRECTORY);
  const body = join(...children.map((child) => child.bytes));
  let at = 0;
  const rows = children.map(({ name, bytes }) => {
    const row = { name, backBytes: body.length - at, sizeBytes: bytes.length };
    at += bytes.length;
    return row;
  });
  return join(head, body, goodbye(rows, head.length + body.length));
}
export const one = (name: string, bytes: Uint8Array): Uint8Array => root({ name, bytes });

/** Gives its memory out again and again, as the interface allows; counts what was asked for. */
export function sourceOf(
  bytes: Uint8Array,
  sizeBytes = bytes.length,
): ByteSource & { readonly readBytes: number } {
  let memory = new Uint8Array(0);
  let readBytes = 0;
  return {
    sizeBytes,
    get readBytes() {
      return readBytes;
    },
    read(at, length) {
      memory.fill(0xee);
      memory = Uint8Array.from(bytes.subarray(at, at + length));
      readBytes += memory.length;
      return memory;
    },
  };
}

export function readAll(source: ByteSource): string[] {
  const reader = new PxarReader(source);
  const names: string[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.event === "leave") continue;
    event.entry.attributes();
    names.push(event.entry.name);
  }
  return names;
}

export function listAll(source: ByteSource): string[] {
  const tree = new PxarTree(source);
  const names = [""];
  const walk = (directory: PxarDirectory): void => {
    for (const child of tree.children(directory)) {
      child.entry.attributes();
      names.push(child.entry.name);
      if (child.directory !== undefined) walk(child.directory);
    }
  };
  walk(tree.root);
  return names;
}

export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CodedError && error.code === "ARCHIVE_CORRUPT") return error.message;
    throw error;
  }
  return "accepted";
}
