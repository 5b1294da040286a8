/**
 * The items that a pxar archive consists of: `type u64 | size u64 | content`, the size counting its own 16-byte header.
 * Facts: docs/format.md, file archives.
 */

import { formatErrors } from "../errors.ts";

export const ITEM_HEADER_SIZE_BYTES = 16;
export const STAT_SIZE_BYTES = 40;
export const STAT_V1_SIZE_BYTES = 32;
export const GOODBYE_ITEM_SIZE_BYTES = 24;

/**
 * Without their NUL. Linux' own file systems stop at 255 bytes; those in user space (network shares, NTFS) give longer
 * names, 765 bytes for 255 Chinese characters.
 */
export const NAME_SIZE_BYTES_MAX = 4095;
export const PATH_SIZE_BYTES_MAX = 4095;
export const XATTR_NAME_SIZE_BYTES_MAX = 255;
export const XATTR_VALUE_SIZE_BYTES_MAX = 65_536;
/** Everything between ENTRY and the body. Linux keeps lists of names to 64 KiB; a hostile archive must not go on for ever. */
export const ATTRIBUTES_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** Linux paths have at most 4096 bytes, so a path a program can open has fewer components than this. */
export const DEPTH_MAX = 2048;
export const PRELUDE_SIZE_BYTES_MAX = 1024 * 1024;

/** The type bits of a mode. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

export type ItemKind =
  | "version"
  | "prelude"
  | "entry"
  | "entry-v1"
  | "filename"
  | "symlink"
  | "device"
  | "xattr"
  | "acl-user"
  | "acl-group"
  | "acl-group-object"
  | "acl-default"
  | "acl-default-user"
  | "acl-default-group"
  | "capabilities"
  | "quota-project"
  | "hardlink"
  | "payload"
  | "payload-ref"
  | "goodbye"
  | "goodbye-tail"
  | "payload-start"
  | "payload-tail";

/** High and low half of each type. `goodbye-tail` is a hash inside GOODBYE, not an item. */
export const ITEM_TYPES: Readonly<Record<ItemKind, readonly [high: number, low: number]>> = {
  version: [0x730f6c75, 0xdf16a40d],
  prelude: [0xe309d79d, 0x9f7b771b],
  entry: [0xd5956474, 0xe588acef],
  "entry-v1": [0x11da850a, 0x1c1cceff],
  filename: [0x16701121, 0x063917b3],
  symlink: [0x27f971e7, 0xdbf5dc5f],
  device: [0x9fc9e906, 0x586d5ce9],
  xattr: [0x0dab0229, 0xb57dcd03],
  "acl-user": [0x2ce8540a, 0x457d55b8],
  "acl-group": [0x136e3ece, 0xb04c03ab],
  "acl-group-object": [0x10868031, 0xe9582876],
  "acl-default": [0xbbbb1341, 0x5a6896f5],
  "acl-default-user": [0xc89357b4, 0x0532cd1f],
  "acl-default-group": [0xf90a8a58, 0x16038ffe],
  capabilities: [0x2da9dd9d, 0xb5f7fb67],
  "quota-project": [0xe07540e8, 0x2f7d1cbb],
  hardlink: [0x51269c84, 0x22bd7275],
  payload: [0x28147a1b, 0x0b7c1a25],
  "payload-ref": [0x419d3d6b, 0xc4ba977e],
  goodbye: [0x2fec4fa6, 0x42d5731d],
  "goodbye-tail": [0xef5eed5b, 0x753e1555],
  "payload-start": [0x834c68c2, 0x194a4ed2],
  "payload-tail": [0x6c72b78b, 0x984c81b5],
};

/** By the low half as a signed integer: such a number is found in a map without a hash of its own. */
const KIND_BY_LOW = new Map<number, { readonly high: number; readonly kind: ItemKind }>(
  // The table's keys are exactly the kinds.
  Object.entries(ITEM_TYPES).map(([kind, [high, low]]) => [low | 0, { high, kind: kind as ItemKind }]),
);

/** The kind of the item whose header lies at `at`; undefined for a type that the format does not have. */
export function itemKindAt(view: DataView, at: number): ItemKind | undefined {
  const found = KIND_BY_LOW.get(view.getInt32(at, true));
  return found !== undefined && found.high === view.getUint32(at + 4, true) ? found.kind : undefined;
}

/** A u64 as a number; infinity when it is beyond what a number can count, which no bound lets pass. */
export function readU64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high < 2 ** 21 ? high * 2 ** 32 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
}

export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

export function writeItemHeader(view: DataView, at: number, kind: ItemKind, sizeBytes: number): void {
  const type = ITEM_TYPES[kind];
  view.setUint32(at, type[1], true);
  view.setUint32(at + 4, type[0], true);
  writeU64(view, at + 8, sizeBytes);
}

export function encodeItem(kind: ItemKind, content: Uint8Array): Uint8Array {
  const item = new Uint8Array(ITEM_HEADER_SIZE_BYTES + content.length);
  writeItemHeader(new DataView(item.buffer), 0, kind, item.length);
  item.set(content, ITEM_HEADER_SIZE_BYTES);
  return item;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A byte string (one character a byte) from bytes. */
export function byteStringOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function bytesOf(byteString: string): Uint8Array {
  return Buffer.from(byteString, "latin1");
}

/** True for what may be one component of a path: nothing with "/" or NUL, not "", "." or "..". */
export function isEntryName(name: string): boolean {
  if (name.length === 0 || name.length > NAME_SIZE_BYTES_MAX || name === "." || name === "..") return false;
  return !name.includes("/") && !name.includes("\0");
}

/** True for a path that stays below where it begins: components joined by "/", none of them empty, "." or "..". */
export function isRelativePath(path: string): boolean {
  return path.length <= PATH_SIZE_BYTES_MAX && path.split("/").every(isEntryName);
}

export function archiveCorrupt(offsetBytes: number, detail: string): Error {
  return formatErrors.ARCHIVE_CORRUPT({ offsetBytes, detail });
}
