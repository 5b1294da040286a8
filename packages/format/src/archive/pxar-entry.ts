/**
 * One child of a directory as it lies in an archive: FILENAME, then HARDLINK or ENTRY, attributes and body. Read by both
 * readers, the one that goes from front to back and the one that jumps.
 */

import { decodeAttributes, isAttributeKind, readStat, readStatV1, encodeStat } from "./pxar-metadata.ts";
import type { PxarAttributes, PxarStat } from "./pxar-metadata.ts";
import {
  archiveCorrupt,
  ATTRIBUTES_SIZE_BYTES_MAX,
  byteStringOf,
  isEntryName,
  ITEM_HEADER_SIZE_BYTES,
  itemKindAt,
  NAME_SIZE_BYTES_MAX,
  PATH_SIZE_BYTES_MAX,
  readU64,
  STAT_SIZE_BYTES,
  STAT_V1_SIZE_BYTES,
} from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";
import type { ArchiveWindow } from "./archive-window.ts";

export type PxarKind =
  "directory" | "file" | "symlink" | "hardlink" | "block-device" | "character-device" | "fifo" | "socket";

/** Where a regular file's data is: behind its header in the other stream, or right here. */
export type PxarContent =
  | { readonly place: "payload"; readonly offsetBytes: number; readonly sizeBytes: number }
  | { readonly place: "inline"; readonly offsetBytes: number; readonly sizeBytes: number };

export interface PxarEntry {
  readonly kind: PxarKind;
  /** Byte string; "" for the root. */
  readonly name: string;
  /** Of the FILENAME item; of ENTRY for the root. Hard links refer to it. */
  readonly offsetBytes: number;
  /** For a hard link: all zero. */
  readonly stat: PxarStat;
  /** The 40 bytes of a version 2 ENTRY; a copy. */
  readonly rawStat: Uint8Array;
  /** The attribute items as they are; a copy, empty for most. */
  readonly rawAttributes: Uint8Array;
  /** Decoded anew at each call. @throws ARCHIVE_CORRUPT */
  attributes(): PxarAttributes;
  /** Of a regular file. */
  readonly content?: PxarContent;
  /** Target of a symbolic link, or path of a hard link's first name (relative to the root); a byte string. */
  readonly linkTarget?: string;
  /** `offsetBytes` of a hard link's first name. */
  readonly hardlinkOffsetBytes?: number;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Where the next item begins: the first child of a directory, the next sibling otherwise. */
  readonly endBytes: number;
}

const NO_BYTES = new Uint8Array();
const NO_STAT: PxarStat = { mode: 0, flags: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanos: 0 };
const S_IFMT = 0o170000;
const KIND_BY_TYPE = new Map<number, PxarKind>([
  [0o040000, "directory"],
  [0o100000, "file"],
  [0o120000, "symlink"],
  [0o060000, "block-device"],
  [0o020000, "character-device"],
  [0o010000, "fifo"],
  [0o140000, "socket"],
]);

interface ItemHead {
  readonly kind: ItemKind;
  readonly sizeBytes: number;
}

/** The header at `offsetBytes`, its size checked against the end of what surrounds it. @throws ARCHIVE_CORRUPT */
export function readItemHead(window: ArchiveWindow, offsetBytes: number, limitBytes: number): ItemHead {
  if (offsetBytes + ITEM_HEADER_SIZE_BYTES > limitBytes)
    throw archiveCorrupt(offsetBytes, "it ends within an item");
  const at = window.ensure(offsetBytes, ITEM_HEADER_SIZE_BYTES);
  const kind = itemKindAt(window.view, at);
  if (kind === undefined) throw archiveCorrupt(offsetBytes, "there is no known item");
  const sizeBytes = readU64(window.view, at + 8);
  if (sizeBytes < ITEM_HEADER_SIZE_BYTES || offsetBytes + sizeBytes > limitBytes) {
    throw archiveCorrupt(offsetBytes, `the item ${kind} has the impossible size ${sizeBytes}`);
  }
  return { kind, sizeBytes };
}

/** A name with its NUL behind a header. @throws ARCHIVE_CORRUPT */
function readName(window: ArchiveWindow, offsetBytes: number, sizeBytes: number): string {
  const length = sizeBytes - ITEM_HEADER_SIZE_BYTES - 1;
  if (length < 1 || length > NAME_SIZE_BYTES_MAX)
    throw archiveCorrupt(offsetBytes, "a name has an impossible length");
  const at = window.ensure(offsetBytes, sizeBytes) + ITEM_HEADER_SIZE_BYTES;
  if (window.bytes[at + length] !== 0) throw archiveCorrupt(offsetBytes, "a name does not end in NUL");
  const name = byteStringOf(window.bytes.subarray(at, at + length));
  if (!isEntryName(name)) throw archiveCorrupt(offsetBytes, "a name is not one path component");
  return name;
}

/** A path with its NUL, `length` bytes from `at` on in the window. */
function readPath(window: ArchiveWindow, at: number, length: number, offsetBytes: number): string {
  if (length < 2 || length > PATH_SIZE_BYTES_MAX + 1)
    throw archiveCorrupt(offsetBytes, "a link has an impossible length");
  const text = byteStringOf(window.bytes.subarray(at, at + length));
  if (text.indexOf("\0") !== length - 1)
    throw archiveCorrupt(offsetBytes, "a link's target does not end in its only NUL");
  return text.slice(0, -1);
}

/**
 * The child whose FILENAME item lies at `offsetBytes`.
 * @param limitBytes  end of what surrounds it
 * @param payloadSizeBytes  of the other stream; undefined in a version 1 archive
 * @throws ARCHIVE_CORRUPT
 */
export function readChild(
  window: ArchiveWindow,
  offsetBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): PxarEntry {
  const head = readItemHead(window, offsetBytes, limitBytes);
  if (head.kind !== "filename") throw archiveCorrupt(offsetBytes, `a name is expected, not ${head.kind}`);
  const name = readName(window, offsetBytes, head.sizeBytes);
  const behindName = offsetBytes + head.sizeBytes;
  const next = readItemHead(window, behindName, limitBytes);
  if (next.kind === "hardlink") return readHardlink(window, name, offsetBytes, behindName, next.sizeBytes);
  return readEntry(window, { name, offsetBytes }, behindName, limitBytes, payloadSizeBytes);
}

function readHardlink(
  window: ArchiveWindow,
  name: string,
  offsetBytes: number,
  at: number,
  sizeBytes: number,
): PxarEntry {
  const contentSize = sizeBytes - ITEM_HEADER_SIZE_BYTES - 8;
  if (contentSize > PATH_SIZE_BYTES_MAX + 1) throw archiveCorrupt(at, "a hard link has an impossible length");
  const content = window.ensure(at, sizeBytes) + ITEM_HEADER_SIZE_BYTES;
  if (contentSize < 2) throw archiveCorrupt(at, "a hard link has an impossible length");
  const distance = readU64(window.view, content);
  if (distance === 0 || distance > offsetBytes) throw archiveCorrupt(at, "a hard link does not lead back");
  return {
    kind: "hardlink",
    name,
    offsetBytes,
    stat: NO_STAT,
    rawStat: NO_BYTES,
    rawAttributes: NO_BYTES,
    attributes: () => ({ xattrs: [] }),
    linkTarget: readPath(window, content + 8, contentSize, at),
    hardlinkOffsetBytes: offsetBytes - distance,
    endBytes: at + sizeBytes,
  };
}

/** ENTRY, attributes and body at `entryBytes`. @throws ARCHIVE_CORRUPT */
export function readEntry(
  window: ArchiveWindow,
  named: { readonly name: string; readonly offsetBytes: number },
  entryBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): PxarEntry {
  const { stat, rawStat, endBytes: attributesBytes } = readStatItem(window, entryBytes, limitBytes);
  const kind = KIND_BY_TYPE.get(stat.mode & S_IFMT);
  if (kind === undefined)
    throw archiveCorrupt(entryBytes, `the mode ${stat.mode.toString(8)} is of no known kind`);
  const bodyBytes = findBody(window, attributesBytes, limitBytes);
  const size = bodyBytes - attributesBytes;
  const at = size === 0 ? 0 : window.ensure(attributesBytes, size);
  const rawAttributes = size === 0 ? NO_BYTES : window.bytes.slice(at, at + size);
  const body = readBody(window, kind, bodyBytes, limitBytes, payloadSizeBytes);
  return {
    kind,
    ...named,
    stat,
    rawStat,
    rawAttributes,
    attributes: () => decodeAttributes(rawAttributes, attributesBytes),
    ...body,
  };
}

function readStatItem(window: ArchiveWindow, entryBytes: number, limitBytes: number) {
  const head = readItemHead(window, entryBytes, limitBytes);
  const content = head.sizeBytes - ITEM_HEADER_SIZE_BYTES;
  const endBytes = entryBytes + head.sizeBytes;
  if (head.kind === "entry" && content === STAT_SIZE_BYTES) {
    const at = window.ensure(entryBytes, head.sizeBytes) + ITEM_HEADER_SIZE_BYTES;
    const stat = readStat(window.view, at, entryBytes);
    return { stat, rawStat: window.bytes.slice(at, at + STAT_SIZE_BYTES), endBytes };
  }
  if (head.kind === "entry-v1" && content === STAT_V1_SIZE_BYTES) {
    const at = window.ensure(entryBytes, head.sizeBytes) + ITEM_HEADER_SIZE_BYTES;
    const stat = readStatV1(window.view, at, entryBytes);
    return { stat, rawStat: encodeStat(stat), endBytes };
  }
  throw archiveCorrupt(entryBytes, `an entry is expected, not ${head.kind} of ${head.sizeBytes} bytes`);
}

/** Skips the attribute items. */
function findBody(window: ArchiveWindow, startBytes: number, limitBytes: number): number {
  let offsetBytes = startBytes;
  while (offsetBytes + ITEM_HEADER_SIZE_BYTES <= limitBytes) {
    const head = readItemHead(window, offsetBytes, limitBytes);
    if (!isAttributeKind(head.kind)) break;
    offsetBytes += head.sizeBytes;
    if (offsetBytes - startBytes > ATTRIBUTES_SIZE_BYTES_MAX)
      throw archiveCorrupt(startBytes, "its attributes are too many");
  }
  return offsetBytes;
}

type Body = Pick<PxarEntry, "content" | "linkTarget" | "device" | "endBytes">;

function readBody(
  window: ArchiveWindow,
  kind: PxarKind,
  offsetBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): Body {
  if (kind === "file") return readFileBody(window, offsetBytes, limitBytes, payloadSizeBytes);
  if (kind === "symlink") {
    const size = expectItem(window, "symlink", offsetBytes, limitBytes);
    if (size - ITEM_HEADER_SIZE_BYTES > PATH_SIZE_BYTES_MAX + 1)
      throw archiveCorrupt(offsetBytes, "a link has an impossible length");
    const at = window.ensure(offsetBytes, size) + ITEM_HEADER_SIZE_BYTES;
    const linkTarget = readPath(window, at, size - ITEM_HEADER_SIZE_BYTES, offsetBytes);
    return { linkTarget, endBytes: offsetBytes + size };
  }
  if (kind === "block-device" || kind === "character-device") {
    const size = expectItem(window, "device", offsetBytes, limitBytes);
    if (size !== ITEM_HEADER_SIZE_BYTES + 16)
      throw archiveCorrupt(offsetBytes, "a device has an impossible length");
    const at = window.ensure(offsetBytes, size) + ITEM_HEADER_SIZE_BYTES;
    const device = { major: readU64(window.view, at), minor: readU64(window.view, at + 8) };
    if (device.major > 0xfff || device.minor > 0xfffff)
      throw archiveCorrupt(offsetBytes, "a device has impossible numbers");
    return { device, endBytes: offsetBytes + size };
  }
  return { endBytes: offsetBytes };
}

function readFileBody(
  window: ArchiveWindow,
  offsetBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): Body {
  if (payloadSizeBytes === undefined) {
    const size = expectItem(window, "payload", offsetBytes, limitBytes);
    const start = offsetBytes + ITEM_HEADER_SIZE_BYTES;
    const sizeBytes = size - ITEM_HEADER_SIZE_BYTES;
    return { content: { place: "inline", offsetBytes: start, sizeBytes }, endBytes: offsetBytes + size };
  }
  const size = expectItem(window, "payload-ref", offsetBytes, limitBytes);
  if (size !== ITEM_HEADER_SIZE_BYTES + 16)
    throw archiveCorrupt(offsetBytes, "a payload reference has an impossible length");
  const at = window.ensure(offsetBytes, size) + ITEM_HEADER_SIZE_BYTES;
  const content = {
    place: "payload",
    offsetBytes: readU64(window.view, at),
    sizeBytes: readU64(window.view, at + 8),
  } as const;
  if (content.offsetBytes + ITEM_HEADER_SIZE_BYTES + content.sizeBytes > payloadSizeBytes) {
    throw archiveCorrupt(offsetBytes, "a file's data lies outside the payload");
  }
  return { content, endBytes: offsetBytes + size };
}

function expectItem(window: ArchiveWindow, kind: ItemKind, offsetBytes: number, limitBytes: number): number {
  const head = readItemHead(window, offsetBytes, limitBytes);
  if (head.kind !== kind) throw archiveCorrupt(offsetBytes, `${kind} is expected, not ${head.kind}`);
  return head.sizeBytes;
}
