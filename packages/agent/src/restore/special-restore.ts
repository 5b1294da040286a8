/** Links, devices, pipes and sockets: everything that has no data. */

import type { PxarEntry } from "@ironcore-backup/format";
import { writeNamedMetadata } from "../attributes/attribute-writer.ts";
import { textOf } from "../byte-string.ts";
import { hardLinkAt, makeLinkAt, makeNodeAt, removeFileAt } from "../syscalls/creation.ts";
import { readLinkAt } from "../syscalls/directory.ts";
import { describeErrno, EEXIST, EPERM } from "../syscalls/errno.ts";
import { FileStat, S_IFDIR, S_IFLNK, statAt } from "../syscalls/file-stat.ts";
import { writeFailed } from "./directory-restore.ts";
import { tellMetadataFailures } from "./metadata-notice.ts";
import type { RestoreRun } from "./restore-run.ts";
import { splitPath, TargetTree } from "./target-tree.ts";

export class SpecialRestore {
  readonly #run: RestoreRun;
  /** A second chain of open directories: a hard link needs two at once. */
  readonly #firstNames: TargetTree;
  readonly #stat = new FileStat();

  constructor(run: RestoreRun, firstNames: TargetTree) {
    this.#run = run;
    this.#firstNames = firstNames;
  }

  /** @throws TARGET_WRITE_FAILED */
  make(entry: PxarEntry, path: string): void {
    const { parent, name } = splitPath(path);
    const directoryFd = this.#run.tree.directory(parent);
    if (directoryFd < 0) throw writeFailed(path, directoryFd);
    if (this.#isUnchangedLink(entry, directoryFd, name)) return this.#skip();
    let result = makeSpecial(entry, directoryFd, name);
    if (result === -EEXIST && this.#isReplaceable(directoryFd, name, path)) {
      result = removeFileAt(directoryFd, name);
      if (result === 0) result = makeSpecial(entry, directoryFd, name);
    } else if (result === -EEXIST && this.#run.overwrite !== "never") return;
    if (result === -EPERM && entry.device !== undefined && !this.#run.isPrivileged) {
      this.#run.warn("DEVICE_NOT_RESTORED", path, `the device ${textOf(path)} was not made: only root may`);
      return this.#skip();
    }
    if (result < 0) throw writeFailed(path, result);
    const metadata = { ...entry.stat, attributes: entry.attributes() };
    const options = { setsOwner: this.#run.isPrivileged };
    tellMetadataFailures(this.#run, path, writeNamedMetadata(directoryFd, name, metadata, options));
    this.#count();
  }

  /** A further name of a file that is there. @throws TARGET_WRITE_FAILED */
  link(firstPath: string, path: string): void {
    const first = splitPath(firstPath);
    const { parent, name } = splitPath(path);
    const firstFd = this.#firstNames.directory(first.parent);
    const directoryFd = this.#run.tree.directory(parent);
    if (firstFd < 0 || directoryFd < 0) throw writeFailed(path, Math.min(firstFd, directoryFd));
    let result = hardLinkAt(firstFd, first.name, directoryFd, name);
    if (result === -EEXIST && this.#isReplaceable(directoryFd, name, path)) {
      result = removeFileAt(directoryFd, name);
      if (result === 0) result = hardLinkAt(firstFd, first.name, directoryFd, name);
    } else if (result === -EEXIST && this.#run.overwrite !== "never") return;
    if (result < 0) {
      // The data is there under its first name: a file system without hard links is no reason to fail.
      const reason = `${textOf(path)} was not linked to ${textOf(firstPath)}: ${describeErrno(result)}`;
      this.#run.warn("ENTRY_SKIPPED", path, reason);
      return this.#skip();
    }
    this.#count();
  }

  /** False, and told, for a directory: a whole tree is never removed for one entry. */
  #isReplaceable(directoryFd: number, name: string, path: string): boolean {
    if (this.#run.overwrite === "never") return false;
    if (statAt(directoryFd, name, this.#stat) < 0 || this.#stat.kind !== S_IFDIR) return true;
    this.#run.warn(
      "ENTRY_SKIPPED",
      path,
      `${textOf(path)} is a directory in the target and was left as it is`,
    );
    this.#skip();
    return false;
  }

  #isUnchangedLink(entry: PxarEntry, directoryFd: number, name: string): boolean {
    if (this.#run.overwrite !== "if-changed" || entry.kind !== "symlink" || this.#run.isTargetEmpty)
      return false;
    const { stat } = entry;
    return (
      statAt(directoryFd, name, this.#stat) === 0 &&
      this.#stat.kind === S_IFLNK &&
      this.#stat.mtimeSeconds === stat.mtimeSeconds &&
      this.#stat.mtimeNanos === stat.mtimeNanos &&
      readLinkAt(directoryFd, name) === entry.linkTarget
    );
  }

  #skip(): void {
    this.#run.counts.skippedCount++;
    this.#run.position.doneItems++;
  }

  #count(): void {
    this.#run.counts.fileCount++;
    this.#run.position.doneItems++;
  }
}

const MODE_WHILE_RESTORING = 0o600;
const S_IFMT = 0o170000;

function makeSpecial(entry: PxarEntry, directoryFd: number, name: string): number {
  if (entry.linkTarget !== undefined) return makeLinkAt(directoryFd, name, entry.linkTarget);
  const { major, minor } = entry.device ?? { major: 0, minor: 0 };
  return makeNodeAt(directoryFd, name, (entry.stat.mode & S_IFMT) | MODE_WHILE_RESTORING, major, minor);
}
