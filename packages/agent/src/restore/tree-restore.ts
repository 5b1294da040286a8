/**
 * A file archive back into directories and files.
 *
 * Two passes over the archive's metadata, so that nothing of the tree has to be kept in memory:
 *
 * 1. directories, links, devices, pipes, and for each file the order to the decode threads to write it;
 * 2. when all data is written: hard links, and the metadata of directories, each after everything in it, because making a
 *    file in a directory changes the directory's time, and a read-only directory takes no files.
 *
 * Interrupted, it leaves what was written so far, in directories that only their owner may enter.
 */

import type { PxarEntry } from "@ironcore-backup/format";
import { joinPath } from "../byte-string.ts";
import type { DirectoryRestore } from "./directory-restore.ts";
import type { FileRestore } from "./file-restore.ts";
import type { OpenTree } from "./open-tree.ts";
import type { PieceQueue } from "./piece-queue.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { SpecialRestore } from "./special-restore.ts";
import { splitPath } from "./target-tree.ts";
import { passTree } from "./tree-pass.ts";
import type { LeftDirectory, VisitedEntry } from "./tree-pass.ts";

export interface TreeRestoreParts {
  readonly queue: PieceQueue;
  readonly open: OpenTree;
  /** Where the archive's root goes, relative to the target; "" for the target itself. */
  readonly prefix: string;
  readonly directories: DirectoryRestore;
  readonly files: FileRestore;
  readonly specials: SpecialRestore;
}

export class TreeRestore {
  readonly #run: RestoreRun;
  readonly #parts: TreeRestoreParts;
  /** Files whose first name is not restored: the name that stands in for it, relative to the archive's root. */
  readonly #standIns = new Map<string, string>();

  constructor(run: RestoreRun, parts: TreeRestoreParts) {
    this.#run = run;
    this.#parts = parts;
  }

  async restore(): Promise<void> {
    const { open, queue } = this.#parts;
    const { includes } = this.#run;
    await passTree(open.reader(), includes, {
      enter: (visited) => this.#make(visited),
      pause: () => this.#pause(),
    });
    await queue.drain(() => this.#breathe());
    await passTree(open.reader(), includes, {
      enter: (visited) => this.#link(visited),
      leave: (left) => this.#finishDirectory(left),
      pause: () => this.#pause(),
    });
    this.#run.counts.storedReadBytes += open.storedReadBytes;
  }

  #pause(): Promise<void> | undefined {
    return this.#parts.queue.isFull ? this.#relieve() : this.#breathe();
  }

  #breathe(): Promise<void> | undefined {
    const { breather } = this.#run;
    return breather.due() ? breather.breathe() : undefined;
  }

  async #relieve(): Promise<void> {
    const { queue } = this.#parts;
    while (queue.isFull) {
      await queue.relieve();
      await this.#breathe();
    }
  }

  #target(path: string): string {
    return path === "" ? this.#parts.prefix : joinPath(this.#parts.prefix, path);
  }

  #make({ entry, path, isSelected }: VisitedEntry): undefined {
    if (!isSelected) return undefined;
    const { directories, files, specials, open } = this.#parts;
    const target = this.#target(path);
    this.#run.position.current = target;
    if (entry.kind === "directory") {
      directories.make(target);
      return undefined;
    }
    // Without includes every directory above was made when it was entered.
    if (this.#run.includes !== undefined) directories.make(splitPath(target).parent);
    if (entry.kind === "file") files.restore(open, entry, target);
    else if (entry.kind !== "hardlink") specials.make(entry, target);
    else if (this.#isStandInNeeded(entry, path)) files.restore(open, open.firstNameOf(entry), target);
    return undefined;
  }

  /** A hard link whose first name is not wanted gets the data itself; further links then lead to it. */
  #isStandInNeeded(link: PxarEntry, path: string): boolean {
    const first = link.linkTarget ?? "";
    const { includes } = this.#run;
    if (includes === undefined || this.#standIns.has(first)) return false;
    if (includes.ask(first, false) === "excluded") return false;
    if (this.#parts.open.firstNameOf(link).kind !== "file") return false;
    this.#standIns.set(first, path);
    return true;
  }

  #link({ entry, path, isSelected }: VisitedEntry): undefined {
    if (!isSelected || entry.kind !== "hardlink") return undefined;
    const { open, specials } = this.#parts;
    const first = entry.linkTarget ?? "";
    const standIn = this.#standIns.get(first);
    if (standIn === path) return undefined;
    // Only what this archive holds may be linked to, never something that merely lies in the target.
    open.firstNameOf(entry);
    specials.link(this.#target(standIn ?? first), this.#target(path));
    return undefined;
  }

  #finishDirectory(left: LeftDirectory): void {
    if (left.isNeeded) this.#parts.directories.finish(left.entry, this.#target(left.path));
  }
}
