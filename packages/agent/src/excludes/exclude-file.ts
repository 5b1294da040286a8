/** Reads the list of patterns that a directory may hold. */

import { closeFd, isRoot, openForReading } from "../syscalls/directory.ts";
import { describeErrno } from "../syscalls/errno.ts";
import { FileStat, S_IFREG, statFd } from "../syscalls/file-stat.ts";
import { libc } from "../syscalls/libc.ts";

export const EXCLUDE_FILE_NAME = ".pxarexclude";
/** Far above any list that a person wrote; a larger file is taken for something else and refused. */
export const EXCLUDE_FILE_SIZE_BYTES_MAX = 1024 * 1024;

/** The content as a byte string, or why the file excludes nothing. */
export function readExcludeFile(
  directoryFd: number,
): { readonly content: string } | { readonly content: undefined; readonly reason: string } {
  const fd = openForReading(directoryFd, EXCLUDE_FILE_NAME, isRoot());
  if (fd < 0) return { content: undefined, reason: describeErrno(fd) };
  try {
    const content = readContent(fd);
    return content === undefined ? { content, reason: "it is no list of patterns" } : { content };
  } finally {
    closeFd(fd);
  }
}

/** Undefined for what is no regular file, or too large. */
function readContent(fd: number): string | undefined {
  const stat = new FileStat();
  if (statFd(fd, stat) < 0 || stat.kind !== S_IFREG || stat.sizeBytes > EXCLUDE_FILE_SIZE_BYTES_MAX)
    return undefined;
  const buffer = Buffer.alloc(stat.sizeBytes);
  let fill = 0;
  while (fill < buffer.length) {
    const count = libc().pread(fd, buffer.subarray(fill), buffer.length - fill, fill);
    if (count <= 0) break;
    fill += count;
  }
  return buffer.toString("latin1", 0, fill);
}
