/** With the policy `never`: looks for everything that the restore would have to overwrite, before it writes anything. */

import { joinPath, textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { FileStat, S_IFDIR, statAt } from "../syscalls/file-stat.ts";
import type { OpenTree } from "./open-tree.ts";
import type { RestoreRun } from "./restore-run.ts";
import { splitPath } from "./target-tree.ts";
import { passTree } from "./tree-pass.ts";

export class ConflictCheck {
  readonly #run: RestoreRun;
  readonly #stat = new FileStat();
  #count = 0;
  #first = "";

  constructor(run: RestoreRun) {
    this.#run = run;
  }

  /** Directories of the archive that are not in the target are passed over with all they hold. */
  async addTree(open: OpenTree, prefix: string): Promise<void> {
    const { breather, includes } = this.#run;
    await passTree(open.reader(), includes, {
      enter: ({ entry, path, isSelected }) => {
        const target = path === "" ? prefix : joinPath(prefix, path);
        const kind = this.#kindOf(target);
        if (entry.kind === "directory") {
          if (kind !== undefined && kind !== S_IFDIR && isSelected) this.#add(target);
          return kind === S_IFDIR ? undefined : "skip";
        }
        if (isSelected && kind !== undefined) this.#add(target);
        return undefined;
      },
      pause: () => (breather.due() ? breather.breathe() : undefined),
    });
  }

  addFile(path: string): void {
    if (this.#kindOf(path) !== undefined) this.#add(path);
  }

  /** @throws TARGET_EXISTS with the first of them and their count */
  assertNone(): void {
    if (this.#count === 0) return;
    throw agentErrors.TARGET_EXISTS({ path: textOf(this.#first), existingCount: this.#count });
  }

  #add(path: string): void {
    if (this.#count++ === 0) this.#first = path;
  }

  #kindOf(path: string): number | undefined {
    if (path === "") return S_IFDIR;
    const { parent, name } = splitPath(path);
    const directoryFd = this.#run.tree.directory(parent);
    if (directoryFd < 0 || statAt(directoryFd, name, this.#stat) < 0) return undefined;
    return this.#stat.kind;
  }
}
