/** Making, linking and removing files by name inside an open directory. Each answers 0 or a negative error number. */

import { cString, libc, NAME_TOO_LONG, orErrno } from "./libc.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;

export function makeDirectoryAt(directoryFd: number, name: string, mode: number): number {
  const path = cString(name);
  return path === undefined ? NAME_TOO_LONG : orErrno(libc().mkdirat(directoryFd, path, mode));
}

/** @param target  any bytes; what it names is never looked at */
export function makeLinkAt(directoryFd: number, name: string, target: string): number {
  const path = cString(name);
  const content = cString(target, 1);
  if (path === undefined || content === undefined) return NAME_TOO_LONG;
  return orErrno(libc().symlinkat(content, directoryFd, path));
}

/** A device, pipe or socket; `mode` carries the kind. */
export function makeNodeAt(
  directoryFd: number,
  name: string,
  mode: number,
  major: number,
  minor: number,
): number {
  const path = cString(name);
  if (path === undefined) return NAME_TOO_LONG;
  return orErrno(libc().mknodat(directoryFd, path, mode, deviceNumber(major, minor)));
}

/** glibc's layout: the low 12 bits of major and 8 of minor keep the place they had in 16-bit numbers. */
function deviceNumber(major: number, minor: number): number {
  const low = (minor & 0xff) + (major & 0xfff) * 0x100 + ((minor & 0xffffff00) >>> 0) * 0x1000;
  return low + Math.floor(major / 0x1000) * 2 ** 44;
}

/** A second name for an existing file; a symbolic link is linked itself, not what it points to. */
export function hardLinkAt(
  existingDirectoryFd: number,
  existingName: string,
  directoryFd: number,
  name: string,
): number {
  const existing = cString(existingName);
  const path = cString(name, 1);
  if (existing === undefined || path === undefined) return NAME_TOO_LONG;
  return orErrno(libc().linkat(existingDirectoryFd, existing, directoryFd, path, 0));
}

/** Takes the place of a file that has the new name, in one step. */
export function renameAt(directoryFd: number, from: string, to: string): number {
  const source = cString(from);
  const path = cString(to, 1);
  if (source === undefined || path === undefined) return NAME_TOO_LONG;
  return orErrno(libc().renameat(directoryFd, source, directoryFd, path));
}

export function removeFileAt(directoryFd: number, name: string): number {
  const path = cString(name);
  return path === undefined ? NAME_TOO_LONG : orErrno(libc().unlinkat(directoryFd, path, 0));
}

export function setOwnerAt(directoryFd: number, name: string, uid: number, gid: number): number {
  const path = cString(name);
  return path === undefined
    ? NAME_TOO_LONG
    : orErrno(libc().fchownat(directoryFd, path, uid, gid, AT_SYMLINK_NOFOLLOW));
}

export function setOwner(fd: number, uid: number, gid: number): number {
  return orErrno(libc().fchown(fd, uid, gid));
}

export function setMode(fd: number, mode: number): number {
  return orErrno(libc().fchmod(fd, mode & 0o7777));
}

/** For what was just made and cannot be opened (devices, pipes, sockets); never used on a link, which has no mode. */
export function setModeAt(directoryFd: number, name: string, mode: number): number {
  const path = cString(name);
  return path === undefined ? NAME_TOO_LONG : orErrno(libc().fchmodat(directoryFd, path, mode & 0o7777, 0));
}

const times = new Uint8Array(32);
const timesView = new DataView(times.buffer);
const WORD = 2 ** 32;
/** In place of nanoseconds: leave this time as it is. */
const UTIME_OMIT = 0x3ffffffe;

function fillTimes(seconds: number, nanos: number): void {
  timesView.setUint32(8, UTIME_OMIT, true);
  timesView.setUint32(16, seconds >>> 0, true);
  timesView.setInt32(20, Math.floor(seconds / WORD), true);
  timesView.setUint32(24, nanos, true);
}

/** Sets the modification time with whole nanoseconds; the access time stays. */
export function setModifiedAt(directoryFd: number, name: string, seconds: number, nanos: number): number {
  const path = cString(name);
  if (path === undefined) return NAME_TOO_LONG;
  fillTimes(seconds, nanos);
  return orErrno(libc().utimensat(directoryFd, path, times, AT_SYMLINK_NOFOLLOW));
}

export function setModified(fd: number, seconds: number, nanos: number): number {
  fillTimes(seconds, nanos);
  return orErrno(libc().futimens(fd, times));
}

export function setSize(fd: number, sizeBytes: number): number {
  return orErrno(libc().ftruncate(fd, sizeBytes));
}

/** Writes everything at a place of the file. 0, or a negative error number. `bytes` may be shared memory. */
export function writeFully(fd: number, bytes: Uint8Array, positionBytes: number): number {
  for (let done = 0; done < bytes.length;) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const written = libc().pwrite(fd, rest, rest.length, positionBytes + done);
    if (written < 0) return orErrno(written);
    done += written;
  }
  return 0;
}
