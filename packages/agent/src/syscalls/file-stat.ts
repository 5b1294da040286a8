/**
 * One file's metadata with whole nanoseconds, read by `statx` into a buffer that is used again and again: no object and
 * no big integer per file. An instance is refilled by each call; copy what must last.
 */

import { cString, libc, NAME_TOO_LONG, orErrno } from "./libc.ts";

const STATX_SIZE_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const WORD = 2 ** 32;

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

const buffer = new Uint8Array(STATX_SIZE_BYTES);
const view = new DataView(buffer.buffer);
const EMPTY_PATH = new Uint8Array(1);

export class FileStat {
  mode = 0;
  /** Inode flags as an archive keeps them; not filled by `statx` but by who reads the attributes. */
  flags = 0;
  uid = 0;
  gid = 0;
  linkCount = 0;
  sizeBytes = 0;
  /** Bytes that really take space on the disk; less than the size for sparse files. */
  allocatedBytes = 0;
  mtimeSeconds = 0;
  mtimeNanos = 0;
  ctimeSeconds = 0;
  ctimeNanos = 0;
  inodeHigh = 0;
  inodeLow = 0;
  deviceMajor = 0;
  deviceMinor = 0;
  /** Of the device that a device node stands for. */
  nodeMajor = 0;
  nodeMinor = 0;

  get kind(): number {
    return this.mode & S_IFMT;
  }

  /** Of the file system that holds the file; a key only, unique while it is mounted. */
  get device(): number {
    return this.deviceMajor * WORD + this.deviceMinor;
  }

  /** True when both describe the same inode, which is what an open file is compared by. */
  isSameInode(other: FileStat): boolean {
    return (
      this.inodeLow === other.inodeLow &&
      this.inodeHigh === other.inodeHigh &&
      this.deviceMinor === other.deviceMinor &&
      this.deviceMajor === other.deviceMajor &&
      (this.mode & S_IFMT) === (other.mode & S_IFMT)
    );
  }

  /** Device and inode, for the map of hard links. */
  get linkKey(): string {
    return `${this.deviceMajor}:${this.deviceMinor}:${this.inodeHigh}:${this.inodeLow}`;
  }

  fill(): void {
    this.flags = 0;
    this.linkCount = view.getUint32(16, true);
    this.uid = view.getUint32(20, true);
    this.gid = view.getUint32(24, true);
    this.mode = view.getUint16(28, true);
    this.inodeLow = view.getUint32(32, true);
    this.inodeHigh = view.getUint32(36, true);
    this.sizeBytes = view.getUint32(40, true) + view.getUint32(44, true) * WORD;
    this.allocatedBytes = (view.getUint32(48, true) + view.getUint32(52, true) * WORD) * 512;
    this.ctimeSeconds = view.getUint32(96, true) + view.getInt32(100, true) * WORD;
    this.ctimeNanos = view.getUint32(104, true);
    this.mtimeSeconds = view.getUint32(112, true) + view.getInt32(116, true) * WORD;
    this.mtimeNanos = view.getUint32(120, true);
    this.nodeMajor = view.getUint32(128, true);
    this.nodeMinor = view.getUint32(132, true);
    this.deviceMajor = view.getUint32(136, true);
    this.deviceMinor = view.getUint32(140, true);
  }
}

/** Fills `stat` with what `name` inside the open directory is, not following a link. 0, or a negative error number. */
export function statAt(directoryFd: number, name: string, stat: FileStat): number {
  const path = cString(name);
  if (path === undefined) return NAME_TOO_LONG;
  const result = libc().statx(directoryFd, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, buffer);
  if (result < 0) return orErrno(result);
  stat.fill();
  return 0;
}

/** Fills `stat` with what the open file is. 0, or a negative error number. */
export function statFd(fd: number, stat: FileStat): number {
  const result = libc().statx(fd, EMPTY_PATH, AT_EMPTY_PATH, STATX_BASIC_STATS, buffer);
  if (result < 0) return orErrno(result);
  stat.fill();
  return 0;
}
