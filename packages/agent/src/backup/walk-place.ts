/** Where a walk is: the directory, the name in it, and what it is called in messages. */

import { joinPath, textOf } from "../byte-string.ts";
import type { NoticeCode } from "../notice.ts";
import { describeErrno, isGone } from "../syscalls/errno.ts";
import type { BackupRun } from "./backup-run.ts";

/** The directory being walked. */
export interface CurrentDirectory {
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

export class WalkPlace {
  readonly #run: Pick<BackupRun, "warn">;
  readonly #sourcePath: string;
  directory: CurrentDirectory;
  /** Of the entry in hand, in `directory`; "" at the root. */
  name = "";

  /** @param sourcePath  absolute, a byte string */
  constructor(run: Pick<BackupRun, "warn">, sourcePath: string, root: CurrentDirectory) {
    this.#run = run;
    this.#sourcePath = sourcePath;
    this.directory = root;
  }

  /** Of the entry in hand, relative to the source. */
  get path(): string {
    return joinPath(this.directory.path, this.name);
  }

  absolute(path: string): string {
    return path === "" ? this.#sourcePath : joinPath(this.#sourcePath, path);
  }

  /** @param path  relative to the source; `message` gets it as people read it */
  warn(code: NoticeCode, path: string, message: (path: string) => string): void {
    const absolute = this.absolute(path);
    this.#run.warn(code, absolute, message(textOf(absolute)));
  }

  /** The entry in hand is not there any more, or may not be read. */
  unreadable(errno: number): undefined {
    if (isGone(errno)) {
      this.warn("FILE_VANISHED", this.path, (path) => `${path} vanished before it could be read`);
    } else {
      const reason = describeErrno(errno);
      this.warn("FILE_UNREADABLE", this.path, (path) => `${path} cannot be read: ${reason}`);
    }
    return undefined;
  }
}
