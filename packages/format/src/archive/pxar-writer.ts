/**
 * Writes a file tree as a pxar archive: version 1 in one stream, version 2 as the metadata stream of a split archive.
 *
 * The caller walks the tree depth first, children in ascending order of their names' bytes; the writer refuses anything
 * else. What it is told about the source must be right, and is asserted: an archive that no reader accepts is found when it is
 * written, not when it is needed. Memory: 24 bytes for each child of every directory that is open. Names and paths are
 * byte strings.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { GoodbyeStack } from "./goodbye-table.ts";
import { ItemOutput } from "./item-output.ts";
import type { PxarSink } from "./item-output.ts";
import { encodeAttributes, writeStat } from "./pxar-metadata.ts";
import type { PxarAttributes, PxarStat } from "./pxar-metadata.ts";
import {
  ATTRIBUTES_SIZE_BYTES_MAX,
  DEPTH_MAX,
  encodeItem,
  isEntryName,
  isRelativePath,
  ITEM_HEADER_SIZE_BYTES,
  PATH_SIZE_BYTES_MAX,
  PRELUDE_SIZE_BYTES_MAX,
  STAT_SIZE_BYTES,
  viewOf,
  writeItemHeader,
} from "./pxar-item.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from "./pxar-item.ts";
import { sipHash, sipHashResult } from "./sip-hash.ts";

export type { PxarSink } from "./item-output.ts";

/** Decoded, or the 40 bytes of another archive's ENTRY. */
export type StatOrBytes = PxarStat | Uint8Array;
/** Decoded, or another archive's attribute items as they were. */
export type AttributesOrBytes = PxarAttributes | Uint8Array;

const VERSION = 2;
const REF_SIZE_BYTES = ITEM_HEADER_SIZE_BYTES + 16;

interface OpenDirectory {
  readonly filenameOffsetBytes: number;
  readonly entryOffsetBytes: number;
  readonly hashHigh: number;
  readonly hashLow: number;
  /** Where its children begin on the stack. */
  readonly firstChild: number;
  /** Name of the newest child, "" before the first. */
  lastName: string;
}

export class PxarWriter {
  readonly #output: ItemOutput;
  readonly #version: 1 | 2;
  readonly #children = new GoodbyeStack();
  readonly #directories: OpenDirectory[] = [];
  #current: OpenDirectory | undefined;
  /** Of the child being added: where it begins, and the hash of its name. */
  #startBytes = 0;
  #hashHigh = 0;
  #hashLow = 0;
  #contentLeftBytes = 0;
  #lastPayloadOffsetBytes = 0;
  #isRootDone = false;

  /** @param options.prelude  opaque bytes at the front of a version 2 archive */
  constructor(sink: PxarSink, options: { readonly version: 1 | 2; readonly prelude?: Uint8Array }) {
    this.#output = new ItemOutput(sink);
    this.#version = options.version;
    if (options.version === 1) {
      assertInvariant(options.prelude === undefined, "only version 2 has a prelude");
      return;
    }
    this.#output.header("version", ITEM_HEADER_SIZE_BYTES + 8);
    this.#output.u64(VERSION);
    if (options.prelude === undefined) return;
    assertInvariant(options.prelude.length <= PRELUDE_SIZE_BYTES_MAX, "a prelude has at most 1 MiB");
    this.#output.write(encodeItem("prelude", options.prelude));
  }

  /** Bytes of the archive so far: where the next item will lie. */
  get positionBytes(): number {
    return this.#output.positionBytes;
  }

  /** @param name  undefined for the root, which comes first and once */
  startDirectory(name: string | undefined, stat: StatOrBytes, attributes: AttributesOrBytes): void {
    assertInvariant(this.#directories.length < DEPTH_MAX, "directories are nested at most 2048 deep");
    const isRoot = this.#current === undefined;
    assertInvariant((name === undefined) === isRoot && !this.#isRootDone, "an archive has one root");
    if (name !== undefined) this.#filename(name);
    const entryOffsetBytes = isRoot ? 0 : this.positionBytes;
    assertInvariant(this.#entry(stat, attributes) === S_IFDIR, "a directory has the mode of one");
    this.#current = {
      filenameOffsetBytes: this.#startBytes,
      entryOffsetBytes,
      hashHigh: this.#hashHigh,
      hashLow: this.#hashLow,
      firstChild: this.#children.count,
      lastName: "",
    };
    this.#directories.push(this.#current);
  }

  endDirectory(): void {
    const directory = this.#directories.pop();
    assertInvariant(
      directory !== undefined && this.#contentLeftBytes === 0,
      "a directory ends after its last child",
    );
    this.#children.writeTable(this.#output, directory.firstChild, directory.entryOffsetBytes);
    this.#current = this.#directories.at(-1);
    if (this.#current === undefined) {
      this.#isRootDone = true;
      return;
    }
    const startBytes = directory.filenameOffsetBytes;
    const sizeBytes = this.positionBytes - startBytes;
    this.#children.add(directory.hashHigh, directory.hashLow, startBytes, sizeBytes);
  }

  /**
   * A regular file of a split archive.
   * @param payload.offsetBytes  of its PAYLOAD header in the payload stream; never less than the file's before, because other
   *   programs read both streams from front to back
   * @param payload.isNew        false when the payload was re-used from an earlier snapshot: the table's size of a child then
   *   leaves the payload out, as other programs have it
   */
  addFileRef(
    name: string,
    stat: StatOrBytes,
    attributes: AttributesOrBytes,
    payload: { readonly offsetBytes: number; readonly sizeBytes: number; readonly isNew: boolean },
  ): void {
    assertInvariant(this.#version === 2, "payload references belong to split archives");
    assertInvariant(payload.offsetBytes >= this.#lastPayloadOffsetBytes, "payload references never go back");
    assertInvariant(
      Number.isSafeInteger(payload.offsetBytes + payload.sizeBytes),
      "a payload has whole numbers",
    );
    this.#lastPayloadOffsetBytes = payload.offsetBytes;
    this.#filename(name);
    assertInvariant(this.#entry(stat, attributes) === S_IFREG, "a regular file has the mode of one");
    this.#output.reserve(REF_SIZE_BYTES);
    this.#output.header("payload-ref", REF_SIZE_BYTES);
    this.#output.u64(payload.offsetBytes);
    this.#output.u64(payload.sizeBytes);
    this.#endChild(payload.isNew ? payload.sizeBytes : 0);
  }

  /** A regular file of a version 1 archive; exactly `sizeBytes` of content follow by `writeContent`. */
  startFile(name: string, stat: StatOrBytes, attributes: AttributesOrBytes, sizeBytes: number): void {
    assertInvariant(this.#version === 1, "file contents belong to version 1 archives");
    assertInvariant(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, "a file has a size");
    this.#filename(name);
    assertInvariant(this.#entry(stat, attributes) === S_IFREG, "a regular file has the mode of one");
    this.#output.reserve(ITEM_HEADER_SIZE_BYTES);
    this.#output.header("payload", ITEM_HEADER_SIZE_BYTES + sizeBytes);
    this.#endChild(sizeBytes);
    this.#contentLeftBytes = sizeBytes;
  }

  writeContent(bytes: Uint8Array): void {
    assertInvariant(bytes.length <= this.#contentLeftBytes, "a file has no more content than was announced");
    this.#contentLeftBytes -= bytes.length;
    this.#output.write(bytes);
  }

  addSymlink(name: string, stat: StatOrBytes, attributes: AttributesOrBytes, target: string): void {
    assertInvariant(isPathText(target), "a link's target has 1 to 4095 bytes and no NUL");
    this.#filename(name);
    assertInvariant(this.#entry(stat, attributes) === S_IFLNK, "a symbolic link has the mode of one");
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + target.length + 1;
    this.#output.reserve(sizeBytes);
    this.#output.header("symlink", sizeBytes);
    this.#output.text(target);
    this.#endChild(0);
  }

  addDevice(
    name: string,
    stat: StatOrBytes,
    attributes: AttributesOrBytes,
    device: { readonly major: number; readonly minor: number },
  ): void {
    this.#filename(name);
    const type = this.#entry(stat, attributes);
    assertInvariant(type === S_IFBLK || type === S_IFCHR, "a device has the mode of one");
    this.#output.reserve(REF_SIZE_BYTES);
    this.#output.header("device", REF_SIZE_BYTES);
    this.#output.u64(device.major);
    this.#output.u64(device.minor);
    this.#endChild(0);
  }

  /** A fifo or socket: nothing but its entry. */
  addSpecial(name: string, stat: StatOrBytes, attributes: AttributesOrBytes): void {
    this.#filename(name);
    const type = this.#entry(stat, attributes);
    assertInvariant(type === S_IFIFO || type === S_IFSOCK, "a fifo or socket has the mode of one");
    this.#endChild(0);
  }

  /**
   * Another name of a file that came earlier.
   * @param targetPath  relative to the root, without a leading slash
   * @param targetOffsetBytes  `positionBytes` right before the target was added
   */
  addHardlink(name: string, targetPath: string, targetOffsetBytes: number): void {
    assertInvariant(
      isRelativePath(targetPath),
      "a hard link's target is a path below the root, of at most 4095 bytes",
    );
    assertInvariant(targetOffsetBytes < this.positionBytes, "a hard link's target comes first");
    this.#filename(name);
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + 8 + targetPath.length + 1;
    this.#output.reserve(sizeBytes);
    this.#output.header("hardlink", sizeBytes);
    this.#output.u64(this.#startBytes - targetOffsetBytes);
    this.#output.text(targetPath);
    this.#endChild(0);
  }

  /** After the root's end: hands the last bytes to the sink. @returns the archive's size */
  finish(): { readonly sizeBytes: number } {
    assertInvariant(this.#isRootDone, "an archive ends with its root directory");
    this.#output.flush();
    return { sizeBytes: this.positionBytes };
  }

  /** Begins a child: writes its name, and remembers where and which hash. */
  #filename(name: string): void {
    const directory = this.#current;
    assertInvariant(
      directory !== undefined && this.#contentLeftBytes === 0,
      "a child belongs to an open directory",
    );
    assertInvariant(isEntryName(name), "a name is one path component of at most 4095 bytes");
    assertInvariant(directory.lastName < name, "children come in ascending order of their names' bytes");
    directory.lastName = name;
    const output = this.#output;
    const sizeBytes = ITEM_HEADER_SIZE_BYTES + name.length + 1;
    output.reserve(sizeBytes);
    this.#startBytes = output.positionBytes;
    output.header("filename", sizeBytes);
    output.text(name);
    sipHash(output.view, output.at - name.length - 1, name.length);
    this.#hashHigh = sipHashResult.high;
    this.#hashLow = sipHashResult.low;
  }

  /** @returns the mode's type bits */
  #entry(stat: StatOrBytes, attributes: AttributesOrBytes): number {
    const output = this.#output;
    output.reserve(ITEM_HEADER_SIZE_BYTES + STAT_SIZE_BYTES);
    output.header("entry", ITEM_HEADER_SIZE_BYTES + STAT_SIZE_BYTES);
    if (stat instanceof Uint8Array) {
      assertInvariant(stat.length === STAT_SIZE_BYTES, "a stat has 40 bytes");
      output.bytes.set(stat, output.at);
    } else writeStat(output.view, output.at, stat);
    const type = output.view.getUint16(output.at, true) & S_IFMT;
    output.at += STAT_SIZE_BYTES;
    const raw = attributes instanceof Uint8Array ? attributes : encodeAttributes(attributes);
    assertInvariant(raw.length <= ATTRIBUTES_SIZE_BYTES_MAX, "an entry's attributes have at most 16 MiB");
    if (raw.length > 0) output.write(raw);
    return type;
  }

  /** @param contentSizeBytes  of what counts for the child's size and is not written here */
  #endChild(contentSizeBytes: number): void {
    const sizeBytes = this.#output.positionBytes - this.#startBytes + contentSizeBytes;
    this.#children.add(this.#hashHigh, this.#hashLow, this.#startBytes, sizeBytes);
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
