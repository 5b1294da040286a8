/**
 * The file catalog of archives that are not split (`catalog.pcat1`): what lies where, without any data. A magic, one table
 * for each directory (children before parents, the root's last), and 8 bytes with the place of the root's table. Facts:
 * docs/format.md, catalog.
 */

export const CATALOG_MAGIC = "91fd60f9c46758d5";
export const CATALOG_MAGIC_SIZE_BYTES = 8;
export const CATALOG_TAIL_SIZE_BYTES = 8;
/** A u64 has at most ten groups of 7 bits, a negative number one byte more for its end. */
export const VARINT_SIZE_BYTES_MAX = 11;

export type CatalogKind =
  "directory" | "file" | "symlink" | "hardlink" | "block-device" | "character-device" | "fifo" | "socket";

export const CATALOG_LETTERS: Readonly<Record<CatalogKind, string>> = {
  directory: "d",
  file: "f",
  symlink: "l",
  hardlink: "h",
  "block-device": "b",
  "character-device": "c",
  fifo: "p",
  socket: "s",
};

/** Seven bits a byte, the low ones first; 0x80 says that more follow. @returns the index behind the number */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes[next++] = (left % 0x80) | 0x80;
  bytes[next++] = left;
  return next;
}

/** A negative number is its magnitude with every byte marked, then a zero byte. */
export function writeSignedVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeVarint(bytes, at, value);
  let next = at;
  for (let left = -value; left > 0; left = Math.floor(left / 0x80)) bytes[next++] = (left % 0x80) | 0x80;
  bytes[next++] = 0;
  return next;
}
