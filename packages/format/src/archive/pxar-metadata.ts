/**
 * What an archive says of a file besides its name and data: the stat in its ENTRY, and the attribute items behind it.
 *
 * Both also travel as raw bytes, so that an unchanged file's entry goes from one archive into the next without being
 * read from the source or decoded here.
 */

import { assertInvariant } from "@ironcore-backup/base";
import {
  archiveCorrupt,
  ATTRIBUTES_SIZE_BYTES_MAX,
  byteStringOf,
  bytesOf,
  encodeItem,
  ITEM_HEADER_SIZE_BYTES,
  itemKindAt,
  readU64,
  STAT_SIZE_BYTES,
  viewOf,
  writeU64,
  XATTR_NAME_SIZE_BYTES_MAX,
  XATTR_VALUE_SIZE_BYTES_MAX,
} from "./pxar-item.ts";
import type { ItemKind } from "./pxar-item.ts";

export interface PxarStat {
  /** `st_mode`, type bits included. */
  readonly mode: number;
  /** Inode flags as the format page's bits. */
  readonly flags: number;
  readonly uid: number;
  readonly gid: number;
  /** May be negative. */
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
}

export interface PxarAclEntry {
  readonly id: number;
  /** 0 to 7. */
  readonly permissions: number;
}

/** Owner, others and (as the mode's group bits) the mask are in the stat's mode. */
export interface PxarAcl {
  readonly users: readonly PxarAclEntry[];
  readonly groups: readonly PxarAclEntry[];
  readonly groupObject?: number;
}

export interface PxarDefaultAcl {
  readonly userObject?: number;
  readonly groupObject?: number;
  readonly other?: number;
  readonly mask?: number;
  readonly users: readonly PxarAclEntry[];
  readonly groups: readonly PxarAclEntry[];
}

export interface PxarXattr {
  /** Byte string, with its prefix: `user.colour`. */
  readonly name: string;
  readonly value: Uint8Array;
}

export interface PxarAttributes {
  readonly xattrs: readonly PxarXattr[];
  readonly acl?: PxarAcl;
  readonly defaultAcl?: PxarDefaultAcl;
  /** Value of `security.capability`. */
  readonly capabilities?: Uint8Array;
  readonly quotaProjectId?: number;
}

export const NO_PXAR_ATTRIBUTES: PxarAttributes = { xattrs: [] };
const NO_BYTES = new Uint8Array();
/** "Not set" in ACL_DEFAULT. */
const UNSET = 0xffffffff;

/** The content of an ENTRY item, 40 bytes, at `at`. */
export function writeStat(view: DataView, at: number, stat: PxarStat): void {
  writeU64(view, at, stat.mode);
  writeU64(view, at + 8, stat.flags);
  view.setUint32(at + 16, stat.uid, true);
  view.setUint32(at + 20, stat.gid, true);
  // Two halves of a signed 64-bit number: the floor makes the high half negative where the number is.
  view.setUint32(at + 24, stat.mtimeSeconds >>> 0, true);
  view.setInt32(at + 28, Math.floor(stat.mtimeSeconds / 2 ** 32), true);
  view.setUint32(at + 32, stat.mtimeNanos, true);
  view.setUint32(at + 36, 0, true);
}

export function encodeStat(stat: PxarStat): Uint8Array {
  const bytes = new Uint8Array(STAT_SIZE_BYTES);
  writeStat(viewOf(bytes), 0, stat);
  return bytes;
}

/** Reads the 40 bytes at `at`. @throws ARCHIVE_CORRUPT for what no stat can be */
export function readStat(view: DataView, at: number, offsetBytes: number): PxarStat {
  const mtimeSeconds = view.getInt32(at + 28, true) * 2 ** 32 + view.getUint32(at + 24, true);
  return checkedStat(offsetBytes, {
    mode: readU64(view, at),
    flags: readU64(view, at + 8),
    uid: view.getUint32(at + 16, true),
    gid: view.getUint32(at + 20, true),
    mtimeSeconds,
    mtimeNanos: view.getUint32(at + 32, true),
  });
}

/** The old entry, 32 bytes, with one count of nanoseconds. @throws ARCHIVE_CORRUPT */
export function readStatV1(view: DataView, at: number, offsetBytes: number): PxarStat {
  const nanos = view.getBigUint64(at + 24, true);
  return checkedStat(offsetBytes, {
    mode: readU64(view, at),
    flags: readU64(view, at + 8),
    uid: view.getUint32(at + 16, true),
    gid: view.getUint32(at + 20, true),
    mtimeSeconds: Number(nanos / 1_000_000_000n),
    mtimeNanos: Number(nanos % 1_000_000_000n),
  });
}

function checkedStat(offsetBytes: number, stat: PxarStat): PxarStat {
  if (stat.mode > 0o177777) throw archiveCorrupt(offsetBytes, `the mode ${stat.mode} is none`);
  if (!Number.isSafeInteger(stat.mtimeSeconds))
    throw archiveCorrupt(offsetBytes, "the modification time is beyond all years");
  if (stat.mtimeNanos > 999_999_999)
    throw archiveCorrupt(offsetBytes, `${stat.mtimeNanos} nanoseconds are more than a second`);
  if (!Number.isSafeInteger(stat.flags)) throw archiveCorrupt(offsetBytes, "the flags are none");
  return stat;
}

/** The attribute items, laid end to end in the order of the format. */
export function encodeAttributes(attributes: PxarAttributes): Uint8Array {
  if (attributes === NO_PXAR_ATTRIBUTES) return NO_BYTES;
  const { xattrs, acl, defaultAcl, capabilities, quotaProjectId } = attributes;
  const items: Uint8Array[] = xattrs.map(encodeXattr);
  if (acl !== undefined) {
    items.push(...acl.users.map((entry) => encodeNumbers("acl-user", entry.id, entry.permissions)));
    items.push(...acl.groups.map((entry) => encodeNumbers("acl-group", entry.id, entry.permissions)));
    if (acl.groupObject !== undefined) items.push(encodeNumbers("acl-group-object", acl.groupObject));
  }
  if (defaultAcl !== undefined) {
    const { userObject, groupObject, other, mask } = defaultAcl;
    items.push(encodeNumbers("acl-default", userObject, groupObject, other, mask));
    items.push(
      ...defaultAcl.users.map((entry) => encodeNumbers("acl-default-user", entry.id, entry.permissions)),
    );
    items.push(
      ...defaultAcl.groups.map((entry) => encodeNumbers("acl-default-group", entry.id, entry.permissions)),
    );
  }
  if (capabilities !== undefined) items.push(encodeItem("capabilities", capabilities));
  if (quotaProjectId !== undefined) items.push(encodeNumbers("quota-project", quotaProjectId));
  return items.length === 0 ? NO_BYTES : Buffer.concat(items);
}

function encodeXattr(xattr: PxarXattr): Uint8Array {
  assertInvariant(
    xattr.name.length > 0 && xattr.name.length <= XATTR_NAME_SIZE_BYTES_MAX && !xattr.name.includes("\0"),
    "an attribute's name has 1 to 255 bytes and no NUL",
  );
  assertInvariant(
    xattr.value.length <= XATTR_VALUE_SIZE_BYTES_MAX,
    "an attribute's value has at most 64 KiB",
  );
  return encodeItem("xattr", Buffer.concat([bytesOf(`${xattr.name}\0`), xattr.value]));
}

/** Each number as u64; an absent one as all ones. */
function encodeNumbers(kind: ItemKind, ...numbers: readonly (number | undefined)[]): Uint8Array {
  const content = new Uint8Array(8 * numbers.length);
  const view = viewOf(content);
  numbers.forEach((number, index) => {
    if (number === undefined) {
      view.setUint32(index * 8, UNSET, true);
      view.setUint32(index * 8 + 4, UNSET, true);
    } else writeU64(view, index * 8, number);
  });
  return encodeItem(kind, content);
}

/** Position of each kind in the order that the format demands. Kinds of one rank may repeat when the rank is even. */
const ATTRIBUTE_RANKS: Partial<Record<ItemKind, number>> = {
  xattr: 0,
  "acl-user": 2,
  "acl-group": 4,
  "acl-group-object": 5,
  "acl-default": 7,
  "acl-default-user": 8,
  "acl-default-group": 10,
  capabilities: 11,
  "quota-project": 13,
};

export function isAttributeKind(kind: ItemKind): boolean {
  return ATTRIBUTE_RANKS[kind] !== undefined;
}

/**
 * @param bytes        everything between ENTRY and the body, as the reader hands it out
 * @param offsetBytes  where that lies in the archive, for errors
 * @throws ARCHIVE_CORRUPT
 */
export function decodeAttributes(bytes: Uint8Array, offsetBytes: number): PxarAttributes {
  if (bytes.length === 0) return NO_PXAR_ATTRIBUTES;
  if (bytes.length > ATTRIBUTES_SIZE_BYTES_MAX)
    throw archiveCorrupt(offsetBytes, "its attributes are too many");
  const collected = new CollectedAttributes();
  const view = viewOf(bytes);
  let rankBefore = -1;
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < ITEM_HEADER_SIZE_BYTES)
      throw archiveCorrupt(offsetBytes + at, "an attribute is cut short");
    const kind = itemKindAt(view, at);
    const rank = kind === undefined ? undefined : ATTRIBUTE_RANKS[kind];
    if (kind === undefined || rank === undefined)
      throw archiveCorrupt(offsetBytes + at, "this is no attribute");
    if (rank < rankBefore || (rank === rankBefore && rank % 2 === 1)) {
      throw archiveCorrupt(offsetBytes + at, `the attribute ${kind} is out of order`);
    }
    const size = readU64(view, at + 8);
    if (size < ITEM_HEADER_SIZE_BYTES || at + size > bytes.length) {
      throw archiveCorrupt(offsetBytes + at, `the attribute ${kind} has an impossible size`);
    }
    collected.take(kind, bytes.subarray(at + ITEM_HEADER_SIZE_BYTES, at + size), offsetBytes + at);
    rankBefore = rank;
    at += size;
  }
  return collected.whole();
}

class CollectedAttributes {
  readonly #xattrs: PxarXattr[] = [];
  readonly #users: PxarAclEntry[] = [];
  readonly #groups: PxarAclEntry[] = [];
  readonly #defaultUsers: PxarAclEntry[] = [];
  readonly #defaultGroups: PxarAclEntry[] = [];
  #groupObject: number | undefined;
  #defaults: readonly (number | undefined)[] | undefined;
  #capabilities: Uint8Array | undefined;
  #quotaProjectId: number | undefined;

  take(kind: ItemKind, content: Uint8Array, offsetBytes: number): void {
    if (kind === "xattr") this.#xattrs.push(decodeXattr(content, offsetBytes));
    else if (kind === "capabilities") this.#capabilities = Uint8Array.from(content);
    else if (kind === "quota-project") this.#quotaProjectId = decodeProjectId(content, offsetBytes);
    else if (kind === "acl-group-object")
      this.#groupObject = permissionsOf(numbersOf(content, 1, offsetBytes)[0], offsetBytes);
    else if (kind === "acl-default") {
      const unsetOr = (number: number | undefined) =>
        number === undefined ? undefined : permissionsOf(number, offsetBytes);
      this.#defaults = numbersOf(content, 4, offsetBytes).map(unsetOr);
    } else this.#listFor(kind).push(decodeAclEntry(content, offsetBytes));
  }

  #listFor(kind: ItemKind): PxarAclEntry[] {
    if (kind === "acl-user") return this.#users;
    if (kind === "acl-group") return this.#groups;
    return kind === "acl-default-user" ? this.#defaultUsers : this.#defaultGroups;
  }

  whole(): PxarAttributes {
    const hasAcl = this.#users.length + this.#groups.length > 0 || this.#groupObject !== undefined;
    const hasDefault =
      this.#defaultUsers.length + this.#defaultGroups.length > 0 || this.#defaults !== undefined;
    const [userObject, groupObject, other, mask] = this.#defaults ?? [];
    return {
      xattrs: this.#xattrs,
      ...(hasAcl
        ? { acl: { users: this.#users, groups: this.#groups, ...given({ groupObject: this.#groupObject }) } }
        : {}),
      ...(hasDefault
        ? {
            defaultAcl: {
              users: this.#defaultUsers,
              groups: this.#defaultGroups,
              ...given({ userObject, groupObject, other, mask }),
            },
          }
        : {}),
      ...given({ capabilities: this.#capabilities, quotaProjectId: this.#quotaProjectId }),
    };
  }
}

/** Without the members that are undefined. */
function given<Row extends object>(row: Row): { [Key in keyof Row]?: Exclude<Row[Key], undefined> } {
  // What is filtered out is exactly what the type leaves out.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Row]?: Exclude<Row[Key], undefined>;
  };
}

function decodeXattr(content: Uint8Array, offsetBytes: number): PxarXattr {
  const end = content.indexOf(0);
  if (end < 1 || end > XATTR_NAME_SIZE_BYTES_MAX)
    throw archiveCorrupt(offsetBytes, "an attribute has no valid name");
  if (content.length - end - 1 > XATTR_VALUE_SIZE_BYTES_MAX)
    throw archiveCorrupt(offsetBytes, "an attribute's value is too long");
  return { name: byteStringOf(content.subarray(0, end)), value: Uint8Array.from(content.subarray(end + 1)) };
}

function decodeAclEntry(content: Uint8Array, offsetBytes: number): PxarAclEntry {
  const [id, permissions] = numbersOf(content, 2, offsetBytes);
  if (id === undefined || id > 0xffffffff)
    throw archiveCorrupt(offsetBytes, "an access list names an impossible id");
  return { id, permissions: permissionsOf(permissions, offsetBytes) };
}

function decodeProjectId(content: Uint8Array, offsetBytes: number): number {
  const [id] = numbersOf(content, 1, offsetBytes);
  if (id === undefined || id > 0xffffffff) throw archiveCorrupt(offsetBytes, "a project's id is impossible");
  return id;
}

function permissionsOf(number: number | undefined, offsetBytes: number): number {
  if (number === undefined || number > 7)
    throw archiveCorrupt(offsetBytes, "an access list has impossible permissions");
  return number;
}

function numbersOf(content: Uint8Array, count: number, offsetBytes: number): (number | undefined)[] {
  if (content.length !== 8 * count)
    throw archiveCorrupt(offsetBytes, "an attribute has an impossible length");
  const view = viewOf(content);
  return Array.from({ length: count }, (_, index) => {
    const isUnset =
      view.getUint32(index * 8, true) === UNSET && view.getUint32(index * 8 + 4, true) === UNSET;
    return isUnset ? undefined : readU64(view, index * 8);
  });
}
