/** Opening files by name inside an open directory, and listing a directory, all as byte strings. */

import { constants } from "node:fs";
import { EINTR } from "./errno.ts";
import { cString, libc, NAME_TOO_LONG, orErrno } from "./libc.ts";

export const AT_FDCWD = -100;
// Node does not name these two; the values are the same on every architecture it runs on.
const O_CLOEXEC = 0o2000000;
const O_NOATIME_FLAG = constants.O_NOATIME;

export const OPEN_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NOCTTY | O_CLOEXEC;
export const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;
/** A file that nothing was there for before; never through a link. */
export const OPEN_CREATE =
  constants.O_RDWR |
  constants.O_CREAT |
  constants.O_EXCL |
  constants.O_NOFOLLOW |
  constants.O_NOCTTY |
  O_CLOEXEC;
export const OPEN_WRITE = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NOCTTY | O_CLOEXEC;

const DIRENT_NAME_OFFSET = 19;
const LISTING_BUFFER_SIZE_BYTES = 64 * 1024;
const listing = Buffer.alloc(LISTING_BUFFER_SIZE_BYTES);
const DOT = 0x2e;

/** The descriptor, or a negative error number. */
export function openAt(directoryFd: number, name: string, flags: number, mode = 0): number {
  const path = cString(name);
  if (path === undefined) return NAME_TOO_LONG;
  for (;;) {
    const result = orErrno(libc().openat(directoryFd, path, flags, mode));
    if (result !== -EINTR) return result;
  }
}

/**
 * Opens for reading so that the file's access time stays as it is, where the kernel allows that (owner or root), and so
 * that a named pipe put in a file's place cannot hold us up.
 */
export function openForReading(directoryFd: number, name: string, isPrivileged: boolean): number {
  const flags = OPEN_READ | constants.O_NONBLOCK;
  return openAt(directoryFd, name, isPrivileged ? flags | O_NOATIME_FLAG : flags);
}

export function openDirectory(directoryFd: number, name: string): number {
  return openAt(directoryFd, name, OPEN_DIRECTORY);
}

export function closeFd(fd: number): void {
  libc().close(fd);
}

/** The names in an open directory in bytewise order, without `.` and `..`. A negative error number when it fails. */
export function listDirectory(fd: number): string[] | number {
  const names: string[] = [];
  for (;;) {
    const size = libc().getdents64(fd, listing, listing.length);
    if (size < 0) return orErrno(size);
    if (size === 0) break;
    for (let at = 0; at < size;) {
      const recordSize = listing.readUInt16LE(at + 16);
      const start = at + DIRENT_NAME_OFFSET;
      const end = listing.indexOf(0, start);
      if (!isDotOrDotDot(start, end)) names.push(listing.toString("latin1", start, end));
      at += recordSize;
    }
  }
  return names.sort();
}

function isDotOrDotDot(start: number, end: number): boolean {
  if (listing[start] !== DOT) return false;
  return end === start + 1 || (end === start + 2 && listing[start + 1] === DOT);
}

const LINK_TARGET_SIZE_BYTES_MAX = 4096;
const linkTarget = Buffer.alloc(LINK_TARGET_SIZE_BYTES_MAX);

/** The target of a symbolic link as a byte string, or a negative error number. */
export function readLinkAt(directoryFd: number, name: string): string | number {
  const path = cString(name);
  if (path === undefined) return NAME_TOO_LONG;
  const size = libc().readlinkat(directoryFd, path, linkTarget, linkTarget.length);
  return size < 0 ? orErrno(size) : linkTarget.toString("latin1", 0, size);
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const SEEK_END = 2;

/** Where data begins at or after `offsetBytes`; a negative error number: ENXIO past the last data, EINVAL where unsupported. */
export function seekData(fd: number, offsetBytes: number): number {
  return orErrno(libc().lseek(fd, offsetBytes, SEEK_DATA));
}

export function seekHole(fd: number, offsetBytes: number): number {
  return orErrno(libc().lseek(fd, offsetBytes, SEEK_HOLE));
}

/** Size of a block device; `statx` says 0 for one. */
export function seekEnd(fd: number): number {
  return orErrno(libc().lseek(fd, 0, SEEK_END));
}

/** True for root, whom the kernel lets read everything, own everything and make device nodes. */
export function isRoot(): boolean {
  return libc().geteuid() === 0;
}
