/** One pass over an archive's entries in order, with their paths and whether the restore is to have them. */

import type { PxarEntry, PxarReader } from "@ironcore-backup/format";
import { joinPath } from "../byte-string.ts";
import type { PatternSet } from "../excludes/pattern-set.ts";

/** An entry on the way. */
export interface VisitedEntry {
  readonly entry: PxarEntry;
  /** Relative to the archive's root, "" for the root itself. */
  readonly path: string;
  /** It matches the includes, or something above it does; always true without includes. */
  readonly isSelected: boolean;
}

export interface LeftDirectory extends VisitedEntry {
  /** Something in it was selected, or it itself. */
  readonly isNeeded: boolean;
}

export interface TreeVisitor {
  /** Answers "skip" for a directory that need not be entered; `leave` is not called for it then. */
  enter(visited: VisitedEntry): "skip" | undefined;
  leave?(left: LeftDirectory): void;
  /** Called after each entry, to wait where waiting is due. */
  pause(): Promise<void> | undefined;
}

interface OpenDirectory extends VisitedEntry {
  isNeeded: boolean;
}

/** @throws ARCHIVE_CORRUPT, what reading chunks throws, and what the visitor throws */
export async function passTree(
  reader: PxarReader,
  includes: PatternSet | undefined,
  visitor: TreeVisitor,
): Promise<void> {
  const open: OpenDirectory[] = [];
  for (let read = reader.next(); read !== undefined; read = reader.next()) {
    if (read.event === "leave") leave(open, visitor);
    else if (enter(open, read.entry, includes, visitor) === "skip") {
      reader.skipDirectory();
      open.pop();
    }
    const waiting = visitor.pause();
    if (waiting !== undefined) await waiting;
  }
}

function enter(
  open: OpenDirectory[],
  entry: PxarEntry,
  includes: PatternSet | undefined,
  visitor: TreeVisitor,
): "skip" | undefined {
  const parent = open.at(-1);
  const path = parent === undefined ? "" : joinPath(parent.path, entry.name);
  const isDirectory = entry.kind === "directory";
  const isSelected =
    includes === undefined ||
    parent?.isSelected === true ||
    (parent !== undefined && includes.ask(path, isDirectory) === "excluded");
  const visited = { entry, path, isSelected };
  if (isSelected && parent?.isNeeded === false) for (const directory of open) directory.isNeeded = true;
  if (isDirectory) open.push({ ...visited, isNeeded: isSelected });
  return visitor.enter(visited);
}

function leave(open: OpenDirectory[], visitor: TreeVisitor): void {
  const left = open.pop();
  if (left !== undefined) visitor.leave?.(left);
}
