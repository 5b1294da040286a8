/**
 * Walks one directory tree and writes it to an archive, depth first, names in bytewise order.
 *
 * What costs is calls into the kernel, so each entry gets as few as can be: one `statx` for an unchanged file, and for a new
 * one open, `statx`, flags, attribute list, read, `statx`, close. Nothing is allocated per file beyond its name. The
 * loop is synchronous; it yields by the clock and for files that do not fit one read.
 *
 * Races. Every directory is held open while its children are looked at, and children are opened without following links,
 * so a path swapped meanwhile is noticed or leads to the object that was really opened; metadata is always that of the
 * opened object. What is not there any more, cannot be read, or changes while it is read becomes a warning.
 */

import type { AttributesOrBytes, PxarEntry, PxarWriter, StatOrBytes } from "@ironcore-backup/format";
import { NO_PXAR_ATTRIBUTES, PAYLOAD_HEADER_SIZE_BYTES } from "@ironcore-backup/format";
import { AttributeReader } from "../attributes/attribute-reader.ts";
import { joinPath, textOf } from "../byte-string.ts";
import { EXCLUDE_FILE_NAME, EXCLUDE_FILE_SIZE_BYTES_MAX } from "../excludes/exclusion.ts";
import type { Exclusion } from "../excludes/exclusion.ts";
import type { NoticeCode } from "../notice.ts";
import {
  closeFd,
  isRoot,
  listDirectory,
  openDirectory,
  openForReading,
  readLinkAt,
} from "../syscalls/directory.ts";
import { describeErrno, isGone } from "../syscalls/errno.ts";
import {
  FileStat,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  statAt,
  statFd,
} from "../syscalls/file-stat.ts";
import { fileSystemOf, virtualFileSystemName } from "../syscalls/file-system.ts";
import type { FileSystem } from "../syscalls/file-system.ts";
import { libc } from "../syscalls/libc.ts";
import type { BackupRun } from "./backup-run.ts";
import type { OpenSource } from "./backup-source.ts";
import type { IdentityWriter } from "./directory-identity.ts";
import type { OpenBase } from "./open-base.ts";
import type { PayloadWriter } from "./payload-writer.ts";
import type { TreeTotals } from "./source-record.ts";

/** One descriptor is open for each level; the archive's readers go down to 2048. */
const DEPTH_MAX = 1000;
/** What an archive can hold as a link's path. */
const LINK_PATH_SIZE_BYTES_MAX = 4095;

export interface TreeWalkParts {
  readonly source: OpenSource;
  readonly writer: PxarWriter;
  readonly identities: IdentityWriter;
  readonly base: OpenBase | undefined;
  readonly payload: PayloadWriter;
  readonly exclusion: Exclusion;
  readonly oneFileSystem: boolean;
}

/** The directory being walked. */
interface CurrentDirectory {
  readonly fd: number;
  /** Relative to the source, "" for the source itself. */
  readonly path: string;
  readonly device: number;
  readonly depth: number;
  /** The previous snapshot's cursor is inside the same path. */
  readonly isInBase: boolean;
  /** It was this very inode then, so names and change times of its files can be compared. */
  readonly isSameAsBase: boolean;
}

interface FirstName {
  readonly path: string;
  readonly offsetBytes: number;
}

export class TreeWalk {
  readonly #run: BackupRun;
  readonly #parts: TreeWalkParts;
  readonly #attributes: AttributeReader;
  readonly #isPrivileged = isRoot();
  readonly #fileSystems = new Map<number, FileSystem | undefined>();
  /** First names of files that have several, by device and inode. */
  readonly #firstNames = new Map<string, FirstName>();
  // Three instances serve all files: as found by name, as opened, as it was after reading.
  readonly #stat = new FileStat();
  readonly #opened = new FileStat();
  readonly #after = new FileStat();
  #directory: CurrentDirectory;
  #name = "";
  #fileSizeBytes = 0;
  #payloadLiveBytes = 0;

  constructor(run: BackupRun, parts: TreeWalkParts) {
    this.#run = run;
    this.#parts = parts;
    const { stat, fd } = parts.source;
    this.#directory = { fd, path: "", device: stat.device, depth: 0, isInBase: false, isSameAsBase: false };
    this.#attributes = new AttributeReader((attribute, errno) =>
      this.#warn(
        "ATTRIBUTES_UNREADABLE",
        this.#path(),
        (path) =>
          `${attribute === "" ? "attributes" : attribute} of ${path} cannot be read: ${describeErrno(errno)}`,
      ),
    );
  }

  async archiveRoot(): Promise<TreeTotals> {
    const { source } = this.#parts;
    await this.#archiveDirectory(source.fd, undefined, "", source.stat, 0);
    return {
      entryCount: this.#run.position.doneItems,
      fileSizeBytes: this.#fileSizeBytes,
      payloadLiveBytes: this.#payloadLiveBytes,
    };
  }

  #path(): string {
    return joinPath(this.#directory.path, this.#name);
  }

  #absolute(path: string): string {
    return path === "" ? this.#parts.source.path : joinPath(this.#parts.source.path, path);
  }

  #warn(code: NoticeCode, path: string, message: (path: string) => string): void {
    const absolute = this.#absolute(path);
    this.#run.warn(code, absolute, message(textOf(absolute)));
  }

  /** An opened directory, with everything in it. Leaves the descriptor open. */
  async #archiveDirectory(
    fd: number,
    name: string | undefined,
    path: string,
    stat: FileStat,
    depth: number,
  ): Promise<void> {
    const { writer, identities, base } = this.#parts;
    const parent = this.#directory;
    const fileSystem = this.#fileSystem(fd, stat);
    const inBase = depth === 0 ? base?.archive.entry : this.#findInBase(name ?? "");
    const isInBase = inBase?.kind === "directory";
    const isSameAsBase = isInBase && base?.archive.isSameDirectory(fileSystem?.id ?? "", stat) === true;
    this.#startDirectory(fd, name, stat, isSameAsBase ? inBase : undefined);
    identities.add(fileSystem?.id ?? "", stat);
    this.#run.counts.directoryCount++;
    this.#run.position.doneItems++;
    if (isInBase) base?.archive.enter();
    if (!this.#isContentSkipped(path, stat, parent, fileSystem, depth)) {
      this.#directory = { fd, path, device: stat.device, depth, isInBase, isSameAsBase };
      await this.#archiveChildren();
      this.#directory = parent;
    }
    if (isInBase) base?.archive.leave();
    writer.endDirectory();
  }

  #findInBase(name: string): PxarEntry | undefined {
    return this.#directory.isInBase ? this.#parts.base?.archive.find(name) : undefined;
  }

  #startDirectory(fd: number, name: string | undefined, stat: FileStat, inBase: PxarEntry | undefined): void {
    const { writer } = this.#parts;
    if (inBase !== undefined && this.#isMetadataUnchanged(stat, inBase)) {
      writer.startDirectory(name, inBase.rawStat, inBase.rawAttributes);
    } else writer.startDirectory(name, stat, this.#attributes.ofOpen(fd, stat));
  }

  #fileSystem(fd: number, stat: FileStat): FileSystem | undefined {
    const known = this.#fileSystems.get(stat.device);
    if (known !== undefined || this.#fileSystems.has(stat.device)) return known;
    const found = fileSystemOf(fd);
    this.#fileSystems.set(stat.device, found);
    return found;
  }

  /** True for a mount point whose contents are not wanted. */
  #isContentSkipped(
    path: string,
    stat: FileStat,
    parent: CurrentDirectory,
    fileSystem: FileSystem | undefined,
    depth: number,
  ): boolean {
    if (depth >= DEPTH_MAX) {
      this.#warn(
        "FILE_UNREADABLE",
        path,
        (text) => `${text} is nested deeper than ${DEPTH_MAX} directories; its contents are left out`,
      );
      return true;
    }
    if (depth === 0 || stat.device === parent.device) return false;
    const absolute = this.#absolute(path);
    const virtual = virtualFileSystemName(fileSystem?.magic ?? 0);
    if (virtual !== undefined) {
      const message = `${textOf(absolute)} is a mounted ${virtual}, whose contents are left out`;
      this.#run.info("VIRTUAL_FILE_SYSTEM_SKIPPED", absolute, message);
      return true;
    }
    if (!this.#parts.oneFileSystem) return false;
    this.#run.info(
      "MOUNT_POINT_SKIPPED",
      absolute,
      `${textOf(absolute)} is a mount point, whose contents are left out`,
    );
    return true;
  }

  async #archiveChildren(): Promise<void> {
    const { breather, position } = this.#run;
    const names = listDirectory(this.#directory.fd);
    if (typeof names === "number") {
      const reason = describeErrno(names);
      this.#warn(
        "FILE_UNREADABLE",
        this.#directory.path,
        (text) => `the directory ${text} cannot be read: ${reason}`,
      );
      return;
    }
    const leaveExcludes = names.includes(EXCLUDE_FILE_NAME) ? this.#enterExcludes() : undefined;
    for (const name of names) {
      this.#name = name;
      const waiting = this.#archiveChild(name);
      if (waiting !== undefined) await waiting;
      if (breather.due()) {
        position.current = this.#absolute(this.#path());
        await breather.breathe();
      }
    }
    leaveExcludes?.();
  }

  /** Undefined when all is done already, which is the common case and saves a promise for each file. */
  #archiveChild(name: string): Promise<void> | undefined {
    const stat = this.#stat;
    const { fd } = this.#directory;
    const result = statAt(fd, name, stat);
    if (result < 0) return this.#unreadable(result);
    const { kind } = stat;
    if (this.#parts.exclusion.isActive && this.#isExcluded(kind === S_IFDIR)) return undefined;
    if (kind === S_IFDIR) return this.#openChildDirectory(name);
    if (stat.linkCount > 1 && this.#addHardlink(name, stat)) return undefined;
    if (kind === S_IFREG) return this.#archiveFile(name);
    return this.#archiveSpecial(name, kind);
  }

  #isExcluded(isDirectory: boolean): boolean {
    const path = this.#path();
    if (!this.#parts.exclusion.excludes(path, isDirectory)) return false;
    this.#warn("PATH_EXCLUDED", path, (text) => `${text} is excluded by a pattern`);
    return true;
  }

  #unreadable(errno: number): undefined {
    if (isGone(errno)) {
      this.#warn("FILE_VANISHED", this.#path(), (text) => `${text} vanished before it could be read`);
    } else {
      const reason = describeErrno(errno);
      this.#warn("FILE_UNREADABLE", this.#path(), (text) => `${text} cannot be read: ${reason}`);
    }
    return undefined;
  }

  async #openChildDirectory(name: string): Promise<void> {
    const path = this.#path();
    const { depth } = this.#directory;
    const fd = openDirectory(this.#directory.fd, name);
    if (fd < 0) {
      this.#unreadable(fd);
      if (!isGone(fd)) this.#addUnreadableDirectory(name);
      return;
    }
    try {
      const stat = new FileStat();
      const result = statFd(fd, stat);
      if (result < 0) this.#unreadable(result);
      else await this.#archiveDirectory(fd, name, path, stat, depth + 1);
    } finally {
      closeFd(fd);
    }
  }

  /** Its name and metadata are known all the same. */
  #addUnreadableDirectory(name: string): void {
    const { writer, identities } = this.#parts;
    writer.startDirectory(name, this.#stat, NO_PXAR_ATTRIBUTES);
    identities.add("", this.#stat);
    writer.endDirectory();
    this.#run.counts.directoryCount++;
    this.#run.position.doneItems++;
  }

  /** True when the file is in the archive already, by another name. */
  #addHardlink(name: string, stat: FileStat): boolean {
    const first = this.#firstNames.get(stat.linkKey);
    if (first === undefined) return false;
    this.#parts.writer.addHardlink(name, first.path, first.offsetBytes);
    this.#countEntry();
    return true;
  }

  /** To be called right before the entry is added. */
  #rememberFirstName(stat: FileStat): void {
    if (stat.linkCount < 2) return;
    const path = this.#path();
    if (path.length > LINK_PATH_SIZE_BYTES_MAX) return;
    this.#firstNames.set(stat.linkKey, { path, offsetBytes: this.#parts.writer.positionBytes });
  }

  #isMetadataUnchanged(stat: FileStat, entry: PxarEntry): boolean {
    const before = entry.stat;
    return (
      stat.ctimeSeconds < (this.#parts.base?.backupTime ?? 0) &&
      stat.mtimeSeconds === before.mtimeSeconds &&
      stat.mtimeNanos === before.mtimeNanos &&
      stat.mode === before.mode &&
      stat.uid === before.uid &&
      stat.gid === before.gid
    );
  }

  #archiveFile(name: string): Promise<void> | undefined {
    if (this.#directory.isSameAsBase && this.#reuseFile(name)) return undefined;
    const fd = openForReading(this.#directory.fd, name, this.#isPrivileged);
    if (fd < 0) return this.#unreadable(fd);
    let waiting: Promise<void> | undefined;
    try {
      waiting = this.#archiveOpenFile(fd, name);
    } finally {
      if (waiting === undefined) closeFd(fd);
    }
    return waiting?.finally(() => closeFd(fd));
  }

  /** True when the previous snapshot has the same file and its data could be taken over. */
  #reuseFile(name: string): boolean {
    const stat = this.#stat;
    const { base } = this.#parts;
    const entry = base?.archive.find(name);
    if (base === undefined || entry?.content?.place !== "payload") return false;
    const { offsetBytes, sizeBytes } = entry.content;
    if (sizeBytes !== stat.sizeBytes || !this.#isMetadataUnchanged(stat, entry)) return false;
    const place = base.reuse.take(offsetBytes, PAYLOAD_HEADER_SIZE_BYTES + sizeBytes);
    if (place === undefined) return false;
    this.#rememberFirstName(stat);
    this.#addFile(name, entry.rawStat, entry.rawAttributes, place, sizeBytes);
    this.#run.counts.reusedFileCount++;
    this.#run.position.doneBytes += sizeBytes;
    return true;
  }

  #addFile(
    name: string,
    stat: StatOrBytes,
    attributes: AttributesOrBytes,
    place: number,
    sizeBytes: number,
  ): void {
    // `isNew` only moves a size in the directory's table that no reader may rely on; always false keeps the metadata of
    // an unchanged tree byte for byte the same, and so its chunks.
    this.#parts.writer.addFileRef(name, stat, attributes, { offsetBytes: place, sizeBytes, isNew: false });
    const { counts, position } = this.#run;
    counts.fileCount++;
    counts.sourceSizeBytes += sizeBytes;
    this.#fileSizeBytes += sizeBytes;
    this.#payloadLiveBytes += PAYLOAD_HEADER_SIZE_BYTES + sizeBytes;
    position.doneItems++;
  }

  #archiveOpenFile(fd: number, name: string): Promise<void> | undefined {
    const opened = this.#opened;
    const { payload } = this.#parts;
    const result = statFd(fd, opened);
    if (result < 0) return this.#unreadable(result);
    if (opened.kind !== S_IFREG) {
      this.#warn(
        "FILE_CHANGED",
        this.#path(),
        (text) => `${text} was replaced by something else; it is left out`,
      );
      return undefined;
    }
    const attributes = this.#attributes.ofOpen(fd, opened);
    this.#rememberFirstName(opened);
    this.#addFile(name, opened, attributes, payload.positionBytes, opened.sizeBytes);
    const failure = payload.writeSmall(fd, opened.sizeBytes);
    if (failure === undefined) return this.#archiveLargeFile(fd);
    this.#run.counts.sourceReadBytes += payload.lastReadBytes;
    this.#run.position.doneBytes += opened.sizeBytes;
    this.#checkRead(fd, failure);
    return undefined;
  }

  async #archiveLargeFile(fd: number): Promise<void> {
    this.#run.position.current = this.#absolute(this.#path());
    const { readBytes, failure } = await this.#parts.payload.write(fd, this.#opened);
    this.#run.counts.sourceReadBytes += readBytes;
    this.#checkRead(fd, failure);
  }

  /** Warns when what was stored is not one state of the file. */
  #checkRead(fd: number, failure: number): void {
    if (failure < 0) {
      const reason = describeErrno(failure);
      const tell = (text: string): string =>
        `${text} could not be read to its end, the rest is stored as zeros: ${reason}`;
      this.#warn("FILE_UNREADABLE", this.#path(), tell);
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
    this.#warn(
      "FILE_CHANGED",
      this.#path(),
      (text) => `${text} changed while it was read; what is stored is a mixture`,
    );
  }

  #archiveSpecial(name: string, kind: number): undefined {
    if (kind === S_IFLNK && this.#directory.isSameAsBase && this.#reuseSymlink(name)) return undefined;
    const stat = this.#stat;
    const { writer } = this.#parts;
    const { fd } = this.#directory;
    const target = kind === S_IFLNK ? readLinkAt(fd, name) : "";
    if (typeof target === "number") return this.#unreadable(target);
    const attributes = this.#attributes.ofNamed(fd, name, stat);
    this.#rememberFirstName(stat);
    if (kind === S_IFLNK) writer.addSymlink(name, stat, attributes, target);
    else if (kind === S_IFBLK || kind === S_IFCHR) {
      writer.addDevice(name, stat, attributes, { major: stat.nodeMajor, minor: stat.nodeMinor });
    } else if (kind === S_IFIFO || kind === S_IFSOCK) writer.addSpecial(name, stat, attributes);
    else {
      this.#warn("FILE_UNREADABLE", this.#path(), (text) => `${text} is of a kind that cannot be archived`);
      return undefined;
    }
    this.#countEntry();
    return undefined;
  }

  /** A link's target never changes without a new inode, so neither it nor its attributes need be read. */
  #reuseSymlink(name: string): boolean {
    const entry = this.#parts.base?.archive.find(name);
    if (entry?.linkTarget === undefined || !this.#isMetadataUnchanged(this.#stat, entry)) return false;
    if (entry.kind !== "symlink") return false;
    this.#rememberFirstName(this.#stat);
    this.#parts.writer.addSymlink(name, entry.rawStat, entry.rawAttributes, entry.linkTarget);
    this.#countEntry();
    return true;
  }

  #countEntry(): void {
    this.#run.counts.fileCount++;
    this.#run.position.doneItems++;
  }

  /** Reads the current directory's exclude file. Returns what ends its effect. */
  #enterExcludes(): (() => void) | undefined {
    const { path, fd: directoryFd } = this.#directory;
    const filePath = joinPath(path, EXCLUDE_FILE_NAME);
    const fd = openForReading(directoryFd, EXCLUDE_FILE_NAME, this.#isPrivileged);
    if (fd < 0) {
      this.#warn(
        "PATTERN_INVALID",
        filePath,
        (text) => `${text} cannot be read, so it excludes nothing: ${describeErrno(fd)}`,
      );
      return undefined;
    }
    try {
      const content = readExcludeFile(fd);
      if (content === undefined) {
        this.#warn(
          "PATTERN_INVALID",
          filePath,
          (text) => `${text} is no list of patterns, so it excludes nothing`,
        );
        return undefined;
      }
      return this.#parts.exclusion.enter(path, content, (line) =>
        this.#warn("PATTERN_INVALID", filePath, (text) => `${text} has an unusable line: ${textOf(line)}`),
      );
    } finally {
      closeFd(fd);
    }
  }
}

/** Undefined for what is no regular file or too large. */
function readExcludeFile(fd: number): string | undefined {
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
