/**
 * Decides which paths of a tree are left out: the plan's patterns, then the `.pxarexclude` files of the tree. As with
 * `.gitignore`, the file nearest to a path speaks first, its last matching line decides, and nothing below a left-out
 * directory can come back (the walk does not even go there). The plan's patterns stand above all files: an operator's
 * word about the whole source is not undone by a file in it.
 */

import { createPatternSetFromLines } from "./pattern-set.ts";
import type { PatternSet } from "./pattern-set.ts";

interface NestedSet {
  /** Path of the directory that holds the file, with a trailing slash, or "" for the source itself. */
  readonly prefix: string;
  readonly set: PatternSet;
}

export class Exclusion {
  readonly #plan: PatternSet | undefined;
  readonly #nested: NestedSet[] = [];

  constructor(plan: PatternSet | undefined) {
    this.#plan = plan !== undefined && plan.patterns.length > 0 ? plan : undefined;
  }

  /** False lets the walk skip the question, and building a path for it. */
  get isActive(): boolean {
    return this.#plan !== undefined || this.#nested.length > 0;
  }

  /** @param path  relative to the source */
  excludes(path: string, isDirectory: boolean): boolean {
    const planned = this.#plan?.ask(path, isDirectory);
    if (planned === "excluded") return true;
    if (planned === "kept") return false;
    for (let index = this.#nested.length - 1; index >= 0; index--) {
      const nested = this.#nested[index];
      if (nested === undefined) continue;
      const verdict = nested.set.ask(path.slice(nested.prefix.length), isDirectory);
      if (verdict !== "no-match") return verdict === "excluded";
    }
    return false;
  }

  /** The directory at `path` holds an exclude file; it counts until the returned function is called. */
  enter(path: string, content: string, onInvalid: (line: string) => void): () => void {
    const lines = content.split(/\r?\n/);
    const depth = this.#nested.length;
    this.#nested.push({
      prefix: path === "" ? "" : `${path}/`,
      set: createPatternSetFromLines(lines, onInvalid),
    });
    return () => {
      this.#nested.length = depth;
    };
  }
}
