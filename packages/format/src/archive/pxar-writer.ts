/**
 * Writes a file tree as a pxar archive: version 1 in one stream, version 2 as the metadata stream of a split archive.
 *
 * The caller walks the tree depth first, children in ascending order of their names' bytes; the writer refuses anything
 * else. Memory: 24 bytes for each child of every directory that is open. Names and paths are byte strings.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { GoodbyeTable } from "./goodbye-table.ts";
import { encodeAttributes, writeStat } from "./pxar-metadata.ts";
import type { PxarAttributes, PxarStat } from "./pxar-metadata.ts";
import {
  ATTRIBUTES_SIZE_BYTES_MAX,
  DEPTH_MAX,
  encodeItem,
  isEntryName,
  ITEM_HEADER_SIZE_BYTES,
  PATH_SIZE_BYTES_MAX,
  PRELUDE_SIZE_BYTES_MAX,
  STAT_SIZE_BYTES,
  viewOf,
  writeItemHeader,
  writeU64,
} from "./pxar-item.ts";

export interface PxarSink {
  /** Takes the bytes before it returns; the writer uses the memory again. */
  write(bytes: Uint8Array): void;
}

/** Decoded, or the 40 bytes of another archive's ENTRY. */
export type StatOrBytes = PxarStat | Uint8Array;
/** Decoded, or another archive's attribute items as they were. */
export type AttributesOrBytes = PxarAttributes | Uint8Array;

const BUFFER_SIZE_BYTES = 65_536;
const VERSION = 2;

interface OpenDirectory {
  readonly filenameOffsetBytes: number;
  readonly entryOffsetBytes: number;
  readonly name: string;
  readonly table: GoodbyeTable;
  /** Name of the newest child, "" before the first. */
  lastName: string;
}

export class PxarWriter {
  readonly #sink: PxarSink;
  readonly #version: 1 | 2;
  readonly #buffer = new Uint8Array(BUFFER_SIZE_BYTES);
  readonly #view = viewOf(this.#buffer);
  readonly #directories: OpenDirectory[] = [];
  #filledBytes = 0;
  #flushedBytes = 0;
  #contentLeftBytes = 0;
  #isRootDone = false;

  /** @param options.prelude  opaque bytes at the front of a version 2 archive */
  constructor(sink: PxarSink, options: { readonly version: 1 | 2; readonly prelude?: Uint8Array }) {
    this.#sink = sink;
    this.#version = options.version;
    if (options.version === 1) {
      assertInvariant(options.prelude === undefined, "only version 2 has a prelude");
      return;
    }
    this.#reserve(24);
    this.#item("version", 24);
    this.#u64(VERSION);
    if (options.prelude === undefined) return;
    assertInvariant(options.prelude.length <= PRELUDE_SIZE_BYTES_MAX, "a prelude has at most 1 MiB");
    this.#bytes(encodeItem("prelude", options.prelude));
  }

  /** Bytes of the archive so far: where the next item will lie. */
  get positionBytes(): number {
    return this.#flushedBytes + this.#filledBytes;
  }

  /** @param name  undefined for the root, which comes first and once */
  startDirectory(name: string | undefined, stat: StatOrBytes, attributes: AttributesOrBytes): void {
    assertInvariant(this.#directories.length < DEPTH_MAX, "directories are nested at most 2048 deep");
    const isRoot = this.#directories.length === 0;
    assertInvariant(
      (name === undefined) === isRoot && !(isRoot && this.#isRootDone),
      "an archive has one root",
    );
    const filenameOffsetBytes = this.positionBytes;
    if (name !== undefined) this.#filename(name);
    const entryOffsetBytes = isRoot ? 0 : this.positionBytes;
    this.#entry(stat, attributes);
    this.#directories.push({
      filenameOffsetBytes,
      entryOffsetBytes,
      name: name ?? "",
      table: new GoodbyeTable(),
      lastName: "",
    });
  }

  endDirectory(): void {
    const directory = this.#directories.pop();
    assertInvariant(
      directory !== undefined && this.#contentLeftBytes === 0,
      "a directory ends after its last child",
    );
    const goodbye = directory.table.encode(this.positionBytes, directory.entryOffsetBytes);
    this.#bytes(goodbye);
    const parent = this.#directories.at(-1);
    if (parent === undefined) this.#isRootDone = true;
    else {
      const sizeBytes = this.positionBytes - directory.filenameOffsetBytes;
      parent.table.add(directory.name, directory.filenameOffsetBytes, sizeBytes);
    }
  }

  /**
   * A regular file of a split archive.
   * @param payload.offsetBytes  of its PAYLOAD header in the payload stream
   * @param payload.isNew        false when the payload was re-used from an earlier snapshot (a quirk of the table's size)
   */
  addFileRef(
    name: string,
    stat: StatOrBytes,
    attributes: AttributesOrBytes,
    payload: { readonly offsetBytes: number; readonly sizeBytes: number; readonly isNew: boolean },
  ): void {
    assertInvariant(this.#version === 2, "payload references belong to split archives");
    const startBytes = this.positionBytes;
    this.#filename(name);
    this.#entry(stat, attributes);
    this.#reserve(ITEM_HEADER_SIZE_BYTES + 16);
    this.#item("payload-ref", ITEM_HEADER_SIZE_BYTES + 16);
    this.#u64(payload.offsetBytes);
    this.#u64(payload.sizeBytes);
    this.#endChild(name, startBytes, payload.isNew ? payload.sizeBytes + ITEM_HEADER_SIZE_BYTES : 0);
  }

  /** A regular file of a version 1 archive; exactly `sizeBytes` of content follow by `writeContent`. */
  startFile(name: string, stat: StatOrBytes, attributes: AttributesOrBytes, sizeBytes: number): void {
    assertInvariant(this.#version === 1, "file contents belong to version 1 archives");
    const startBytes = this.positionBytes;
    this.#filename(name);
    this.#entry(stat, attributes);
    this.#reserve(ITEM_HEADER_SIZE_BYTES);
    this.#item("payload", ITEM_HEADER_SIZE_BYTES + sizeBytes);
    this.#endChild(name, startBytes, sizeBytes);
    this.#contentLeftBytes = sizeBytes;
  }

  writeContent(bytes: Uint8Array): void {
    assertInvariant(bytes.length <= this.#contentLeftBytes, "a file has no more content than was announced");
    this.#contentLeftBytes -= bytes.length;
    this.#bytes(bytes);
  }

  addSymlink(name: string, stat: StatOrBytes, attributes: AttributesOrBytes, target: string): void {
    assertInvariant(isPathText(target), "a link's target has 1 to 4095 bytes and no NUL");
    this.#child(name, stat, attributes, () => {
      this.#reserve(ITEM_HEADER_SIZE_BYTES + target.length + 1);
      this.#item("symlink", ITEM_HEADER_SIZE_BYTES + target.length + 1);
      this.#text(target);
    });
  }

  addDevice(
    name: string,
    stat: StatOrBytes,
    attributes: AttributesOrBytes,
    device: { readonly major: number; readonly minor: number },
  ): void {
    this.#child(name, stat, attributes, () => {
      this.#reserve(ITEM_HEADER_SIZE_BYTES + 16);
      this.#item("device", ITEM_HEADER_SIZE_BYTES + 16);
      this.#u64(device.major);
      this.#u64(device.minor);
    });
  }

  /** A fifo or socket: nothing but its entry. */
  addSpecial(name: string, stat: StatOrBytes, attributes: AttributesOrBytes): void {
    this.#child(name, stat, attributes, () => undefined);
  }

  /**
   * Another name of a file that came earlier.
   * @param targetPath  relative to the root, without a leading slash
   * @param targetOffsetBytes  `positionBytes` right before the target was added
   */
  addHardlink(name: string, targetPath: string, targetOffsetBytes: number): void {
    assertInvariant(isPathText(targetPath), "a link's target has 1 to 4095 bytes and no NUL");
    const startBytes = this.positionBytes;
    assertInvariant(targetOffsetBytes < startBytes, "a hard link's target comes first");
    this.#filename(name);
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + 8 + targetPath.length + 1;
    this.#reserve(sizeBytes);
    this.#item("hardlink", sizeBytes);
    this.#u64(startBytes - targetOffsetBytes);
    this.#text(targetPath);
    this.#endChild(name, startBytes, 0);
  }

  /** After the root's end: hands the last bytes to the sink. @returns the archive's size */
  finish(): { readonly sizeBytes: number } {
    assertInvariant(this.#isRootDone, "an archive ends with its root directory");
    this.#flush();
    return { sizeBytes: this.#flushedBytes };
  }

  #child(name: string, stat: StatOrBytes, attributes: AttributesOrBytes, writeBody: () => void): void {
    const startBytes = this.positionBytes;
    this.#filename(name);
    this.#entry(stat, attributes);
    writeBody();
    this.#endChild(name, startBytes, 0);
  }

  #filename(name: string): void {
    const directory = this.#directories.at(-1);
    assertInvariant(
      directory !== undefined && this.#contentLeftBytes === 0,
      "a child belongs to an open directory",
    );
    assertInvariant(isEntryName(name), "a name is one path component of at most 255 bytes");
    assertInvariant(directory.lastName < name, "children come in ascending order of their names' bytes");
    directory.lastName = name;
    this.#reserve(ITEM_HEADER_SIZE_BYTES + name.length + 1);
    this.#item("filename", ITEM_HEADER_SIZE_BYTES + name.length + 1);
    this.#text(name);
  }

  #entry(stat: StatOrBytes, attributes: AttributesOrBytes): void {
    this.#reserve(ITEM_HEADER_SIZE_BYTES + STAT_SIZE_BYTES);
    this.#item("entry", ITEM_HEADER_SIZE_BYTES + STAT_SIZE_BYTES);
    if (stat instanceof Uint8Array) {
      assertInvariant(stat.length === STAT_SIZE_BYTES, "a stat has 40 bytes");
      this.#buffer.set(stat, this.#filledBytes);
    } else writeStat(this.#view, this.#filledBytes, stat);
    this.#filledBytes += STAT_SIZE_BYTES;
    const raw = attributes instanceof Uint8Array ? attributes : encodeAttributes(attributes);
    assertInvariant(raw.length <= ATTRIBUTES_SIZE_BYTES_MAX, "an entry's attributes have at most 16 MiB");
    if (raw.length > 0) this.#bytes(raw);
  }

  #endChild(name: string, startBytes: number, bodySizeBytes: number): void {
    this.#directories.at(-1)?.table.add(name, startBytes, this.positionBytes - startBytes + bodySizeBytes);
  }

  /** Makes room for `count` bytes (far less than the buffer) in one piece. */
  #reserve(count: number): void {
    if (this.#filledBytes + count > BUFFER_SIZE_BYTES) this.#flush();
  }

  #item(kind: Parameters<typeof writeItemHeader>[2], sizeBytes: number): void {
    writeItemHeader(this.#view, this.#filledBytes, kind, sizeBytes);
    this.#filledBytes += ITEM_HEADER_SIZE_BYTES;
  }

  #u64(value: number): void {
    writeU64(this.#view, this.#filledBytes, value);
    this.#filledBytes += 8;
  }

  /** A byte string and its NUL. */
  #text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#buffer[this.#filledBytes + i] = text.charCodeAt(i);
    this.#buffer[this.#filledBytes + text.length] = 0;
    this.#filledBytes += text.length + 1;
  }

  #bytes(bytes: Uint8Array): void {
    if (this.#filledBytes + bytes.length > BUFFER_SIZE_BYTES) this.#flush();
    if (bytes.length > BUFFER_SIZE_BYTES) {
      this.#sink.write(bytes);
      this.#flushedBytes += bytes.length;
      return;
    }
    this.#buffer.set(bytes, this.#filledBytes);
    this.#filledBytes += bytes.length;
  }

  #flush(): void {
    if (this.#filledBytes === 0) return;
    this.#sink.write(this.#buffer.subarray(0, this.#filledBytes));
    this.#flushedBytes += this.#filledBytes;
    this.#filledBytes = 0;
  }
}

function isPathText(text: string): boolean {
  return text.length > 0 && text.length <= PATH_SIZE_BYTES_MAX && !text.includes("\0");
}

/** The first 16 bytes of a payload stream. */
export function encodePayloadStart(): Uint8Array {
  return encodeItem("payload-start", new Uint8Array());
}

/** The last 16 bytes of a payload stream. */
export function encodePayloadTail(): Uint8Array {
  return encodeItem("payload-tail", new Uint8Array());
}

/** Writes the 16 bytes in front of a file's data in a payload stream into `target`. */
export function writePayloadHeader(target: Uint8Array, fileSizeBytes: number): void {
  writeItemHeader(viewOf(target), 0, "payload", ITEM_HEADER_SIZE_BYTES + fileSizeBytes);
}

/** Size of a payload's header, of the start and of the tail marker. */
export const PAYLOAD_HEADER_SIZE_BYTES = ITEM_HEADER_SIZE_BYTES;
