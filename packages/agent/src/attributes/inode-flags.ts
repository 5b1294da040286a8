/** Inode flags as Linux file systems have them (`lsattr`), and as an archive's entry keeps them (format page 6.5). */

interface FlagPair {
  readonly inode: number;
  readonly archive: number;
}

const FLAGS: readonly FlagPair[] = [
  { inode: 0x00000004, archive: 0x40000 }, // c: compress
  { inode: 0x00000008, archive: 0x800000 }, // S: synchronous
  { inode: 0x00000010, archive: 0x400000 }, // i: immutable
  { inode: 0x00000020, archive: 0x10000 }, // a: append only
  { inode: 0x00000040, archive: 0x100000 }, // d: no dump
  { inode: 0x00000080, archive: 0x20000 }, // A: no access times
  { inode: 0x00000400, archive: 0x1000000 }, // btrfs: do not compress
  { inode: 0x00010000, archive: 0x200000 }, // D: synchronous directory
  { inode: 0x00800000, archive: 0x80000 }, // C: no copy on write
  { inode: 0x20000000, archive: 0x2000000 }, // P: project is inherited
];

const KNOWN_INODE_FLAGS = FLAGS.reduce((all, flag) => all | flag.inode, 0);

export function archiveFlagsOf(inodeFlags: number): number {
  if ((inodeFlags & KNOWN_INODE_FLAGS) === 0) return 0;
  return FLAGS.reduce((all, flag) => ((inodeFlags & flag.inode) === 0 ? all : all | flag.archive), 0);
}

/** Bits that Linux has no flag for (FAT's) are dropped; restoring none of them is always valid. */
export function inodeFlagsOf(archiveFlags: number): number {
  return FLAGS.reduce((all, flag) => ((archiveFlags & flag.archive) === 0 ? all : all | flag.inode), 0);
}

/** What `restore` may change on an existing inode; the rest of its flags stay as the file system set them. */
export const RESTORABLE_INODE_FLAGS = KNOWN_INODE_FLAGS;
