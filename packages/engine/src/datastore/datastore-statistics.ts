/** Counts of a datastore. The cheap ones read directories of names; the chunks are counted by a walk over all of them. */

import { throwIfCancelled } from "@ironcore-backup/base";
import {
  CHUNK_DIRECTORY_COUNT,
  chunkDirectoryName,
  CHUNKS_DIRECTORY_NAME,
  classifyChunkName,
} from "../chunk-store/chunk-path.ts";
import type { Disk, FileSystemSpace } from "../disk/disk.ts";
import type { Datastore } from "./datastore.ts";
import { listGroups } from "./group.ts";
import { listNamespaces } from "./namespace.ts";
import { isFinished, listSnapshotRefs } from "./snapshot-list.ts";

export interface DatastoreCounts {
  readonly namespaceCount: number;
  readonly groupCount: number;
  /** Finished ones. */
  readonly snapshotCount: number;
  readonly unfinishedSnapshotCount: number;
  readonly space: FileSystemSpace;
}

/** Gives the event loop its turn between groups. @throws DISK_READ_FAILED, CANCELLED */
export async function countDatastore(
  needs: { disk: Disk },
  datastore: Datastore,
  options: { signal?: AbortSignal } = {},
): Promise<DatastoreCounts> {
  const namespaces = listNamespaces(needs, datastore);
  const counts = { groupCount: 0, snapshotCount: 0, unfinishedSnapshotCount: 0 };
  for (const namespace of namespaces) {
    for (const group of listGroups(needs, datastore, namespace)) {
      throwIfCancelled(options.signal);
      counts.groupCount++;
      for (const snapshot of listSnapshotRefs(needs, datastore, group)) {
        if (isFinished(needs, datastore, snapshot)) counts.snapshotCount++;
        else counts.unfinishedSnapshotCount++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { namespaceCount: namespaces.length, ...counts, space: needs.disk.space(datastore.path) };
}

export interface ChunkCounts {
  readonly chunkCount: number;
  /** As stored, without what the file system rounds up. */
  readonly sizeBytes: number;
  readonly badChunkCount: number;
}

const DIRECTORIES_PER_TURN = 16;

/**
 * Looks at some of the chunk directories, spread evenly; digests fall evenly over all of them.
 * @returns what lies in these, and their share of all directories
 */
export function chunkDirectoriesSample(
  needs: { disk: Disk },
  datastore: Datastore,
  directoryCount: number,
): ChunkCounts & { readonly share: number } {
  const counts = { chunkCount: 0, sizeBytes: 0, badChunkCount: 0 };
  const step = Math.max(1, Math.floor(CHUNK_DIRECTORY_COUNT / directoryCount));
  let lookedAt = 0;
  for (let index = 0; index < CHUNK_DIRECTORY_COUNT; index += step) {
    lookedAt++;
    addDirectory(needs, datastore, index, counts);
  }
  return { ...counts, share: lookedAt / CHUNK_DIRECTORY_COUNT };
}

function addDirectory(
  { disk }: { disk: Disk },
  datastore: Datastore,
  index: number,
  counts: { chunkCount: number; sizeBytes: number; badChunkCount: number },
): void {
  const path = `${datastore.path}/${CHUNKS_DIRECTORY_NAME}/${chunkDirectoryName(index)}`;
  for (const name of disk.readdir(path)) {
    const kind = classifyChunkName(name);
    if (kind === "bad-chunk") counts.badChunkCount++;
    if (kind !== "chunk") continue;
    counts.chunkCount++;
    counts.sizeBytes += disk.lstat(`${path}/${name}`)?.sizeBytes ?? 0;
  }
}

/** Looks at every chunk file: minutes on a large store. @throws DISK_READ_FAILED, CANCELLED */
export async function countChunks(
  needs: { disk: Disk },
  datastore: Datastore,
  options: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
): Promise<ChunkCounts> {
  const counts = { chunkCount: 0, sizeBytes: 0, badChunkCount: 0 };
  for (let index = 0; index < CHUNK_DIRECTORY_COUNT; index++) {
    addDirectory(needs, datastore, index, counts);
    if (index % DIRECTORIES_PER_TURN !== 0) continue;
    throwIfCancelled(options.signal);
    options.onProgress?.(index / CHUNK_DIRECTORY_COUNT);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return counts;
}
