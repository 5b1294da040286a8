/**
 * The previous snapshot's file archive of the same source, walked beside the directory that is being archived now.
 *
 * Both are in bytewise order of names, so one pass over each is enough and nothing of the previous tree is kept in memory.
 * States: standing on an entry of the current directory, or past its last one. `enter` goes into the directory stood on,
 * `leave` comes back and stands on its successor. An archive that turns out to be damaged ends the comparison ("past
 * the last one", everywhere from there on): the rest of the tree is then read like new.
 */

import type { PxarEntry, PxarReader } from "@ironcore-backup/format";
import type { FileStat } from "../syscalls/file-stat.ts";
import type { IdentityReader } from "./directory-identity.ts";

export interface BaseArchiveParts {
  readonly reader: PxarReader;
  readonly identities: IdentityReader;
  onDamage(error: unknown): void;
}

export class BaseArchive {
  readonly #parts: BaseArchiveParts;
  #entry: PxarEntry | undefined;
  #isDamaged = false;
  /** Directories read so far; the place of one in the list of identities. */
  #directoryCount = 0;

  /** Stands on the root directory then. */
  constructor(parts: BaseArchiveParts) {
    this.#parts = parts;
    this.#advance();
  }

  /** The entry stood on. Valid until the next call. */
  get entry(): PxarEntry | undefined {
    return this.#entry;
  }

  /** Goes on to the entry of this name in the current directory, if there is one. Names must be asked for in order. */
  find(name: string): PxarEntry | undefined {
    while (this.#entry !== undefined && this.#entry.name < name) this.skip();
    return this.#entry?.name === name ? this.#entry : undefined;
  }

  /** Goes on to the next entry of the current directory. */
  skip(): void {
    if (this.#entry?.kind === "directory") {
      this.enter();
      this.leave();
    } else this.#advance();
  }

  /** Into the directory stood on. */
  enter(): void {
    this.#advance();
  }

  /** Out of the current directory, past whatever is left in it. */
  leave(): void {
    for (let depth = 0; !this.#isDamaged && (depth > 0 || this.#entry !== undefined); this.#advance()) {
      if (this.#entry === undefined) depth--;
      else if (this.#entry.kind === "directory") depth++;
    }
    this.#advance();
  }

  /** True when the directory stood on was, in the previous snapshot, this same inode. */
  isSameDirectory(fileSystemId: string, stat: FileStat): boolean {
    if (this.#entry?.kind !== "directory") return false;
    try {
      return this.#parts.identities.isSame(this.#directoryCount - 1, fileSystemId, stat);
    } catch (error) {
      this.#damaged(error);
      return false;
    }
  }

  /** Undefined entry: the end of a directory was read. */
  #advance(): void {
    if (this.#isDamaged) return;
    try {
      const read = this.#parts.reader.next();
      this.#entry = read?.event === "entry" ? read.entry : undefined;
      if (this.#entry?.kind === "directory") this.#directoryCount++;
    } catch (error) {
      this.#damaged(error);
    }
  }

  #damaged(error: unknown): void {
    this.#isDamaged = true;
    this.#entry = undefined;
    this.#parts.onDamage(error);
  }
}
