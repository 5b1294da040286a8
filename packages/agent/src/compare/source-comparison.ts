/**
 * What differs between a restored tree and the live source that it was a backup of.
 *
 * Both are walked side by side, one directory at a time, with what a backup would leave out left out of the live side, too. Type,
 * size, time of modification and mode are compared first; where they agree, every byte is: a difference there is one
 * that no honest change of the file explains. Directories are not compared by time, which any change inside moves. Devices,
 * sockets and pipes are passed over: who is not root cannot restore them all.
 */

import { constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { lstat, open, readdir, readFile, readlink, statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { throwIfCancelled } from "@ironcore-backup/base";
import type { Manifest } from "@ironcore-backup/format";
import type { SourceDifference } from "@ironcore-backup/protocol";
import { archiveStems } from "../backup/archive-name.ts";
import { byteStringOf, joinPath, textOf } from "../byte-string.ts";
import { EXCLUDE_FILE_NAME, EXCLUDE_FILE_SIZE_BYTES_MAX } from "../excludes/exclude-file.ts";
import { Exclusion } from "../excludes/exclusion.ts";
import { createPatternSet } from "../excludes/pattern-set.ts";
import { chooseArchives } from "../restore/archive-choice.ts";
import { virtualFileSystemName } from "../syscalls/file-system.ts";

const PIECE_SIZE_BYTES = 1 << 20;
const MODE_BITS = 0o7777n;

export interface SourceComparisonPlan {
  readonly manifest: Manifest;
  /** Where the snapshot, or these archives of it, were restored. */
  readonly restored: string;
  readonly archives?: readonly string[];
  /** What the backup was of: directories of this machine, its patterns, and whether it stayed on one file system. */
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly oneFileSystem: boolean;
}

export interface SourceComparisonOptions {
  readonly signal: AbortSignal;
  /** @param path  of the live source, for people. A directory on one side alone is one difference, with all in it. */
  readonly onDifference: (path: string, what: SourceDifference) => void;
}

/** @returns how many paths were there on both sides. @throws PATTERN_INVALID, ARCHIVE_NOT_IN_SNAPSHOT, CANCELLED */
export async function compareWithSource(
  plan: SourceComparisonPlan,
  options: SourceComparisonOptions,
): Promise<{ readonly comparedCount: number }> {
  const chosen = chooseArchives(plan.manifest, plan.archives);
  const stems = new Set(
    chosen.filter(({ kind }) => kind === "split" || kind === "single").map(({ stem }) => stem),
  );
  const paths = plan.paths.map(byteStringOf);
  const sources = archiveStems(paths).map((stem, at) => ({ stem, path: paths[at] ?? "" }));
  const walk = new Comparison(plan, options);
  for (const { stem, path } of sources) {
    if (!stems.delete(stem)) {
      // One archive was asked for: the others are not of interest.
      if ((plan.archives ?? []).length === 0) options.onDifference(textOf(path), "added");
      continue;
    }
    const restored = byteStringOf(plan.restored);
    await walk.compareRoot(path, chosen.length === 1 ? restored : joinPath(restored, stem));
  }
  // Of a path that the workload does not have any more.
  for (const stem of stems) options.onDifference(stem, "removed");
  return { comparedCount: walk.comparedCount };
}

interface Pair {
  readonly live: string;
  readonly restored: string;
  /** Relative to the source. */
  readonly path: string;
}

class Comparison {
  comparedCount = 0;
  readonly #plan: SourceComparisonPlan;
  readonly #options: SourceComparisonOptions;
  readonly #patterns: ReturnType<typeof createPatternSet>;
  #exclusion: Exclusion;
  readonly #pieces = [Buffer.allocUnsafe(PIECE_SIZE_BYTES), Buffer.allocUnsafe(PIECE_SIZE_BYTES)] as const;

  constructor(plan: SourceComparisonPlan, options: SourceComparisonOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#patterns = createPatternSet(plan.excludes);
    this.#exclusion = new Exclusion(this.#patterns);
  }

  async compareRoot(live: string, restored: string): Promise<void> {
    this.#exclusion = new Exclusion(this.#patterns);
    const found = await findStat(live);
    if (found === undefined) this.#options.onDifference(textOf(live), "removed");
    else if (found === "unreadable") this.#options.onDifference(textOf(live), "unreadable");
    else await this.#compareDirectories({ live, restored, path: "" }, found);
  }

  async #compareDirectories(pair: Pair, stat: BigIntStats): Promise<void> {
    this.comparedCount++;
    const [live, restored] = await Promise.all([namesIn(pair.live), namesIn(pair.restored)]);
    if (live === undefined || restored === undefined) {
      this.#options.onDifference(textOf(pair.live), "unreadable");
      return;
    }
    const leave = live.has(EXCLUDE_FILE_NAME) ? await this.#enterExcludes(pair) : undefined;
    for (const name of [...new Set([...live, ...restored])].toSorted()) {
      throwIfCancelled(this.#options.signal);
      const child = {
        live: joinPath(pair.live, name),
        restored: joinPath(pair.restored, name),
        path: joinPath(pair.path, name),
      };
      await this.#compareChild(child, stat);
    }
    leave?.();
  }

  async #compareChild(pair: Pair, parent: BigIntStats): Promise<void> {
    const [live, restored] = await Promise.all([findStat(pair.live), findStat(pair.restored)]);
    if (live === "unreadable" || restored === "unreadable") {
      this.#tell(pair, "unreadable");
      return;
    }
    if (live === undefined) {
      if (restored !== undefined) this.#tell(pair, "removed");
      return;
    }
    if (restored === undefined) {
      if (isKept(live) && !this.#exclusion.excludes(pair.path, live.isDirectory())) this.#tell(pair, "added");
      return;
    }
    const what = differenceOf(live, restored);
    if (what !== undefined) this.#tell(pair, what);
    if (live.isDirectory() && restored.isDirectory()) {
      if (await this.#isLeftOut(pair.live, live, parent)) this.comparedCount++;
      else await this.#compareDirectories(pair, live);
      return;
    }
    this.comparedCount++;
    if (what !== undefined) return;
    if (live.isSymbolicLink() && !(await isSameLink(pair))) this.#tell(pair, "link");
    if (live.isFile()) await this.#compareContents(pair, live);
  }

  /** A mount point, whose contents the backup left out. */
  async #isLeftOut(path: string, stat: BigIntStats, parent: BigIntStats): Promise<boolean> {
    if (stat.dev === parent.dev) return false;
    if (this.#plan.oneFileSystem) return true;
    return virtualFileSystemName((await statfs(bytesOf(path))).type) !== undefined;
  }

  async #compareContents(pair: Pair, before: BigIntStats): Promise<void> {
    let handles: readonly [FileHandle, FileHandle];
    try {
      handles = await openBoth(pair);
    } catch {
      this.#tell(pair, "unreadable");
      return;
    }
    try {
      if (await this.#isSame(...handles)) return;
      const after = await handles[0].stat({ bigint: true });
      // It was written to while it was read: that is a change like any other.
      const isMoved = after.mtimeNs !== before.mtimeNs || after.size !== before.size;
      this.#tell(pair, isMoved ? "time" : "content");
    } catch (cause) {
      throwIfCancelled(this.#options.signal);
      if (!(cause instanceof Error && "code" in cause)) throw cause;
      this.#tell(pair, "unreadable");
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
    }
  }

  async #isSame(live: FileHandle, restored: FileHandle): Promise<boolean> {
    const [a, b] = this.#pieces;
    for (let position = 0; ;) {
      throwIfCancelled(this.#options.signal);
      const [countA, countB] = await Promise.all([fill(live, a, position), fill(restored, b, position)]);
      if (countA !== countB || a.compare(b, 0, countB, 0, countA) !== 0) return false;
      if (countA < PIECE_SIZE_BYTES) return true;
      position += countA;
    }
  }

  async #enterExcludes(pair: Pair): Promise<(() => void) | undefined> {
    const path = joinPath(pair.live, EXCLUDE_FILE_NAME);
    const stat = await findStat(path);
    if (
      stat === undefined ||
      stat === "unreadable" ||
      !stat.isFile() ||
      stat.size > EXCLUDE_FILE_SIZE_BYTES_MAX
    )
      return undefined;
    try {
      const content = await readFile(bytesOf(path), "latin1");
      // The backup has told of lines that cannot be used.
      return this.#exclusion.enter(pair.path, content, () => undefined);
    } catch {
      // One that cannot be read excludes nothing, as for the backup.
      return undefined;
    }
  }

  #tell({ live }: Pair, what: SourceDifference): void {
    this.#options.onDifference(textOf(live), what);
  }
}

function differenceOf(live: BigIntStats, restored: BigIntStats): SourceDifference | undefined {
  if ((live.mode & ~MODE_BITS) !== (restored.mode & ~MODE_BITS)) return "type";
  if (live.isFile() && live.size !== restored.size) return "size";
  if (live.isFile() && live.mtimeNs !== restored.mtimeNs) return "time";
  if (!live.isSymbolicLink() && (live.mode & MODE_BITS) !== (restored.mode & MODE_BITS)) return "mode";
  return undefined;
}

function isKept(stat: BigIntStats): boolean {
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
}

async function isSameLink({ live, restored }: Pair): Promise<boolean> {
  const [a, b] = await Promise.all([readLink(live), readLink(restored)]);
  return a !== undefined && a === b;
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await readlink(bytesOf(path), "latin1");
  } catch {
    // Gone or changed since: a difference.
    return undefined;
  }
}

async function openBoth({ live, restored }: Pair): Promise<readonly [FileHandle, FileHandle]> {
  // A link or a pipe may have taken the file's place since it was looked at.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const first = await open(bytesOf(live), flags);
  try {
    return [first, await open(bytesOf(restored), flags)];
  } catch (cause) {
    await first.close();
    throw cause;
  }
}

/** Reads until the buffer is full or the file ends. */
async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let count = 0;
  while (count < buffer.length) {
    const { bytesRead } = await handle.read(buffer, count, buffer.length - count, position + count);
    if (bytesRead === 0) break;
    count += bytesRead;
  }
  return count;
}

/** Undefined for what is not there. */
async function findStat(path: string): Promise<BigIntStats | "unreadable" | undefined> {
  try {
    return await lstat(bytesOf(path), { bigint: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : "unreadable";
  }
}

async function namesIn(path: string): Promise<Set<string> | undefined> {
  try {
    return new Set(await readdir(bytesOf(path), "latin1"));
  } catch {
    return undefined;
  }
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}
