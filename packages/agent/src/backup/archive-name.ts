/**
 * Names the archives of a snapshot after the paths of their sources: `/usr/share` is `usr-share`, `/` is `root`.
 *
 * The same path gets the same name in every snapshot, which is how the previous one is found. A path that cannot be
 * written in the letters an archive name allows, is too long, or would share its name with another source gets the
 * first digits of its own digest behind it.
 */

import { createHash } from "node:crypto";

/** Leaves room for the longest extension and for the temporary name of a file being written. */
const STEM_LENGTH_MAX = 200;
const MARK_LENGTH = 8;

/** @param paths  absolute, as byte strings, distinct. Returns one stem per path, in their order. */
export function archiveStems(paths: readonly string[]): string[] {
  const plain = paths.map(plainStem);
  const counts = new Map<string, number>();
  for (const { stem } of plain) counts.set(withoutImg(stem), (counts.get(withoutImg(stem)) ?? 0) + 1);
  return plain.map(({ stem, isExact }, index) =>
    isExact && counts.get(withoutImg(stem)) === 1 ? stem : `${stem}-${markOf(paths[index] ?? "")}`,
  );
}

/** `x` and `x.img` would share the name of an image. */
function withoutImg(stem: string): string {
  return stem.endsWith(".img") ? stem.slice(0, -".img".length) : stem;
}

function plainStem(path: string): { stem: string; isExact: boolean } {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { stem: "root", isExact: true };
  const joined = parts.join("-");
  let stem = joined.replace(/[^A-Za-z0-9._-]/g, "_");
  if (!/^[A-Za-z0-9_]/.test(stem)) stem = `_${stem}`;
  const isExact = stem === joined && stem.length <= STEM_LENGTH_MAX && stem !== "root";
  return { stem: stem.slice(0, STEM_LENGTH_MAX), isExact };
}

function markOf(path: string): string {
  return createHash("sha256").update(Buffer.from(path, "latin1")).digest("hex").slice(0, MARK_LENGTH);
}

export function metadataArchiveName(stem: string): string {
  return `${stem}.mpxar.didx`;
}

export function payloadArchiveName(stem: string): string {
  return `${stem}.ppxar.didx`;
}

/** Ours alone: which inode each directory of the file archive was. `directory-identity.ts` tells why. */
export function identityArchiveName(stem: string): string {
  return `${stem}.identity.didx`;
}

/** The output of a command, as it is: `db.dump.didx`. */
export function streamArchiveName(archive: string): string {
  return `${archive}.didx`;
}

/** A source that is already called `disk.img` does not become `disk.img.img`. */
export function imageArchiveName(stem: string): string {
  return `${withoutImg(stem)}.img.fidx`;
}
