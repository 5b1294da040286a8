/**
 * Access control lists as the kernel's attributes `system.posix_acl_access` and `system.posix_acl_default` hold them:
 * version 2 (u32), then entries of tag (u16), permissions (u16) and id (u32), in the order of tags and ids.
 */

export const ACCESS_ACL_ATTRIBUTE = "system.posix_acl_access";
export const DEFAULT_ACL_ATTRIBUTE = "system.posix_acl_default";

const VERSION = 2;
const HEADER_SIZE_BYTES = 4;
const ENTRY_SIZE_BYTES = 8;
const TAG_USER_OBJECT = 0x01;
const TAG_USER = 0x02;
const TAG_GROUP_OBJECT = 0x04;
const TAG_GROUP = 0x08;
const TAG_MASK = 0x10;
const TAG_OTHER = 0x20;
/** The id of entries that have none. */
const NO_ID = 0xffffffff;

/** Permissions of one user or group: read 4, write 2, execute 1. */
export interface AclEntry {
  readonly id: number;
  readonly permissions: number;
}

export interface PosixAcl {
  readonly userObject?: number;
  readonly groupObject?: number;
  readonly other?: number;
  readonly mask?: number;
  readonly users: readonly AclEntry[];
  readonly groups: readonly AclEntry[];
}

/** Undefined for bytes that are no such list. */
export function decodePosixAcl(bytes: Uint8Array): PosixAcl | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_SIZE_BYTES || view.getUint32(0, true) !== VERSION) return undefined;
  if ((bytes.length - HEADER_SIZE_BYTES) % ENTRY_SIZE_BYTES !== 0) return undefined;
  const single = new Map<number, number>();
  const users: AclEntry[] = [];
  const groups: AclEntry[] = [];
  for (let at = HEADER_SIZE_BYTES; at < bytes.length; at += ENTRY_SIZE_BYTES) {
    const tag = view.getUint16(at, true);
    const permissions = view.getUint16(at + 2, true) & 7;
    const id = view.getUint32(at + 4, true);
    if (tag === TAG_USER) users.push({ id, permissions });
    else if (tag === TAG_GROUP) groups.push({ id, permissions });
    else single.set(tag, permissions);
  }
  const userObject = single.get(TAG_USER_OBJECT);
  const groupObject = single.get(TAG_GROUP_OBJECT);
  const other = single.get(TAG_OTHER);
  const mask = single.get(TAG_MASK);
  return {
    ...(userObject === undefined ? {} : { userObject }),
    ...(groupObject === undefined ? {} : { groupObject }),
    ...(other === undefined ? {} : { other }),
    ...(mask === undefined ? {} : { mask }),
    users,
    groups,
  };
}

export function encodePosixAcl(acl: PosixAcl): Uint8Array {
  const byId = (a: AclEntry, b: AclEntry): number => a.id - b.id;
  const one = (permissions: number | undefined): AclEntry[] =>
    permissions === undefined ? [] : [{ id: NO_ID, permissions }];
  const entries: [number, AclEntry][] = [];
  const add = (tag: number, list: readonly AclEntry[]): void => {
    for (const entry of list) entries.push([tag, entry]);
  };
  add(TAG_USER_OBJECT, one(acl.userObject));
  add(TAG_USER, [...acl.users].sort(byId));
  add(TAG_GROUP_OBJECT, one(acl.groupObject));
  add(TAG_GROUP, [...acl.groups].sort(byId));
  add(TAG_MASK, one(acl.mask));
  add(TAG_OTHER, one(acl.other));
  const bytes = new Uint8Array(HEADER_SIZE_BYTES + entries.length * ENTRY_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  entries.forEach(([tag, entry], index) => {
    const at = HEADER_SIZE_BYTES + index * ENTRY_SIZE_BYTES;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, entry.permissions, true);
    view.setUint32(at + 4, entry.id, true);
  });
  return bytes;
}
