/** Paths that complete what a person has begun to type; the shells' own file completion is not asked for commands of ours. */

import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const SHOWN_COUNT_MAX = 500;

/** Directories end in "/", so that one may type on. */
export function completePath(workingDir: string, typed: string): string[] {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const begun = typed.slice(folder.length);
  const path = resolve(workingDir, folder);
  const names = listNames(path).filter(
    (name) => name.startsWith(begun) && (begun !== "" || !name.startsWith(".")),
  );
  return names
    .slice(0, SHOWN_COUNT_MAX)
    .map((name) => folder + name + (isDirectory(join(path, name)) ? "/" : ""));
}

function listNames(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    // What cannot be read cannot be completed; the command itself will say why.
    return [];
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A broken link, or a place that is closed to us: it is no directory to go on in.
    return false;
  }
}
