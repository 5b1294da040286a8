/** Extended attributes and inode flags of files. Values are copied out; names are byte strings. */

import { EINVAL, ENODATA, ENOTTY, EOPNOTSUPP, EPERM, ERANGE } from "./errno.ts";
import { cString, libc, NAME_TOO_LONG, orErrno } from "./libc.ts";

/** The kernel's own bounds of a list of names and of one value. */
const LIST_SIZE_BYTES_MAX = 65_536;
const VALUE_SIZE_BYTES_MAX = 65_536;
const list = Buffer.alloc(LIST_SIZE_BYTES_MAX);
const value = Buffer.alloc(VALUE_SIZE_BYTES_MAX);

/** A file by descriptor, or by a path for what cannot be opened (links, devices, pipes, sockets). */
export type AttributeSubject = { readonly fd: number } | { readonly path: string };

/** A path that names `name` inside an open directory for the calls that have no `…at` form. */
export function pathInside(directoryFd: number, name: string): string {
  return `/proc/self/fd/${directoryFd}/${name}`;
}

const NO_NAMES: readonly string[] = [];

/** Names of all attributes; empty where the file system knows none. A negative error number when it fails. */
export function listAttributes(subject: AttributeSubject): readonly string[] | number {
  const size = listInto(subject);
  if (size === 0) return NO_NAMES;
  if (size < 0) return size;
  return list.toString("latin1", 0, size - 1).split("\0");
}

/** -EOPNOTSUPP tells that the whole file system has none. */
function listInto(subject: AttributeSubject): number {
  if ("fd" in subject) return orErrno(libc().flistxattr(subject.fd, list, list.length));
  const path = cString(subject.path);
  return path === undefined ? NAME_TOO_LONG : orErrno(libc().llistxattr(path, list, list.length));
}

/** Like `listAttributes` for an open file, without an object per call: the common answer is "none". */
export function listAttributesOfFd(fd: number): readonly string[] | number {
  const size = libc().flistxattr(fd, list, list.length);
  if (size === 0) return NO_NAMES;
  if (size < 0) return orErrno(size);
  return list.toString("latin1", 0, size - 1).split("\0");
}

/** A copy of the value; a negative error number when it fails. */
export function getAttribute(subject: AttributeSubject, name: string): Uint8Array | number {
  const attribute = cString(name, 1);
  if (attribute === undefined) return NAME_TOO_LONG;
  let size: number;
  if ("fd" in subject) size = libc().fgetxattr(subject.fd, attribute, value, value.length);
  else {
    const path = cString(subject.path);
    if (path === undefined) return NAME_TOO_LONG;
    size = libc().lgetxattr(path, attribute, value, value.length);
  }
  return size < 0 ? orErrno(size) : new Uint8Array(value.subarray(0, size));
}

/** 0, or a negative error number. */
export function setAttribute(subject: AttributeSubject, name: string, bytes: Uint8Array): number {
  const attribute = cString(name, 1);
  if (attribute === undefined) return NAME_TOO_LONG;
  if ("fd" in subject) return orErrno(libc().fsetxattr(subject.fd, attribute, bytes, bytes.length, 0));
  const path = cString(subject.path);
  if (path === undefined) return NAME_TOO_LONG;
  return orErrno(libc().lsetxattr(path, attribute, bytes, bytes.length, 0));
}

/** True for the answers that mean "there is nothing", not "it could not be read". */
export function isAttributeAbsent(errno: number): boolean {
  const number = Math.abs(errno);
  return number === ENODATA || number === EOPNOTSUPP || number === ERANGE;
}

// _IOR('f', 1, long) and _IOW('f', 2, long) with 8-byte longs; the kernel reads and writes 4 bytes all the same.
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
const flagsBuffer = new Uint8Array(8);
const flagsView = new DataView(flagsBuffer.buffer);

/** The inode flags (`lsattr`) of an open file or directory; 0 where the file system has none. */
export function getInodeFlags(fd: number): number {
  flagsView.setUint32(0, 0, true);
  return libc().ioctl(fd, FS_IOC_GETFLAGS, flagsBuffer) < 0 ? 0 : flagsView.getUint32(0, true);
}

/** 0, or a negative error number. */
export function setInodeFlags(fd: number, flags: number): number {
  flagsView.setUint32(0, flags, true);
  flagsView.setUint32(4, 0, true);
  return orErrno(libc().ioctl(fd, FS_IOC_SETFLAGS, flagsBuffer));
}

/** True when the file system does not know the flags, or this user may not set them. */
export function areFlagsRefused(errno: number): boolean {
  const number = Math.abs(errno);
  return number === ENOTTY || number === EOPNOTSUPP || number === EPERM || number === EINVAL;
}
