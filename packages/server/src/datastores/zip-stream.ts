/**
 * A zip file written from front to back: sizes and checksums follow each content, the directory of all entries is the end,
 * so a zip that was broken off opens nowhere. Sizes beyond 4 GiB in the Zip64 way. Facts: PKWARE's APPNOTE 6.3.10.
 *
 * By hand, because this is one synchronous generator that the reader of chunks can feed, and because of memory: of each entry
 * stays its row of the directory, some 100 bytes, and no object.
 */

import { Buffer } from "node:buffer";
import { constants, crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  /** UTF-8 text with "/" between names; of a directory with one at its end. */
  readonly path: string;
  /** With the bits for the kind of file. */
  readonly mode: number;
  readonly mtimeSeconds: number;
  readonly sizeBytes: number;
}

const COMPRESSION_LEVEL = 3;
const DEFLATE = 8;
const STORED = 0;
/** Sizes follow the content; the name is UTF-8. */
const FLAGS = 0x0808;
const MADE_BY_UNIX = 3 << 8;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
/** Deflate makes what cannot shrink a little longer. */
const PLAIN_SIZE_BYTES_MAX = MAX_32 - 64 * 1024 * 1024;
/** The last block of a deflated stream, empty. */
const DEFLATE_END = Buffer.from([3, 0]);
const DIRECTORY_PART_BYTES = 65_536;

export class ZipStream {
  #positionBytes = 0;
  #entryCount = 0;
  /** Finished parts of the directory, and the one being filled. */
  readonly #parts: Buffer[] = [];
  #rows: Buffer[] = [];
  #rowsBytes = 0;

  /** @param content  `entry.sizeBytes` in all */
  *add(entry: ZipEntry, content: Iterable<Uint8Array>): Generator<Uint8Array, void> {
    const name = Buffer.from(entry.path, "utf8");
    const startBytes = this.#positionBytes;
    const isLong = entry.sizeBytes > PLAIN_SIZE_BYTES_MAX;
    const method = entry.sizeBytes === 0 ? STORED : DEFLATE;
    yield this.#counted(encodeLocalHeader(entry, name, { method, isLong }));
    let checksum = 0;
    let packedBytes = 0;
    for (const piece of content) {
      checksum = crc32(piece, checksum);
      // Each piece ends on a byte and refers to nothing before it, so that pieces can be joined.
      const packed = deflateRawSync(piece, {
        level: COMPRESSION_LEVEL,
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      packedBytes += packed.length;
      yield this.#counted(packed);
    }
    if (method === DEFLATE) {
      packedBytes += DEFLATE_END.length;
      yield this.#counted(DEFLATE_END);
    }
    const sums = { checksum, packedBytes, sizeBytes: entry.sizeBytes };
    yield this.#counted(encodeDescriptor(sums, isLong));
    this.#keepRow(encodeDirectoryRow(entry, name, { ...sums, method, isLong, startBytes }));
  }

  *end(): Generator<Uint8Array, void> {
    this.#closePart();
    const startBytes = this.#positionBytes;
    for (const part of this.#parts) yield this.#counted(part);
    const sizeBytes = this.#positionBytes - startBytes;
    yield encodeEnd({ startBytes, sizeBytes, entryCount: this.#entryCount });
  }

  #counted(bytes: Buffer): Buffer {
    this.#positionBytes += bytes.length;
    return bytes;
  }

  #keepRow(row: Buffer): void {
    this.#entryCount++;
    this.#rows.push(row);
    this.#rowsBytes += row.length;
    if (this.#rowsBytes >= DIRECTORY_PART_BYTES) this.#closePart();
  }

  #closePart(): void {
    this.#parts.push(Buffer.concat(this.#rows));
    this.#rows = [];
    this.#rowsBytes = 0;
  }
}

interface Packing {
  readonly method: number;
  readonly isLong: boolean;
}

interface Sums {
  readonly checksum: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
}

function encodeLocalHeader(entry: ZipEntry, name: Buffer, { method, isLong }: Packing): Buffer {
  const extra = Buffer.concat([encodeTime(entry.mtimeSeconds), ...(isLong ? [encodeLong([0, 0])] : [])]);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isLong ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(dosTime(entry.mtimeSeconds), 10);
  header.writeUInt32LE(isLong ? MAX_32 : 0, 18);
  header.writeUInt32LE(isLong ? MAX_32 : 0, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function encodeDescriptor({ checksum, packedBytes, sizeBytes }: Sums, isLong: boolean): Buffer {
  const bytes = Buffer.alloc(isLong ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(checksum, 4);
  if (isLong) {
    bytes.writeBigUInt64LE(BigInt(packedBytes), 8);
    bytes.writeBigUInt64LE(BigInt(sizeBytes), 16);
  } else {
    bytes.writeUInt32LE(packedBytes, 8);
    bytes.writeUInt32LE(sizeBytes, 12);
  }
  return bytes;
}

function encodeDirectoryRow(
  entry: ZipEntry,
  name: Buffer,
  row: Sums & Packing & { readonly startBytes: number },
): Buffer {
  const needsLong = row.isLong || row.startBytes >= MAX_32;
  const long = encodeLong([row.sizeBytes, row.packedBytes, row.startBytes]);
  const extra = Buffer.concat([encodeTime(entry.mtimeSeconds), ...(needsLong ? [long] : [])]);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY_UNIX | VERSION_ZIP64, 4);
  header.writeUInt16LE(needsLong ? VERSION_ZIP64 : VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(row.method, 10);
  header.writeUInt32LE(dosTime(entry.mtimeSeconds), 12);
  header.writeUInt32LE(row.checksum, 16);
  header.writeUInt32LE(needsLong ? MAX_32 : row.packedBytes, 20);
  header.writeUInt32LE(needsLong ? MAX_32 : row.sizeBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  // The low byte is what DOS knows: that it is a directory.
  header.writeUInt32LE(((entry.mode << 16) | (entry.path.endsWith("/") ? 0x10 : 0)) >>> 0, 38);
  header.writeUInt32LE(needsLong ? MAX_32 : row.startBytes, 42);
  return Buffer.concat([header, name, extra]);
}

function encodeEnd({
  startBytes,
  sizeBytes,
  entryCount,
}: {
  readonly startBytes: number;
  readonly sizeBytes: number;
  readonly entryCount: number;
}): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entryCount, MAX_16), 8);
  end.writeUInt16LE(Math.min(entryCount, MAX_16), 10);
  end.writeUInt32LE(Math.min(sizeBytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(startBytes, MAX_32), 16);
  if (entryCount < MAX_16 && sizeBytes < MAX_32 && startBytes < MAX_32) return end;
  const long = Buffer.alloc(56);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(44n, 4);
  long.writeUInt16LE(MADE_BY_UNIX | VERSION_ZIP64, 12);
  long.writeUInt16LE(VERSION_ZIP64, 14);
  long.writeBigUInt64LE(BigInt(entryCount), 24);
  long.writeBigUInt64LE(BigInt(entryCount), 32);
  long.writeBigUInt64LE(BigInt(sizeBytes), 40);
  long.writeBigUInt64LE(BigInt(startBytes), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(startBytes + sizeBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([long, locator, end]);
}

/** Zip64's own sizes: in the order plain, packed, place. */
function encodeLong(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, at) => extra.writeBigUInt64LE(BigInt(value), 4 + at * 8));
  return extra;
}

/** Unix time, which knows of seconds and needs no time zone; nothing beyond its 32 bits. */
function encodeTime(mtimeSeconds: number): Buffer {
  if (mtimeSeconds < -(2 ** 31) || mtimeSeconds >= 2 ** 31) return Buffer.alloc(0);
  const extra = Buffer.alloc(9);
  extra.writeUInt16LE(0x5455, 0);
  extra.writeUInt16LE(5, 2);
  extra.writeUInt8(1, 4);
  extra.writeInt32LE(Math.trunc(mtimeSeconds), 5);
  return extra;
}

/** Date and time as two 16-bit words, in UTC; what lies outside of 1980 to 2107 is moved to the edge. */
function dosTime(mtimeSeconds: number): number {
  const time = new Date(Math.min(Math.max(mtimeSeconds, 315_532_800), 4_354_819_198) * 1000);
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}
