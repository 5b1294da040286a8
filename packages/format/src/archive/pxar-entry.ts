/**
 * One child of a directory as it lies in an archive: FILENAME, then HARDLINK or ENTRY, attributes and body. Read by both
 * readers, the one that goes from front to back and the one that jumps.
 */

import type { ArchiveWindow } from "./archive-window.ts";
import {
  archiveCorrupt,
  ATTRIBUTES_SIZE_BYTES_MAX,
  isEntryName,
  isRelativePath,
  ITEM_HEADER_SIZE_BYTES,
  NAME_SIZE_BYTES_MAX,
  PATH_SIZE_BYTES_MAX,
  readU64,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  STAT_SIZE_BYTES,
  STAT_V1_SIZE_BYTES,
} from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";
import { decodeAttributes, encodeStat, isAttributeKind, readStat, readStatV1 } from "./pxar-metadata.ts";
import type { PxarAttributes, PxarStat } from "./pxar-metadata.ts";

export type PxarKind =
  "directory" | "file" | "symlink" | "hardlink" | "block-device" | "character-device" | "fifo" | "socket";

/** Where a regular file's data is: behind its header in the other stream, or right here. */
export type PxarContent =
  | { readonly place: "payload"; readonly offsetBytes: number; readonly sizeBytes: number }
  | { readonly place: "inline"; readonly offsetBytes: number; readonly sizeBytes: number };

/** What stands behind the attributes, and where it ends. */
interface EntryBody {
  readonly content?: PxarContent;
  readonly linkTarget?: string;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly endBytes: number;
}

/** The kernel has 12 bits for the one and 20 for the other. */
const DEVICE_MAJOR_MAX = 0xfff;
const DEVICE_MINOR_MAX = 0xfffff;
const NO_BYTES = new Uint8Array();
const NO_STAT: PxarStat = { mode: 0, flags: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanos: 0 };

/** Holds nothing of the window: it may be kept. A class, because a million of them are made with the same shape. */
export class PxarEntry {
  readonly kind: PxarKind;
  /** Byte string; "" for the root. */
  readonly name: string;
  /** Of the FILENAME item; of ENTRY for the root. Hard links refer to it. */
  readonly offsetBytes: number;
  /** For a hard link: all zero. */
  readonly stat: PxarStat;
  /** The attribute items as they are; a copy, empty for most. */
  readonly rawAttributes: Uint8Array;
  readonly #attributesBytes: number;
  /** Of a regular file. */
  readonly content: PxarContent | undefined;
  /** Target of a symbolic link, or path of a hard link's first name (relative to the root); a byte string. */
  readonly linkTarget: string | undefined;
  /** `offsetBytes` of a hard link's first name. */
  readonly hardlinkOffsetBytes: number | undefined;
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  /** Where the next item begins: the first child of a directory, the next sibling otherwise. */
  readonly endBytes: number;

  constructor(
    named: { readonly kind: PxarKind; readonly name: string; readonly offsetBytes: number },
    metadata: {
      readonly stat: PxarStat;
      readonly rawAttributes: Uint8Array;
      readonly attributesBytes: number;
    },
    body: EntryBody & { readonly hardlinkOffsetBytes?: number },
  ) {
    this.kind = named.kind;
    this.name = named.name;
    this.offsetBytes = named.offsetBytes;
    this.stat = metadata.stat;
    this.rawAttributes = metadata.rawAttributes;
    this.#attributesBytes = metadata.attributesBytes;
    this.content = body.content;
    this.linkTarget = body.linkTarget;
    this.hardlinkOffsetBytes = body.hardlinkOffsetBytes;
    this.device = body.device;
    this.endBytes = body.endBytes;
  }

  /** The 40 bytes of an ENTRY, made at each call. A writer takes `stat` as well, which costs nothing. */
  get rawStat(): Uint8Array {
    return encodeStat(this.stat);
  }

  /** Decoded anew at each call. @throws ARCHIVE_CORRUPT */
  attributes(): PxarAttributes {
    return decodeAttributes(this.rawAttributes, this.#attributesBytes);
  }
}

/** The kind that a mode's type bits stand for. */
function kindOfMode(mode: number): PxarKind | undefined {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "symlink";
    case S_IFBLK:
      return "block-device";
    case S_IFCHR:
      return "character-device";
    case S_IFIFO:
      return "fifo";
    case S_IFSOCK:
      return "socket";
    default:
      return undefined;
  }
}

/** A name with its NUL behind a header. @throws ARCHIVE_CORRUPT */
function readName(window: ArchiveWindow, offsetBytes: number, sizeBytes: number): string {
  const length = sizeBytes - ITEM_HEADER_SIZE_BYTES - 1;
  if (length < 1 || length > NAME_SIZE_BYTES_MAX)
    throw archiveCorrupt(offsetBytes, "a name has an impossible length");
  const at = window.ensure(offsetBytes, sizeBytes) + ITEM_HEADER_SIZE_BYTES;
  if (window.bytes[at + length] !== 0) throw archiveCorrupt(offsetBytes, "a name does not end in NUL");
  const name = window.bytes.toString("latin1", at, at + length);
  if (!isEntryName(name)) throw archiveCorrupt(offsetBytes, "a name is not one path component");
  return name;
}

/** A path with its NUL, `length` bytes from `at` on in the window. */
function readPath(window: ArchiveWindow, at: number, length: number, offsetBytes: number): string {
  if (length < 2 || length > PATH_SIZE_BYTES_MAX + 1)
    throw archiveCorrupt(offsetBytes, "a link has an impossible length");
  const text = window.bytes.toString("latin1", at, at + length);
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
  const first = window.openItem(offsetBytes, limitBytes);
  if (first !== "filename") throw archiveCorrupt(offsetBytes, `a name is expected, not ${first}`);
  const behindName = offsetBytes + window.itemSizeBytes;
  const name = readName(window, offsetBytes, window.itemSizeBytes);
  if (window.openItem(behindName, limitBytes) === "hardlink") {
    return readHardlink(window, { name, offsetBytes }, behindName, window.itemSizeBytes);
  }
  return readEntry(window, { name, offsetBytes }, behindName, limitBytes, payloadSizeBytes);
}

function readHardlink(
  window: ArchiveWindow,
  named: { readonly name: string; readonly offsetBytes: number },
  at: number,
  sizeBytes: number,
): PxarEntry {
  const contentSize = sizeBytes - ITEM_HEADER_SIZE_BYTES - 8;
  if (contentSize < 2 || contentSize > PATH_SIZE_BYTES_MAX + 1)
    throw archiveCorrupt(at, "a hard link has an impossible length");
  const content = window.ensure(at, sizeBytes) + ITEM_HEADER_SIZE_BYTES;
  const distance = readU64(window.view, content);
  if (distance === 0 || distance > named.offsetBytes)
    throw archiveCorrupt(at, "a hard link does not lead back");
  const linkTarget = readPath(window, content + 8, contentSize, at);
  if (!isRelativePath(linkTarget))
    throw archiveCorrupt(at, "a hard link's path does not stay below the root");
  return new PxarEntry(
    { kind: "hardlink", ...named },
    { stat: NO_STAT, rawAttributes: NO_BYTES, attributesBytes: at },
    { linkTarget, hardlinkOffsetBytes: named.offsetBytes - distance, endBytes: at + sizeBytes },
  );
}

/** ENTRY, attributes and body at `entryBytes`. @throws ARCHIVE_CORRUPT */
export function readEntry(
  window: ArchiveWindow,
  named: { readonly name: string; readonly offsetBytes: number },
  entryBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): PxarEntry {
  const { name, offsetBytes } = named;
  const stat = readStatItem(window, entryBytes, limitBytes);
  const attributesBytes = entryBytes + window.itemSizeBytes;
  const kind = kindOfMode(stat.mode);
  if (kind === undefined)
    throw archiveCorrupt(entryBytes, `the mode ${stat.mode.toString(8)} is of no known kind`);
  const bodyBytes = findBody(window, attributesBytes, limitBytes);
  const sizeBytes = bodyBytes - attributesBytes;
  const rawAttributes = sizeBytes === 0 ? NO_BYTES : copyOf(window, attributesBytes, sizeBytes);
  const body = readBody(window, kind, bodyBytes, limitBytes, payloadSizeBytes);
  return new PxarEntry({ kind, name, offsetBytes }, { stat, rawAttributes, attributesBytes }, body);
}

function copyOf(window: ArchiveWindow, offsetBytes: number, sizeBytes: number): Uint8Array {
  const at = window.ensure(offsetBytes, sizeBytes);
  return window.copy(at, at + sizeBytes);
}

/** Leaves the ENTRY opened. */
function readStatItem(window: ArchiveWindow, entryBytes: number, limitBytes: number): PxarStat {
  const kind = window.openItem(entryBytes, limitBytes);
  const sizeBytes = window.itemSizeBytes;
  if (kind === "entry" && sizeBytes === ITEM_HEADER_SIZE_BYTES + STAT_SIZE_BYTES) {
    return readStat(window.view, window.ensure(entryBytes, sizeBytes) + ITEM_HEADER_SIZE_BYTES, entryBytes);
  }
  if (kind === "entry-v1" && sizeBytes === ITEM_HEADER_SIZE_BYTES + STAT_V1_SIZE_BYTES) {
    return readStatV1(window.view, window.ensure(entryBytes, sizeBytes) + ITEM_HEADER_SIZE_BYTES, entryBytes);
  }
  throw archiveCorrupt(entryBytes, `an entry is expected, not ${kind} of ${sizeBytes} bytes`);
}

/** Skips the attribute items. */
function findBody(window: ArchiveWindow, startBytes: number, limitBytes: number): number {
  let offsetBytes = startBytes;
  while (offsetBytes + ITEM_HEADER_SIZE_BYTES <= limitBytes) {
    if (!isAttributeKind(window.openItem(offsetBytes, limitBytes))) break;
    offsetBytes += window.itemSizeBytes;
    if (offsetBytes - startBytes > ATTRIBUTES_SIZE_BYTES_MAX)
      throw archiveCorrupt(startBytes, "its attributes are too many");
  }
  return offsetBytes;
}

function readBody(
  window: ArchiveWindow,
  kind: PxarKind,
  offsetBytes: number,
  limitBytes: number,
  payloadSizeBytes: number | undefined,
): EntryBody {
  switch (kind) {
    case "file":
      return payloadSizeBytes === undefined
        ? readInlineContent(window, offsetBytes, limitBytes)
        : readPayloadRef(window, offsetBytes, limitBytes, payloadSizeBytes);
    case "symlink":
      return readSymlink(window, offsetBytes, limitBytes);
    case "block-device":
    case "character-device":
      return readDevice(window, offsetBytes, limitBytes);
    case "directory":
    case "fifo":
    case "socket":
    case "hardlink":
      return { endBytes: offsetBytes };
    default:
      return kind satisfies never;
  }
}

function readInlineContent(window: ArchiveWindow, offsetBytes: number, limitBytes: number): EntryBody {
  expectItem(window, "payload", offsetBytes, limitBytes);
  const endBytes = offsetBytes + window.itemSizeBytes;
  const startBytes = offsetBytes + ITEM_HEADER_SIZE_BYTES;
  const content = { place: "inline", offsetBytes: startBytes, sizeBytes: endBytes - startBytes } as const;
  return { content, endBytes };
}

function readPayloadRef(
  window: ArchiveWindow,
  offsetBytes: number,
  limitBytes: number,
  payloadSizeBytes: number,
): EntryBody {
  expectItem(window, "payload-ref", offsetBytes, limitBytes);
  const itemSizeBytes = window.itemSizeBytes;
  if (itemSizeBytes !== ITEM_HEADER_SIZE_BYTES + 16)
    throw archiveCorrupt(offsetBytes, "a payload reference has an impossible length");
  const at = window.ensure(offsetBytes, itemSizeBytes) + ITEM_HEADER_SIZE_BYTES;
  const startBytes = readU64(window.view, at);
  const sizeBytes = readU64(window.view, at + 8);
  // The first item of a payload stream is its start marker.
  const isInside =
    startBytes >= ITEM_HEADER_SIZE_BYTES &&
    startBytes + ITEM_HEADER_SIZE_BYTES + sizeBytes <= payloadSizeBytes;
  if (!isInside) throw archiveCorrupt(offsetBytes, "a file's data lies outside the payload");
  const content = { place: "payload", offsetBytes: startBytes, sizeBytes } as const;
  return { content, endBytes: offsetBytes + itemSizeBytes };
}

function readSymlink(window: ArchiveWindow, offsetBytes: number, limitBytes: number): EntryBody {
  expectItem(window, "symlink", offsetBytes, limitBytes);
  const itemSizeBytes = window.itemSizeBytes;
  const length = itemSizeBytes - ITEM_HEADER_SIZE_BYTES;
  if (length > PATH_SIZE_BYTES_MAX + 1) throw archiveCorrupt(offsetBytes, "a link has an impossible length");
  const at = window.ensure(offsetBytes, itemSizeBytes) + ITEM_HEADER_SIZE_BYTES;
  return { linkTarget: readPath(window, at, length, offsetBytes), endBytes: offsetBytes + itemSizeBytes };
}

function readDevice(window: ArchiveWindow, offsetBytes: number, limitBytes: number): EntryBody {
  expectItem(window, "device", offsetBytes, limitBytes);
  const itemSizeBytes = window.itemSizeBytes;
  if (itemSizeBytes !== ITEM_HEADER_SIZE_BYTES + 16)
    throw archiveCorrupt(offsetBytes, "a device has an impossible length");
  const at = window.ensure(offsetBytes, itemSizeBytes) + ITEM_HEADER_SIZE_BYTES;
  const device = { major: readU64(window.view, at), minor: readU64(window.view, at + 8) };
  if (device.major > DEVICE_MAJOR_MAX || device.minor > DEVICE_MINOR_MAX)
    throw archiveCorrupt(offsetBytes, "a device has impossible numbers");
  return { device, endBytes: offsetBytes + itemSizeBytes };
}

function expectItem(window: ArchiveWindow, kind: ItemKind, offsetBytes: number, limitBytes: number): void {
  const found = window.openItem(offsetBytes, limitBytes);
  if (found !== kind) throw archiveCorrupt(offsetBytes, `${kind} is expected, not ${found}`);
}
