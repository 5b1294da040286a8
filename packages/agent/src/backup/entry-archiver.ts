/**
 * Archives everything that is not a directory: files, links, devices, pipes, sockets.
 *
 * An unchanged file costs a look at the previous archive's entry, whose raw bytes are copied; its data is put in by
 * `PayloadReuse`. A new one is opened, and from then on only the open file counts, whatever its name leads to by now.
 */

import { PAYLOAD_HEADER_SIZE_BYTES } from "@ironcore-backup/format";
import type { AttributesOrBytes, PxarEntry, PxarWriter, StatOrBytes } from "@ironcore-backup/format";
import type { AttributeReader } from "../attributes/attribute-reader.ts";
import { closeFd, isRoot, openForReading, readLinkAt } from "../syscalls/directory.ts";
import { describeErrno } from "../syscalls/errno.ts";
import {
  FileStat,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  statFd,
} from "../syscalls/file-stat.ts";
import type { BackupRun } from "./backup-run.ts";
import type { OpenBase } from "./open-base.ts";
import type { PayloadWriter } from "./payload-writer.ts";
import type { WalkPlace } from "./walk-place.ts";

/** What an archive can hold as a link's path. */
const LINK_PATH_SIZE_BYTES_MAX = 4095;

export interface EntryArchiverParts {
  readonly writer: PxarWriter;
  readonly payload: PayloadWriter;
  readonly base: OpenBase | undefined;
  readonly attributes: AttributeReader;
  readonly place: WalkPlace;
}

interface FirstName {
  readonly path: string;
  readonly offsetBytes: number;
}

/** True when the kernel's account of an object is that of the previous archive, taken before any later change. */
export function isMetadataUnchanged(stat: FileStat, entry: PxarEntry, baseTime: number): boolean {
  const before = entry.stat;
  return (
    stat.ctimeSeconds < baseTime &&
    stat.mtimeSeconds === before.mtimeSeconds &&
    stat.mtimeNanos === before.mtimeNanos &&
    stat.mode === before.mode &&
    stat.uid === before.uid &&
    stat.gid === before.gid
  );
}

export class EntryArchiver {
  readonly #run: BackupRun;
  readonly #parts: EntryArchiverParts;
  readonly #isPrivileged = isRoot();
  /** First names of files that have several, by device and inode. */
  readonly #firstNames = new Map<string, FirstName>();
  // Two instances serve all files: as opened, and as it was after reading.
  readonly #opened = new FileStat();
  readonly #after = new FileStat();
  /** Sums over the files of the archive. */
  fileSizeBytes = 0;
  payloadLiveBytes = 0;

  constructor(run: BackupRun, parts: EntryArchiverParts) {
    this.#run = run;
    this.#parts = parts;
  }

  /**
   * The entry that `place` has in hand.
   * @param stat  as found by name; the caller's to use again
   * @returns undefined when all is done already, which is the common case and saves a promise for each file
   */
  archive(stat: FileStat): Promise<void> | undefined {
    if (stat.linkCount > 1 && this.#addHardlink(stat)) return undefined;
    return stat.kind === S_IFREG ? this.#archiveFile(stat) : this.#archiveSpecial(stat);
  }

  /** True when the file is in the archive already, by another name. */
  #addHardlink(stat: FileStat): boolean {
    const first = this.#firstNames.get(stat.linkKey);
    if (first === undefined) return false;
    this.#parts.writer.addHardlink(this.#parts.place.name, first.path, first.offsetBytes);
    this.#countEntry();
    return true;
  }

  /** To be called right before the entry is added. */
  #rememberFirstName(stat: FileStat): void {
    if (stat.linkCount < 2) return;
    const path = this.#parts.place.path;
    if (path.length > LINK_PATH_SIZE_BYTES_MAX) return;
    this.#firstNames.set(stat.linkKey, { path, offsetBytes: this.#parts.writer.positionBytes });
  }

  #isUnchanged(stat: FileStat, entry: PxarEntry): boolean {
    return isMetadataUnchanged(stat, entry, this.#parts.base?.backupTime ?? 0);
  }

  #archiveFile(stat: FileStat): Promise<void> | undefined {
    const { place } = this.#parts;
    if (place.directory.isSameAsBase && this.#reuseFile(stat)) return undefined;
    const fd = openForReading(place.directory.fd, place.name, this.#isPrivileged);
    if (fd < 0) return place.unreadable(fd);
    let waiting: Promise<void> | undefined;
    try {
      waiting = this.#archiveOpenFile(fd);
    } finally {
      if (waiting === undefined) closeFd(fd);
    }
    return waiting?.finally(() => closeFd(fd));
  }

  /** True when the previous snapshot has the same file and its data could be taken over. */
  #reuseFile(stat: FileStat): boolean {
    const { base, place } = this.#parts;
    const entry = base?.archive.find(place.name);
    if (base === undefined || entry?.content?.place !== "payload") return false;
    const { offsetBytes, sizeBytes } = entry.content;
    if (sizeBytes !== stat.sizeBytes || !this.#isUnchanged(stat, entry)) return false;
    const newOffsetBytes = base.reuse.take(offsetBytes, PAYLOAD_HEADER_SIZE_BYTES + sizeBytes);
    if (newOffsetBytes === undefined) return false;
    this.#rememberFirstName(stat);
    this.#addFile(entry.rawStat, entry.rawAttributes, newOffsetBytes, sizeBytes);
    this.#run.counts.reusedFileCount++;
    this.#run.position.doneBytes += sizeBytes;
    return true;
  }

  #addFile(stat: StatOrBytes, attributes: AttributesOrBytes, offsetBytes: number, sizeBytes: number): void {
    const { writer, place } = this.#parts;
    // `isNew` only moves a size in the directory's table that no reader may rely on; always false keeps the metadata of
    // an unchanged tree byte for byte the same, and so its chunks.
    writer.addFileRef(place.name, stat, attributes, { offsetBytes, sizeBytes, isNew: false });
    this.#run.counts.sourceSizeBytes += sizeBytes;
    this.fileSizeBytes += sizeBytes;
    this.payloadLiveBytes += PAYLOAD_HEADER_SIZE_BYTES + sizeBytes;
    this.#countEntry();
  }

  #archiveOpenFile(fd: number): Promise<void> | undefined {
    const opened = this.#opened;
    const { payload, place, attributes } = this.#parts;
    const result = statFd(fd, opened);
    if (result < 0) return place.unreadable(result);
    if (opened.kind !== S_IFREG) {
      const tell = (path: string): string => `${path} was replaced by something else; it is left out`;
      place.warn("FILE_CHANGED", place.path, tell);
      return undefined;
    }
    const found = attributes.ofOpen(fd, opened);
    this.#rememberFirstName(opened);
    this.#addFile(opened, found, payload.positionBytes, opened.sizeBytes);
    const failure = payload.writeSmall(fd, opened.sizeBytes);
    if (failure === undefined) return this.#archiveLargeFile(fd);
    this.#run.counts.sourceReadBytes += payload.lastReadBytes;
    this.#run.position.doneBytes += opened.sizeBytes;
    this.#checkRead(fd, failure);
    return undefined;
  }

  async #archiveLargeFile(fd: number): Promise<void> {
    const { place, payload } = this.#parts;
    this.#run.position.current = place.absolute(place.path);
    const { readBytes, failure } = await payload.write(fd, this.#opened);
    this.#run.counts.sourceReadBytes += readBytes;
    this.#checkRead(fd, failure);
  }

  /** Warns when what was stored is not one state of the file. */
  #checkRead(fd: number, failure: number): void {
    const { place } = this.#parts;
    if (failure < 0) {
      const reason = describeErrno(failure);
      const tell = (path: string): string =>
        `${path} could not be read to its end, the rest is stored as zeros: ${reason}`;
      place.warn("FILE_UNREADABLE", place.path, tell);
      return;
    }
    const [opened, after] = [this.#opened, this.#after];
    const isWhole =
      failure === 0 &&
      statFd(fd, after) === 0 &&
      after.sizeBytes === opened.sizeBytes &&
      after.mtimeSeconds === opened.mtimeSeconds &&
      after.mtimeNanos === opened.mtimeNanos;
    if (isWhole) return;
    const tell = (path: string): string => `${path} changed while it was read; what is stored is a mixture`;
    place.warn("FILE_CHANGED", place.path, tell);
  }

  #archiveSpecial(stat: FileStat): undefined {
    const { writer, place, attributes } = this.#parts;
    const { kind } = stat;
    if (kind === S_IFLNK && place.directory.isSameAsBase && this.#reuseSymlink(stat)) return undefined;
    const { fd } = place.directory;
    const { name } = place;
    const target = kind === S_IFLNK ? readLinkAt(fd, name) : "";
    if (typeof target === "number") return place.unreadable(target);
    const found = attributes.ofNamed(fd, name, stat);
    this.#rememberFirstName(stat);
    if (kind === S_IFLNK) writer.addSymlink(name, stat, found, target);
    else if (kind === S_IFBLK || kind === S_IFCHR) {
      writer.addDevice(name, stat, found, { major: stat.nodeMajor, minor: stat.nodeMinor });
    } else if (kind === S_IFIFO || kind === S_IFSOCK) writer.addSpecial(name, stat, found);
    else {
      place.warn("FILE_UNREADABLE", place.path, (path) => `${path} is of a kind that cannot be archived`);
      return undefined;
    }
    this.#countEntry();
    return undefined;
  }

  /** A link's target never changes without a new inode, so neither it nor its attributes need be read. */
  #reuseSymlink(stat: FileStat): boolean {
    const { base, place, writer } = this.#parts;
    const entry = base?.archive.find(place.name);
    if (entry?.kind !== "symlink" || entry.linkTarget === undefined) return false;
    if (!this.#isUnchanged(stat, entry)) return false;
    this.#rememberFirstName(stat);
    writer.addSymlink(place.name, entry.rawStat, entry.rawAttributes, entry.linkTarget);
    this.#countEntry();
    return true;
  }

  #countEntry(): void {
    this.#run.counts.fileCount++;
    this.#run.position.doneItems++;
  }
}
