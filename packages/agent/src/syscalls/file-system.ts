/** Which file system an open directory is on. */

import { libc } from "./libc.ts";

const STATFS_SIZE_BYTES = 120;
const buffer = new Uint8Array(STATFS_SIZE_BYTES);
const view = new DataView(buffer.buffer);

export interface FileSystem {
  readonly magic: number;
  /** Stays the same over reboots where the kernel derives it from the file system's UUID (ext4, xfs, btrfs). */
  readonly id: string;
}

/** Undefined when the kernel does not say. */
export function fileSystemOf(fd: number): FileSystem | undefined {
  if (libc().fstatfs(fd, buffer) < 0) return undefined;
  const hex = (offset: number): string => view.getUint32(offset, true).toString(16).padStart(8, "0");
  return { magic: view.getUint32(0, true), id: hex(56) + hex(60) };
}

/**
 * File systems whose files are the kernel's answers and not stored data. Their contents are never archived below a source
 * (the mount point itself is), because reading them yields nothing that could be restored and may never end.
 */
const VIRTUAL_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x42494e4d, "binfmt_misc"],
  [0x27e0eb, "cgroup"],
  [0x63677270, "cgroup2"],
  [0x62656570, "configfs"],
  [0x64626720, "debugfs"],
  [0x1cd1, "devpts"],
  [0xde5e81e4, "efivarfs"],
  [0x65735543, "fusectl"],
  [0x958458f6, "hugetlbfs"],
  [0x19800202, "mqueue"],
  [0x9fa0, "proc"],
  [0x6165676c, "pstore"],
  [0x73636673, "securityfs"],
  [0xf97cff8c, "selinuxfs"],
  [0x62656572, "sysfs"],
  [0x74726163, "tracefs"],
  [0xcafe4a11, "bpf"],
]);

/** The name of a virtual file system, undefined for one that stores files. */
export function virtualFileSystemName(magic: number): string | undefined {
  return VIRTUAL_FILE_SYSTEMS.get(magic);
}
