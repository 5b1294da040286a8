/** Makes directories on the way down, and gives them their metadata when everything in them is there. */

import type { PxarEntry } from "@ironcore-backup/format";
import { writeMetadata } from "../attributes/attribute-writer.ts";
import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { makeDirectoryAt, removeFileAt } from "../syscalls/creation.ts";
import { describeErrno, EEXIST } from "../syscalls/errno.ts";
import { FileStat, S_IFDIR, statAt } from "../syscalls/file-stat.ts";
import { tellMetadataFailures } from "./metadata-notice.ts";
import type { RestoreRun } from "./restore-run.ts";
import { splitPath } from "./target-tree.ts";

/** Until it is finished, nobody else looks into a directory whose real mode is not set yet. */
const MODE_WHILE_RESTORING = 0o700;

export class DirectoryRestore {
  readonly #run: RestoreRun;
  readonly #stat = new FileStat();
  /** Directories that were there before; with the policy `never` their metadata stays. */
  readonly #found = new Set<string>();
  #lastMade: string | undefined;

  constructor(run: RestoreRun) {
    this.#run = run;
    if (!run.isTargetEmpty) this.#found.add("");
  }

  /** Makes the directory and those above it, as far as they are missing. @throws TARGET_WRITE_FAILED */
  make(path: string): void {
    if (path === "" || path === this.#lastMade) return;
    const { tree } = this.#run;
    const { parent, name } = splitPath(path);
    if (tree.directory(parent) < 0) this.make(parent);
    const directoryFd = tree.directory(parent);
    if (directoryFd < 0) throw writeFailed(path, directoryFd);
    let result = makeDirectoryAt(directoryFd, name, MODE_WHILE_RESTORING);
    if (result === -EEXIST && !this.#isDirectory(directoryFd, name)) {
      result = this.#run.overwrite === "never" ? result : removeFileAt(directoryFd, name);
      if (result === 0) result = makeDirectoryAt(directoryFd, name, MODE_WHILE_RESTORING);
    } else if (result === -EEXIST) {
      this.#found.add(path);
      result = 0;
    }
    if (result < 0) throw writeFailed(path, result);
    this.#lastMade = path;
  }

  #isDirectory(directoryFd: number, name: string): boolean {
    return statAt(directoryFd, name, this.#stat) === 0 && this.#stat.kind === S_IFDIR;
  }

  finish(entry: PxarEntry, path: string): void {
    const run = this.#run;
    run.counts.directoryCount++;
    run.position.doneItems++;
    if (run.overwrite === "never" && this.#found.has(path)) return;
    const fd = run.tree.directory(path);
    if (fd < 0) throw writeFailed(path, fd);
    const metadata = { ...entry.stat, attributes: entry.attributes() };
    tellMetadataFailures(run, path, writeMetadata(fd, metadata, { setsOwner: run.isPrivileged }));
  }
}

export function writeFailed(path: string, errno: number): Error {
  return agentErrors.TARGET_WRITE_FAILED({ path: textOf(path), reason: describeErrno(errno) });
}
