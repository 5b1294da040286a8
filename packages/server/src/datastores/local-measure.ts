/**
 * What a datastore holds, told without walking its chunks.
 *
 * Snapshots are counted from the names in their groups' directories, and a group whose directory has not changed since it
 * was last looked at is not even listed again: what is read anew is the manifests of new snapshots. Chunks are not
 * looked at at all, except once in a store that was taken over: there a small part of the chunk directories tells how many
 * there are, because digests fall evenly over all of them.
 */

import { formatGroupRef } from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import {
  chunkDirectoriesSample,
  findSnapshot,
  groupPath,
  listGroups,
  listNamespaces,
  listSnapshotRefs,
} from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";

/** Sums over the finished snapshots of a datastore. */
export interface StoreSummary {
  readonly groupCount: number;
  readonly snapshotCount: number;
  /** Of all archives, as they were before deduplication and compression. */
  readonly logicalBytes: number;
}

export interface ChunkSample {
  readonly chunkCount: number;
  readonly storedBytes: number;
}

/** Of each group, by its name: what was found when its directory was last changed. */
export type SummaryCache = Map<string, GroupSummary>;

interface GroupSummary {
  readonly modifiedAtMs: number;
  /** Nothing can change in it that its directory's time does not tell. */
  readonly isSettled: boolean;
  /** Logical bytes of each finished snapshot, by its time. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** A directory that changed less long ago may change again within the same tick of the file system's clock. */
const SETTLE_MS = 2000;
/** Of 65,536 directories; the first tells a million chunks within two per cent, the last is all of a small store. */
const SAMPLED_DIRECTORY_COUNTS = [256, 4096, 65_536];
/** A sample that found fewer tells too little; more directories are looked at then. */
const SAMPLED_CHUNK_COUNT_MIN = 400;

/** @param cache  kept between the calls for one datastore */
export function summarizeStore(needs: EngineNeeds, datastore: Datastore, cache: SummaryCache): StoreSummary {
  const groups = listNamespaces(needs, datastore).flatMap((one) => listGroups(needs, datastore, one));
  const names = new Set(groups.map(formatGroupRef));
  for (const name of cache.keys()) if (!names.has(name)) cache.delete(name);
  let snapshotCount = 0;
  let logicalBytes = 0;
  for (const group of groups) {
    const summary = summarizeGroup(needs, datastore, { group, known: cache.get(formatGroupRef(group)) });
    cache.set(formatGroupRef(group), summary);
    snapshotCount += summary.sizes.size;
    for (const size of summary.sizes.values()) logicalBytes += size;
  }
  return { groupCount: groups.length, snapshotCount, logicalBytes };
}

function summarizeGroup(
  needs: EngineNeeds,
  datastore: Datastore,
  { group, known }: { readonly group: GroupRef; readonly known: GroupSummary | undefined },
): GroupSummary {
  const modifiedAtMs = needs.disk.stat(groupPath(datastore, group))?.modifiedAtMs ?? 0;
  if (known?.isSettled === true && known.modifiedAtMs === modifiedAtMs) return known;
  const sizes = new Map<number, number>();
  let isSettled = needs.clock.now() - modifiedAtMs > SETTLE_MS;
  for (const ref of listSnapshotRefs(needs, datastore, group)) {
    const size = known?.sizes.get(ref.backupTime) ?? sizeOf(needs, datastore, ref);
    // One that is being written gets its manifest without its group's directory changing.
    if (size === undefined) isSettled = false;
    else sizes.set(ref.backupTime, size);
  }
  return { modifiedAtMs, isSettled, sizes };
}

/** Undefined while it is unfinished; 0 when its manifest cannot be read. */
function sizeOf(
  needs: EngineNeeds,
  datastore: Datastore,
  ref: Parameters<typeof findSnapshot>[2],
): number | undefined {
  const found = findSnapshot(needs, datastore, ref);
  if (found === undefined || found.state === "unfinished") return undefined;
  if (found.state !== "finished") return 0;
  return found.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** Reckoned from a part of the store; a few hundred small directories are listed. */
export function sampleChunks(needs: EngineNeeds, datastore: Datastore): ChunkSample {
  let found = { chunkCount: 0, storedBytes: 0 };
  for (const directoryCount of SAMPLED_DIRECTORY_COUNTS) {
    const { chunkCount, sizeBytes, share } = chunkDirectoriesSample(needs, datastore, directoryCount);
    found = { chunkCount: Math.round(chunkCount / share), storedBytes: Math.round(sizeBytes / share) };
    if (chunkCount >= SAMPLED_CHUNK_COUNT_MIN) break;
  }
  return found;
}
