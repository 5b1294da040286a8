/** One directory of a file archive, page by page, read from the archive's metadata without touching file contents. */

import { Buffer } from "node:buffer";
import { textFromPath } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import type { ChunkCache, PxarEntry, PxarTree } from "@ironcore-backup/format";
import type { SnapshotEntry, SnapshotEntryPage } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { EntryQuery } from "./datastore-engine.ts";
import { findByText, openFileArchive } from "./file-archive.ts";

/**
 * A page costs what it shows, whatever the directory's size; where names lead out of it, a look at its table.
 * @throws SNAPSHOT_ARCHIVE_NOT_FOUND, SNAPSHOT_ARCHIVE_ENCRYPTED, SNAPSHOT_PATH_NOT_FOUND, what opening a snapshot throws,
 *   ARCHIVE_CORRUPT, CHUNK_MISSING, CHUNK_CORRUPT
 */
export function listArchiveEntries(
  needs: EngineNeeds & { readonly cache: ChunkCache },
  datastore: Datastore,
  query: EntryQuery,
): SnapshotEntryPage {
  const archive = openFileArchive(needs, datastore, query, needs);
  try {
    const { tree } = archive;
    const directory = findByText(tree, query.directory)?.directory;
    if (directory === undefined)
      throw serverErrors.SNAPSHOT_PATH_NOT_FOUND({ archive: query.archive, path: query.directory });
    const entries: SnapshotEntry[] = [];
    let last = "";
    for (const { entry } of tree.childrenAfter(directory, nameOfCursor(query.cursor))) {
      if (entries.length === query.limit)
        return { entries, entryCount: directory.childCount, nextCursor: cursorOf(last) };
      entries.push(presentEntry(tree, entry));
      last = entry.name;
    }
    return { entries, entryCount: directory.childCount };
  } finally {
    archive.close();
  }
}

/** A name's bytes: a name as shown may be that of another one. */
function cursorOf(name: string): string {
  return Buffer.from(name, "latin1").toString("base64url");
}

/** Whatever it was made of, it only says where to go on. */
function nameOfCursor(cursor: string | undefined): string {
  return cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("latin1");
}

/** A hard link shows the modes and the size of what it leads to. */
function presentEntry(tree: PxarTree, entry: PxarEntry): SnapshotEntry {
  const { stat, content } = entry.kind === "hardlink" ? tree.resolveHardlink(entry) : entry;
  return {
    name: textFromPath(entry.name),
    kind: entry.kind,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    modifiedAt: stat.mtimeSeconds * 1000 + Math.floor(stat.mtimeNanos / 1e6),
    ...(content === undefined ? {} : { sizeBytes: content.sizeBytes }),
    ...(entry.linkTarget === undefined ? {} : { linkTarget: textFromPath(entry.linkTarget) }),
  };
}
