/** One directory of a file archive, read from the archive's metadata without touching file contents. */

import { formatSnapshotRef } from "@ironcore-backup/base";
import { openSnapshot, pathFromText, textFromPath } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds, OpenSnapshot } from "@ironcore-backup/engine";
import { ArchiveSource, PxarTree } from "@ironcore-backup/format";
import type { ManifestFile, PxarEntry } from "@ironcore-backup/format";
import type { SnapshotEntry } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { EntryQuery } from "./datastore-engine.ts";

const ENTRY_COUNT_MAX = 100_000;
const SPLIT_METADATA = ".mpxar.didx";
const SPLIT_PAYLOAD = ".ppxar.didx";

/**
 * @throws SNAPSHOT_ARCHIVE_NOT_FOUND, SNAPSHOT_ARCHIVE_ENCRYPTED, SNAPSHOT_PATH_NOT_FOUND, SNAPSHOT_DIRECTORY_TOO_LARGE,
 *   what opening a snapshot throws, ARCHIVE_CORRUPT, CHUNK_MISSING, CHUNK_CORRUPT
 */
export function listArchiveEntries(
  needs: EngineNeeds,
  datastore: Datastore,
  query: EntryQuery,
): SnapshotEntry[] {
  const snapshot = openSnapshot(needs, datastore, query.snapshot);
  try {
    const tree = openTree(snapshot, getArchive(snapshot, query));
    const found = tree.find(pathFromText(query.directory));
    const { archive, directory: path } = query;
    if (found?.directory === undefined) throw serverErrors.SNAPSHOT_PATH_NOT_FOUND({ archive, path });
    const { childCount } = found.directory;
    if (childCount > ENTRY_COUNT_MAX) throw serverErrors.SNAPSHOT_DIRECTORY_TOO_LARGE({ path, childCount });
    return Array.from(tree.children(found.directory), ({ entry }) => presentEntry(tree, entry));
  } finally {
    snapshot.close();
  }
}

/** `root`, `root.pxar`, `root.mpxar.didx` and `root.pxar.didx` all name the file archive `root`. */
function getArchive(snapshot: OpenSnapshot, query: EntryQuery): ManifestFile {
  const stem = query.archive.replace(/\.didx$/, "").replace(/\.[mp]?pxar$/, "");
  const { files } = snapshot.manifest;
  const file =
    files.find(({ name }) => name === `${stem}${SPLIT_METADATA}`) ??
    files.find(({ name }) => name === `${stem}.pxar.didx`);
  const context = { snapshot: formatSnapshotRef(query.snapshot), archive: query.archive };
  if (file === undefined) throw serverErrors.SNAPSHOT_ARCHIVE_NOT_FOUND(context);
  if (file.cryptMode === "encrypt") throw serverErrors.SNAPSHOT_ARCHIVE_ENCRYPTED(context);
  return file;
}

function openTree(snapshot: OpenSnapshot, file: ManifestFile): PxarTree {
  const source = new ArchiveSource(snapshot, snapshot.openDynamicIndex(file.name));
  if (!file.name.endsWith(SPLIT_METADATA)) return new PxarTree(source);
  const payloadName = `${file.name.slice(0, -SPLIT_METADATA.length)}${SPLIT_PAYLOAD}`;
  const payload = snapshot.manifest.files.find(({ name }) => name === payloadName);
  return new PxarTree(source, payload === undefined ? {} : { payloadSizeBytes: payload.sizeBytes });
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
