/**
 * From a chunk to what is lost without it: the snapshots and archives whose indexes name it, and of one snapshot the files.
 * For a file archive in two streams the names are read from the other one; where they lie in the chunk itself, the answer
 * has what was found before it and says why it ends there.
 */

import {
  digestToBytes,
  formatSnapshotRef,
  parseArchiveName,
  parseDigest,
  toCodedError,
} from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkPath, chunkPieces, findChunkUses, openSnapshot, textFromPath } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds, OpenSnapshot, StreamPiece } from "@ironcore-backup/engine";
import { PAYLOAD_HEADER_SIZE_BYTES } from "@ironcore-backup/format";
import type { PxarDirectory, PxarEntry, PxarTree } from "@ironcore-backup/format";
import type { ChunkArchive, ChunkFiles, ChunkUse } from "@ironcore-backup/protocol";
import { openFileArchive } from "./file-archive.ts";

/** Of everybody; who asks may see a part of it. */
export interface FoundChunkUses {
  readonly storedBytes: number | undefined;
  readonly uses: readonly ChunkUse[];
  /** Of the snapshots with an index that cannot be read, one for each such index. */
  readonly unreadableNamespaces: readonly string[];
  readonly incompleteBecause: string | undefined;
}

const FILE_COUNT_MAX = 1000;
const DURATION_MS_MAX = 30_000;
const WORK_MS_MAX = 10;
const OUT_OF_TIME = "There is more than can be looked through for one answer";

/** What stands in the way of reading this archive, and not of the whole question. */
const ABOUT_THE_ARCHIVE = new Set([
  "SNAPSHOT_ARCHIVE_ENCRYPTED",
  "SNAPSHOT_ARCHIVE_NOT_FOUND",
  "ARCHIVE_CORRUPT",
  "ARCHIVE_MISSING",
  "CHUNK_CORRUPT",
  "CHUNK_MISSING",
  "INDEX_CORRUPT",
]);

/** @throws NAME_INVALID, DISK_READ_FAILED, PERMISSION_DENIED */
export async function listChunkUses(
  needs: EngineNeeds,
  datastore: Datastore,
  digestText: string,
): Promise<FoundChunkUses> {
  const digest = digestToBytes(parseDigest(digestText));
  const { uses, unreadable, isComplete } = await findChunkUses(needs, datastore, digest);
  return {
    storedBytes: needs.disk.lstat(chunkPath(datastore.path, digest))?.sizeBytes,
    uses: uses.map(({ snapshot, archive, placeCount }) => ({
      snapshot: formatSnapshotRef(snapshot),
      namespace: snapshot.namespace,
      backupTime: snapshot.backupTime,
      archive,
      placeCount,
    })),
    unreadableNamespaces: unreadable.map(({ snapshot }) => snapshot.namespace),
    incompleteBecause: isComplete ? undefined : OUT_OF_TIME,
  };
}

/** @throws NAME_INVALID, what opening a snapshot throws, DISK_READ_FAILED, PERMISSION_DENIED */
export async function listChunkFiles(
  needs: EngineNeeds,
  datastore: Datastore,
  { snapshot, digest: digestText }: { readonly snapshot: SnapshotRef; readonly digest: string },
): Promise<ChunkFiles> {
  const digest = digestToBytes(parseDigest(digestText));
  const opened = openSnapshot(needs, datastore, snapshot);
  const pause = createPause(needs);
  try {
    const archives: ChunkArchive[] = [];
    for (const { name } of opened.manifest.files) {
      if (!/\.[fd]idx$/.test(name)) continue;
      const collected = newArchive(name);
      await unlessUnreadable(collected, async () => {
        const pieces = piecesIn(opened, name, digest);
        collected.lostBytes = pieces.reduce(
          (sum, { startBytes, endBytes }) => sum + endBytes - startBytes,
          0,
        );
        if (pieces.length > 0 && isFileArchive(name))
          await collectFiles({ needs, datastore, snapshot, pause }, collected, pieces);
      });
      if (collected.lostBytes > 0 || collected.incompleteBecause !== undefined) archives.push(collected);
    }
    return { snapshot: formatSnapshotRef(snapshot), digest: digestText, archives };
  } finally {
    opened.close();
  }
}

interface CollectedArchive extends ChunkArchive {
  lostBytes: number;
  fileCount: number;
  incompleteBecause?: string;
}

function newArchive(archive: string): CollectedArchive {
  return { archive, lostBytes: 0, files: [], fileCount: 0 };
}

async function unlessUnreadable(collected: CollectedArchive, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { code, message } = toCodedError(thrown);
    if (!ABOUT_THE_ARCHIVE.has(code)) throw thrown;
    collected.incompleteBecause = message;
  }
}

function piecesIn(opened: OpenSnapshot, file: string, digest: Uint8Array): StreamPiece[] {
  const name = parseArchiveName(file);
  return chunkPieces(
    name.endsWith(".fidx") ? opened.openFixedIndex(name) : opened.openDynamicIndex(name),
    digest,
  );
}

const isFileArchive = (name: string): boolean => /\.[mp]?pxar\.didx$/.test(name);

interface Walk {
  readonly needs: EngineNeeds;
  readonly datastore: Datastore;
  readonly snapshot: SnapshotRef;
  readonly pause: Pause;
}

async function collectFiles(
  walk: Walk,
  collected: CollectedArchive,
  pieces: readonly StreamPiece[],
): Promise<void> {
  const { needs, datastore, snapshot, pause } = walk;
  const extentOf = collected.archive.endsWith(".ppxar.didx") ? payloadExtent : entryExtent;
  const archive = openFileArchive(needs, datastore, { snapshot, archive: collected.archive });
  const lostOffsets = new Set<number>();
  try {
    for (const { path, entry } of entriesBelow(archive.tree, archive.tree.root, "")) {
      if ((await pause()) === "over") {
        collected.incompleteBecause = OUT_OF_TIME;
        return;
      }
      const { offsetBytes, hardlinkOffsetBytes = -1 } = entry;
      // A hard link comes behind the file that it is another name of.
      if (!touches(pieces, extentOf(entry)) && !lostOffsets.has(hardlinkOffsetBytes)) continue;
      lostOffsets.add(offsetBytes);
      collected.fileCount++;
      if (collected.files.length >= FILE_COUNT_MAX) continue;
      const size = entry.content === undefined ? {} : { sizeBytes: entry.content.sizeBytes };
      collected.files.push({ path: textFromPath(path), ...size });
    }
  } finally {
    archive.close();
  }
}

/** In the archive's order. */
function* entriesBelow(
  tree: PxarTree,
  directory: PxarDirectory,
  above: string,
): Generator<{ readonly path: string; readonly entry: PxarEntry }> {
  for (const { entry, directory: next } of tree.childrenAfter(directory, "")) {
    const path = `${above}/${entry.name}`;
    yield { path, entry };
    if (next !== undefined) yield* entriesBelow(tree, next, path);
  }
}

/** A file's data behind its header, in the stream of contents. */
function payloadExtent({ content }: PxarEntry): StreamPiece | undefined {
  if (content?.place !== "payload") return undefined;
  const { offsetBytes, sizeBytes } = content;
  return { startBytes: offsetBytes, endBytes: offsetBytes + PAYLOAD_HEADER_SIZE_BYTES + sizeBytes };
}

/** Name, attributes, and where both are in one stream the data. What is below a directory stands for itself. */
function entryExtent({ offsetBytes, endBytes }: PxarEntry): StreamPiece {
  return { startBytes: offsetBytes, endBytes };
}

/** @param pieces  in the stream's order, none touching the next */
function touches(pieces: readonly StreamPiece[], extent: StreamPiece | undefined): boolean {
  if (extent === undefined) return false;
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle]?.endBytes ?? 0) > extent.startBytes) high = middle;
    else low = middle + 1;
  }
  const first = pieces[low];
  return first !== undefined && first.startBytes < extent.endBytes;
}

type Pause = () => Promise<"over" | undefined> | undefined;

/** Gives the thread's others their turn after some milliseconds of work. */
function createPause({ clock }: EngineNeeds): Pause {
  const startedMs = clock.elapsedMs();
  let restedMs = startedMs;
  return () => {
    const nowMs = clock.elapsedMs();
    if (nowMs - restedMs < WORK_MS_MAX) return undefined;
    if (nowMs - startedMs > DURATION_MS_MAX) return Promise.resolve("over");
    return new Promise((resolve) =>
      setImmediate(() => {
        restedMs = clock.elapsedMs();
        resolve(undefined);
      }),
    );
  };
}
