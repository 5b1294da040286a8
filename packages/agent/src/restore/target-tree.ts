/**
 * The directory that a restore writes into, and the only way from a path of the archive to a place on the disk.
 *
 * Every component is opened from the directory above it without following links, so a link inside the target (left by an
 * earlier restore, or put there while this one runs) can never lead out of it. Archives are read in order, so the chain
 * of directories that is open for one entry nearly always serves the next.
 */

import { closeFd, openDirectory } from "../syscalls/directory.ts";

export class TargetTree {
  readonly #rootFd: number;
  readonly #names: string[] = [];
  readonly #fds: number[] = [];
  #path = "";

  /** @param rootFd  an open directory; stays the caller's */
  constructor(rootFd: number) {
    this.#rootFd = rootFd;
  }

  /** The descriptor of a directory, valid until the next call; a negative error number when it cannot be opened. */
  directory(path: string): number {
    if (path === this.#path) return this.#fds.at(-1) ?? this.#rootFd;
    const names = path === "" ? [] : path.split("/");
    let depth = 0;
    while (depth < names.length && depth < this.#names.length && names[depth] === this.#names[depth]) depth++;
    this.#closeBelow(depth);
    for (const name of names.slice(depth)) {
      const fd = isUnsafeName(name) ? -1 : openDirectory(this.#fds.at(-1) ?? this.#rootFd, name);
      if (fd < 0) {
        this.#path = this.#names.join("/");
        return fd;
      }
      this.#names.push(name);
      this.#fds.push(fd);
    }
    this.#path = path;
    return this.#fds.at(-1) ?? this.#rootFd;
  }

  /** Forgets what is open at and below a path whose directory was replaced. */
  forget(): void {
    this.#closeBelow(0);
    this.#path = "";
  }

  close(): void {
    this.forget();
  }

  #closeBelow(depth: number): void {
    while (this.#fds.length > depth) {
      this.#names.pop();
      const fd = this.#fds.pop();
      if (fd !== undefined) closeFd(fd);
    }
  }
}

/** The reader refuses such names already; a second lock on the same door. */
function isUnsafeName(name: string): boolean {
  return name === "" || name === "." || name === ".." || name.includes("\0");
}

/** `a/b/c` is `c` in `a/b`. */
export function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return slash < 0
    ? { parent: "", name: path }
    : { parent: path.slice(0, slash), name: path.slice(slash + 1) };
}
