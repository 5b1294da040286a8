/**
 * What differs between two snapshots of one file archive, page by page. Both trees are walked side by side in the order of
 * names; memory grows with their depth alone.
 *
 * As little as can be is read:
 * - a directory whose metadata lies in the same chunks on both sides is the same, with all below it, and is not opened;
 * - a file with the same size and time of change is the same;
 * - one whose time alone changed is compared by the digests of its chunks, and read only where these differ.
 */

import { Buffer } from "node:buffer";
import { textFromPath } from "@ironcore-backup/engine";
import type {
  DynamicIndexReader,
  PxarChild,
  PxarContent,
  PxarDirectory,
  PxarEntry,
} from "@ironcore-backup/format";
import type { ChangePart, SnapshotChange } from "@ironcore-backup/protocol";
import type { FileArchive } from "./file-archive.ts";

export interface ComparisonPage {
  readonly changes: SnapshotChange[];
  /** Where the next page goes on; undefined when all was compared. */
  readonly nextCursor: string | undefined;
}

export interface ComparisonOptions {
  readonly limit: number;
  /** Absent: from the root on. */
  readonly cursor?: string | undefined;
  /** Entries looked at for one page, so that a page without changes comes too. */
  readonly visitCountMax?: number;
}

const VISIT_COUNT_MAX = 50_000;
/** Of contents, for one page. */
const CONTENT_READ_BYTES_MAX = 32 * 1024 * 1024;
const CONTENT_PIECE_BYTES = 1024 * 1024;
/** In front of the first child's table row and behind the last: docs/format.md, pxar. */
const GOODBYE_HEADER_SIZE_BYTES = 16;
const GOODBYE_ROW_SIZE_BYTES = 24;
/** Other programs put it into the root, behind all others: what a backup left out, and no part of the tree. */
const EXCLUDES_NAME = ".pxarexclude-cli";

/** @throws ARCHIVE_CORRUPT, CHUNK_MISSING, CHUNK_CORRUPT */
export function compareArchives(
  before: FileArchive,
  after: FileArchive,
  { limit, cursor, visitCountMax = VISIT_COUNT_MAX }: ComparisonOptions,
): ComparisonPage {
  const comparison = new Comparison(before, after);
  const changes: SnapshotChange[] = [];
  let visitCount = 0;
  for (const { path, change } of comparison.walk(pathOfCursor(cursor))) {
    if (change !== undefined) changes.push(change);
    if (++visitCount >= visitCountMax || changes.length >= limit)
      return { changes, nextCursor: Buffer.from(path.join("/"), "latin1").toString("base64url") };
  }
  return { changes, nextCursor: undefined };
}

function pathOfCursor(cursor: string | undefined): string[] {
  const path = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("latin1");
  return path.split("/").filter((name) => name !== "");
}

/** An entry that was looked at, and what is to be said of it. */
interface Visit {
  /** Byte strings. */
  readonly path: readonly string[];
  readonly change: SnapshotChange | undefined;
}

interface Pair<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

class Comparison {
  readonly #before: FileArchive;
  readonly #after: FileArchive;
  #contentLeftBytes = CONTENT_READ_BYTES_MAX;

  constructor(before: FileArchive, after: FileArchive) {
    this.#before = before;
    this.#after = after;
  }

  /** @param from  the entry that was visited last; empty: from the start */
  *walk(from: readonly string[]): Generator<Visit, void> {
    const roots = { before: this.#before.tree.root, after: this.#after.tree.root };
    if (from.length > 0 || !this.#isSame(roots)) yield* this.#walkInto(roots, [], from);
  }

  *#walkInto(
    directories: Pair<PxarDirectory>,
    path: readonly string[],
    from: readonly string[],
  ): Generator<Visit, void> {
    const [first, ...rest] = from;
    if (first !== undefined) {
      const inside = [...path, first];
      const below = {
        before: this.#before.tree.find(inside.join("/"))?.directory,
        after: this.#after.tree.find(inside.join("/"))?.directory,
      };
      yield* this.#walkBelow(below, inside, rest);
    }
    for (const pair of this.#pairs(directories, first ?? "")) {
      const name = (pair.after ?? pair.before)?.entry.name ?? "";
      if (path.length === 0 && name === EXCLUDES_NAME) continue;
      const inside = [...path, name];
      yield { path: inside, change: this.#changeOf(pair, inside) };
      const below = { before: pair.before?.directory, after: pair.after?.directory };
      yield* this.#walkBelow(below, inside, []);
    }
  }

  *#walkBelow(
    directories: Pair<PxarDirectory>,
    path: readonly string[],
    from: readonly string[],
  ): Generator<Visit, void> {
    if (directories.before === undefined && directories.after === undefined) return;
    if (!this.#isSame(directories)) yield* this.#walkInto(directories, path, from);
  }

  /** Both sides' children by name, those of one name together. */
  *#pairs(directories: Pair<PxarDirectory>, afterName: string): Generator<Pair<PxarChild>, void> {
    const before = childrenAfter(this.#before, directories.before, afterName);
    const after = childrenAfter(this.#after, directories.after, afterName);
    let [left, right] = [before.next(), after.next()];
    while (left.done !== true || right.done !== true) {
      const leftName = left.done === true ? undefined : left.value.entry.name;
      const rightName = right.done === true ? undefined : right.value.entry.name;
      const takesLeft = leftName !== undefined && (rightName === undefined || leftName <= rightName);
      const takesRight = rightName !== undefined && (leftName === undefined || rightName <= leftName);
      yield {
        before: takesLeft && left.done !== true ? left.value : undefined,
        after: takesRight && right.done !== true ? right.value : undefined,
      };
      if (takesLeft) left = before.next();
      if (takesRight) right = after.next();
    }
  }

  #isSame({ before, after }: Pair<PxarDirectory>): boolean {
    if (before === undefined || after === undefined) return false;
    return isSameRange(
      { index: this.#before.metadataIndex, ...rangeOf(before) },
      { index: this.#after.metadataIndex, ...rangeOf(after) },
    );
  }

  #changeOf(pair: Pair<PxarChild>, path: readonly string[]): SnapshotChange | undefined {
    const before = pair.before && this.#before.tree.resolveHardlink(pair.before.entry);
    const after = pair.after && this.#after.tree.resolveHardlink(pair.after.entry);
    const shown = after ?? before;
    if (shown === undefined) return undefined;
    const about = {
      path: textFromPath(`/${path.join("/")}`),
      kind: shown.kind,
      ...(before?.content === undefined ? {} : { sizeBefore: before.content.sizeBytes }),
      ...(after?.content === undefined ? {} : { sizeAfter: after.content.sizeBytes }),
    };
    if (before === undefined) return { ...about, change: "added" };
    if (after === undefined) return { ...about, change: "removed" };
    const { parts, isUnread } = this.#partsOf(before, after);
    if (parts.length === 0) return undefined;
    return { ...about, change: "changed", parts, ...(isUnread ? { contentNotCompared: true } : {}) };
  }

  #partsOf(
    before: PxarEntry,
    after: PxarEntry,
  ): { readonly parts: ChangePart[]; readonly isUnread: boolean } {
    if (before.kind !== after.kind) return { parts: ["kind"], isUnread: false };
    const [a, b] = [before.stat, after.stat];
    const hasOtherTime = a.mtimeSeconds !== b.mtimeSeconds || a.mtimeNanos !== b.mtimeNanos;
    const content = this.#compareContent(before.content, after.content, hasOtherTime);
    const changed: Readonly<Record<ChangePart, boolean>> = {
      kind: false,
      content: content === "different",
      mode: a.mode !== b.mode,
      owner: a.uid !== b.uid || a.gid !== b.gid,
      // A directory's changes whenever something in it comes or goes, which is told itself.
      time: hasOtherTime && after.kind !== "directory",
      target: before.linkTarget !== after.linkTarget || !isSameDevice(before.device, after.device),
      attributes: a.flags !== b.flags || Buffer.compare(before.rawAttributes, after.rawAttributes) !== 0,
    };
    const parts = (Object.keys(changed) as ChangePart[]).filter((part) => changed[part]); // The keys of the literal above.
    return { parts, isUnread: content === "unread" };
  }

  #compareContent(
    before: PxarContent | undefined,
    after: PxarContent | undefined,
    hasOtherTime: boolean,
  ): "same" | "different" | "unread" {
    if (before === undefined || after === undefined) return "same";
    if (before.sizeBytes !== after.sizeBytes) return "different";
    return hasOtherTime ? this.#compareBytes(before, after) : "same";
  }

  #compareBytes(before: PxarContent, after: PxarContent): "same" | "different" | "unread" {
    for (let at = 0; at < before.sizeBytes;) {
      const [left, right] = [this.#before.locate(before, at), this.#after.locate(after, at)];
      const isSame =
        left.chunkOffsetBytes === right.chunkOffsetBytes && Buffer.compare(left.digest, right.digest) === 0;
      if (isSame) {
        at += Math.min(left.leftBytes, right.leftBytes);
        continue;
      }
      const length = Math.min(CONTENT_PIECE_BYTES, left.leftBytes, right.leftBytes, before.sizeBytes - at);
      this.#contentLeftBytes -= 2 * length;
      if (this.#contentLeftBytes < 0) return "unread";
      const [one, other] = [
        this.#before.readContent(before, at, length),
        this.#after.readContent(after, at, length),
      ];
      if (Buffer.compare(one, other) !== 0) return "different";
      at += length;
    }
    return "same";
  }
}

function childrenAfter(
  { tree }: FileArchive,
  directory: PxarDirectory | undefined,
  name: string,
): Iterator<PxarChild> {
  return directory === undefined ? [].values() : tree.childrenAfter(directory, name);
}

function rangeOf({ entry, goodbyeBytes, childCount }: PxarDirectory) {
  const tableBytes = GOODBYE_HEADER_SIZE_BYTES + GOODBYE_ROW_SIZE_BYTES * (childCount + 1);
  return { startBytes: entry.offsetBytes, endBytes: goodbyeBytes + tableBytes };
}

interface StreamRange {
  readonly index: DynamicIndexReader;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** True when both ranges lie alike in the same chunks: then they hold the same bytes. */
function isSameRange(a: StreamRange, b: StreamRange): boolean {
  if (a.endBytes - a.startBytes !== b.endBytes - b.startBytes) return false;
  let [i, j] = [a.index.findChunk(a.startBytes), b.index.findChunk(b.startBytes)];
  if (a.startBytes - a.index.startBytes(i) !== b.startBytes - b.index.startBytes(j)) return false;
  for (; ; i++, j++) {
    if (Buffer.compare(a.index.digestAt(i), b.index.digestAt(j)) !== 0) return false;
    // The same digest is the same length, so both go on at the same place.
    if (a.index.endBytes(i) >= a.endBytes) return true;
  }
}

function isSameDevice(a: PxarEntry["device"], b: PxarEntry["device"]): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}
