/**
 * A tar stream in the GNU layout, which every tar reads. By hand, because names are bytes here and libraries take text: a
 * name that is not UTF-8 must come out as it went in. Facts: GNU tar's manual, "Basic Tar Format".
 */

import { Buffer } from "node:buffer";

const BLOCK_SIZE_BYTES = 512;
const NAME_SIZE_BYTES = 100;
const CHECKSUM_AT = 148;
/** Two blocks of zeros end an archive; readers expect whole records of 20 blocks. */
const RECORD_SIZE_BYTES = 10_240;

export type TarKind =
  "file" | "directory" | "symlink" | "hardlink" | "character-device" | "block-device" | "fifo";

const TYPE_FLAGS: Readonly<Record<TarKind, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

export interface TarEntry {
  readonly kind: TarKind;
  /** Byte string; of a directory without the slash at its end. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  /** Of a file. */
  readonly sizeBytes?: number;
  /** Of a symbolic or hard link; byte string. */
  readonly linkTarget?: string | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

/** What stands before an entry's content. */
export function encodeTarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === "directory" ? `${entry.path}/` : entry.path;
  const target = entry.linkTarget ?? "";
  return Buffer.concat([
    ...(target.length > NAME_SIZE_BYTES ? [encodeLongName("K", target)] : []),
    ...(path.length > NAME_SIZE_BYTES ? [encodeLongName("L", path)] : []),
    encodeBlock(entry, path, target),
  ]);
}

/** Zeros that fill up the last block of a content. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((BLOCK_SIZE_BYTES - (sizeBytes % BLOCK_SIZE_BYTES)) % BLOCK_SIZE_BYTES);
}

/** @param sizeBytes  of all that was written before */
export function tarEnd(sizeBytes: number): Buffer {
  const least = 2 * BLOCK_SIZE_BYTES;
  const rest = (RECORD_SIZE_BYTES - ((sizeBytes + least) % RECORD_SIZE_BYTES)) % RECORD_SIZE_BYTES;
  return Buffer.alloc(least + rest);
}

/** An entry of its own in front of the real one, with the whole name as its content. */
function encodeLongName(flag: "K" | "L", name: string): Buffer {
  const content = Buffer.from(`${name}\0`, "latin1");
  const block = encodeBlock(
    { kind: "file", path: "", mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, sizeBytes: content.length },
    "././@LongLink",
    "",
  );
  block.write(flag, 156, "latin1");
  return Buffer.concat([writeChecksum(block), content, tarPadding(content.length)]);
}

function encodeBlock(entry: TarEntry, path: string, target: string): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE_BYTES);
  block.write(path.slice(0, NAME_SIZE_BYTES), 0, "latin1");
  writeNumber(block, 100, 8, entry.mode & 0o7777);
  writeNumber(block, 108, 8, entry.uid);
  writeNumber(block, 116, 8, entry.gid);
  writeNumber(block, 124, 12, entry.sizeBytes ?? 0);
  writeNumber(block, 136, 12, entry.mtimeSeconds);
  block.write(TYPE_FLAGS[entry.kind], 156, "latin1");
  block.write(target.slice(0, NAME_SIZE_BYTES), 157, "latin1");
  block.write("ustar  \0", 257, "latin1");
  if (entry.device !== undefined) {
    writeNumber(block, 329, 8, entry.device.major);
    writeNumber(block, 337, 8, entry.device.minor);
  }
  return writeChecksum(block);
}

/** Octal digits, or where these are too few (and for times before 1970) the number itself, marked by the highest bit. */
function writeNumber(block: Buffer, at: number, length: number, value: number): void {
  if (value >= 0 && value < 8 ** (length - 1)) {
    block.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
    return;
  }
  let rest = BigInt(Math.trunc(value));
  for (let index = length - 1; index > 0; index--) {
    block[at + index] = Number(rest & 255n);
    rest >>= 8n;
  }
  block[at] = value < 0 ? 0xff : 0x80;
}

function writeChecksum(block: Buffer): Buffer {
  block.fill(" ", CHECKSUM_AT, CHECKSUM_AT + 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, CHECKSUM_AT, "latin1");
  return block;
}
