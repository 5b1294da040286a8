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

import { NO_PXAR_ATTRIBUTES } from "@ironcore-backup/format";
import type { PxarEntry, PxarWriter } from "@ironcore-backup/format";
import { AttributeReader } from "../attributes/attribute-reader.ts";
import { joinPath, textOf } from "../byte-string.ts";
import { EXCLUDE_FILE_NAME, readExcludeFile } from "../excludes/exclude-file.ts";
import type { Exclusion } from "../excludes/exclusion.ts";
import { closeFd, listDirectory, openDirectory } from "../syscalls/directory.ts";
import { describeErrno, ENAMETOOLONG, isGone } from "../syscalls/errno.ts";
import { FileStat, S_IFDIR, statAt, statFd } from "../syscalls/file-stat.ts";
import { fileSystemOf, virtualFileSystemName } from "../syscalls/file-system.ts";
import type { FileSystem } from "../syscalls/file-system.ts";
import type { BackupRun } from "./backup-run.ts";
import type { OpenSource } from "./backup-source.ts";
import type { IdentityWriter } from "./directory-identity.ts";
import { EntryArchiver, isMetadataUnchanged } from "./entry-archiver.ts";
import type { OpenBase } from "./open-base.ts";
import type { PayloadWriter } from "./payload-writer.ts";
import type { TreeTotals } from "./source-record.ts";
import { WalkPlace } from "./walk-place.ts";
import type { CurrentDirectory } from "./walk-place.ts";

/** One descriptor is open for each level; the archive's readers go down to 2048. */
const DEPTH_MAX = 1000;
/** What an archive can hold; nearly every file system stops here too. */
const NAME_SIZE_BYTES_MAX = 255;

export interface TreeWalkParts {
  readonly source: OpenSource;
  readonly writer: PxarWriter;
  readonly identities: IdentityWriter;
  readonly base: OpenBase | undefined;
  readonly payload: PayloadWriter;
  readonly exclusion: Exclusion;
  readonly oneFileSystem: boolean;
}

export class TreeWalk {
  readonly #run: BackupRun;
  readonly #parts: TreeWalkParts;
  readonly #attributes: AttributeReader;
  readonly #entries: EntryArchiver;
  readonly #fileSystems = new Map<number, FileSystem | undefined>();
  readonly #place: WalkPlace;
  /** One instance serves all entries, as found by name. */
  readonly #stat = new FileStat();

  constructor(run: BackupRun, parts: TreeWalkParts) {
    this.#run = run;
    this.#parts = parts;
    const { source, writer, payload, base } = parts;
    const { fd, stat } = source;
    const root = { fd, path: "", device: stat.device, depth: 0, isInBase: false, isSameAsBase: false };
    const place = new WalkPlace(run, source.path, root);
    this.#place = place;
    this.#attributes = new AttributeReader((attribute, errno) => {
      const what = attribute === "" ? "attributes" : attribute;
      const tell = (path: string): string => `${what} of ${path} cannot be read: ${describeErrno(errno)}`;
      place.warn("ATTRIBUTES_UNREADABLE", place.path, tell);
    });
    this.#entries = new EntryArchiver(run, { writer, payload, base, attributes: this.#attributes, place });
  }

  async archiveRoot(): Promise<TreeTotals> {
    const { source } = this.#parts;
    await this.#archiveDirectory(source.fd, undefined, "", source.stat, 0);
    const { fileSizeBytes, payloadLiveBytes } = this.#entries;
    return { entryCount: this.#run.position.doneItems, fileSizeBytes, payloadLiveBytes };
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
    const parent = this.#place.directory;
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
      this.#place.directory = { fd, path, device: stat.device, depth, isInBase, isSameAsBase };
      await this.#archiveChildren();
      this.#place.directory = parent;
    }
    if (isInBase) base?.archive.leave();
    writer.endDirectory();
  }

  #findInBase(name: string): PxarEntry | undefined {
    return this.#place.directory.isInBase ? this.#parts.base?.archive.find(name) : undefined;
  }

  #startDirectory(fd: number, name: string | undefined, stat: FileStat, inBase: PxarEntry | undefined): void {
    const { writer } = this.#parts;
    if (inBase !== undefined && isMetadataUnchanged(stat, inBase, this.#parts.base?.backupTime ?? 0)) {
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
      this.#place.warn(
        "FILE_UNREADABLE",
        path,
        (text) => `${text} is nested deeper than ${DEPTH_MAX} directories; its contents are left out`,
      );
      return true;
    }
    if (depth === 0 || stat.device === parent.device) return false;
    const absolute = this.#place.absolute(path);
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
    const names = listDirectory(this.#place.directory.fd);
    if (typeof names === "number") {
      const reason = describeErrno(names);
      this.#place.warn(
        "FILE_UNREADABLE",
        this.#place.directory.path,
        (text) => `the directory ${text} cannot be read: ${reason}`,
      );
      return;
    }
    const leaveExcludes = names.includes(EXCLUDE_FILE_NAME) ? this.#enterExcludes() : undefined;
    for (const name of names) {
      this.#place.name = name;
      const waiting = this.#archiveChild(name);
      if (waiting !== undefined) await waiting;
      if (breather.due()) {
        position.current = this.#place.absolute(this.#place.path);
        await breather.breathe();
      }
    }
    leaveExcludes?.();
  }

  /** Undefined when all is done already, which is the common case and saves a promise for each file. */
  #archiveChild(name: string): Promise<void> | undefined {
    const stat = this.#stat;
    const { fd } = this.#place.directory;
    const result = statAt(fd, name, stat);
    if (result < 0) return this.#place.unreadable(result);
    if (name.length > NAME_SIZE_BYTES_MAX) return this.#place.unreadable(-ENAMETOOLONG);
    const isDirectory = stat.kind === S_IFDIR;
    if (this.#parts.exclusion.isActive && this.#isExcluded(isDirectory)) return undefined;
    if (isDirectory) return this.#openChildDirectory(name);
    return this.#entries.archive(stat);
  }

  #isExcluded(isDirectory: boolean): boolean {
    const path = this.#place.path;
    if (!this.#parts.exclusion.excludes(path, isDirectory)) return false;
    this.#place.warn("PATH_EXCLUDED", path, (text) => `${text} is excluded by a pattern`);
    return true;
  }

  async #openChildDirectory(name: string): Promise<void> {
    const path = this.#place.path;
    const { depth } = this.#place.directory;
    const fd = openDirectory(this.#place.directory.fd, name);
    if (fd < 0) {
      this.#place.unreadable(fd);
      if (!isGone(fd)) this.#addUnreadableDirectory(name);
      return;
    }
    try {
      const stat = new FileStat();
      const result = statFd(fd, stat);
      if (result < 0) this.#place.unreadable(result);
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
  /** Heeds the current directory's exclude file. Returns what ends its effect. */
  #enterExcludes(): (() => void) | undefined {
    const { path, fd } = this.#place.directory;
    const filePath = joinPath(path, EXCLUDE_FILE_NAME);
    const invalid = (reason: string): void =>
      this.#place.warn("PATTERN_INVALID", filePath, (text) => `${text}: ${reason}`);
    const read = readExcludeFile(fd);
    if (read.content === undefined) {
      invalid(`it excludes nothing, because ${read.reason}`);
      return undefined;
    }
    return this.#parts.exclusion.enter(path, read.content, (line) =>
      invalid(`unusable line ${textOf(line)}`),
    );
  }
}
