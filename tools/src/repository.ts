/** The checkout as the house's scripts see it: what git tracks or would track, and nothing that was built or installed. */

import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const CHECKOUT = resolve(import.meta.dirname, "../..");

const TEXT_SIZE_BYTES_MAX = 4 << 20; // Larger files are fixtures, not something a person wrote.

/** One file, its path from the checkout's root with `/`. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** Every text file that git tracks or would track, sorted by path. Deleted, binary and oversized files are left out. */
export function readRepository(root: string = CHECKOUT): RepositoryFile[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const files: RepositoryFile[] = [];
  for (const path of [...new Set(listed.split("\0"))].sort()) {
    const absolute = join(root, path);
    if (path === "" || !existsSync(absolute)) continue;
    const stat = lstatSync(absolute);
    if (!stat.isFile() || stat.size > TEXT_SIZE_BYTES_MAX) continue;
    const text = readFileSync(absolute, "utf8");
    if (!text.includes("\0")) files.push({ path, text });
  }
  return files;
}
