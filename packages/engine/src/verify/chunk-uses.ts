/**
 * From a chunk to what needs it: every index of every snapshot is asked. Only reads; what is written meanwhile may be missing
 * from the answer, and an index that cannot be read is named, because what it needs is not known.
 */

import { throwIfCancelled } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { listGroups } from "../datastore/group.ts";
import { listNamespaces } from "../datastore/namespace.ts";
import { listSnapshotRefs } from "../datastore/snapshot-list.ts";
import { snapshotPath } from "../datastore/snapshot-path.ts";
import { indexesIn } from "../gc/index-files.ts";
import { readIndex } from "../gc/mark.ts";

/** An archive whose index names the chunk. */
export interface ChunkUse {
  readonly snapshot: SnapshotRef;
  /** The index's file name. */
  readonly archive: string;
  /** How often. */
  readonly placeCount: number;
}

export interface ChunkUses {
  /** Newest snapshot first. */
  readonly uses: readonly ChunkUse[];
  readonly unreadable: readonly { readonly snapshot: SnapshotRef; readonly archive: string }[];
  /** False when the time was over before every index was asked; the newest were. */
  readonly isComplete: boolean;
}

export interface ChunkUsesOptions {
  readonly signal?: AbortSignal;
  readonly durationMsMax?: number;
}

const DURATION_MS_MAX = 60_000;
const WORK_MS_MAX = 10;
const NAMES_PER_STEP = 20_000;

/** @throws CANCELLED, DISK_READ_FAILED, PERMISSION_DENIED */
export async function findChunkUses(
  needs: EngineNeeds,
  datastore: Datastore,
  digest: Uint8Array,
  options: ChunkUsesOptions = {},
): Promise<ChunkUses> {
  const { clock, disk } = needs;
  const { signal, durationMsMax = DURATION_MS_MAX } = options;
  const startedMs = clock.elapsedMs();
  let restedMs = startedMs;
  const rest = async (): Promise<void> => {
    if (clock.elapsedMs() - restedMs < WORK_MS_MAX) return;
    await new Promise((resolve) => setImmediate(resolve));
    throwIfCancelled(signal);
    restedMs = clock.elapsedMs();
  };
  const uses: ChunkUse[] = [];
  const unreadable: { readonly snapshot: SnapshotRef; readonly archive: string }[] = [];
  for (const snapshot of newestFirst(needs, datastore)) {
    if (clock.elapsedMs() - startedMs > durationMsMax) return { uses, unreadable, isComplete: false };
    for (const path of indexesIn(disk, snapshotPath(datastore, snapshot))) {
      await rest();
      const archive = path.slice(path.lastIndexOf("/") + 1);
      const index = readIndex(disk, path);
      if (index === "gone") continue;
      if ("error" in index) {
        unreadable.push({ snapshot, archive });
        continue;
      }
      let placeCount = 0;
      for (let at = 0; at < index.chunkCount; at++) {
        if (at % NAMES_PER_STEP === NAMES_PER_STEP - 1) await rest();
        if (isSame(index.digestAt(at), digest)) placeCount++;
      }
      if (placeCount > 0) uses.push({ snapshot, archive, placeCount });
    }
  }
  return { uses, unreadable, isComplete: true };
}

function newestFirst(needs: EngineNeeds, datastore: Datastore): SnapshotRef[] {
  return listNamespaces(needs, datastore)
    .flatMap((namespace) => listGroups(needs, datastore, namespace))
    .flatMap((group) => listSnapshotRefs(needs, datastore, group))
    .toSorted((a, b) => b.backupTime - a.backupTime);
}

/** Bytes of a stream that a chunk holds. */
export interface StreamPiece {
  readonly startBytes: number;
  readonly endBytes: number;
}

interface IndexPlaces {
  readonly chunkCount: number;
  startBytes(chunkIndex: number): number;
  endBytes(chunkIndex: number): number;
  digestAt(chunkIndex: number): Uint8Array;
}

/** Where the chunk lies in a stream: in its order, neighbours as one. */
export function chunkPieces(index: IndexPlaces, digest: Uint8Array): StreamPiece[] {
  const pieces: StreamPiece[] = [];
  for (let at = 0; at < index.chunkCount; at++) {
    if (!isSame(index.digestAt(at), digest)) continue;
    const [startBytes, endBytes] = [index.startBytes(at), index.endBytes(at)];
    const last = pieces.at(-1);
    if (last?.endBytes === startBytes) pieces[pieces.length - 1] = { startBytes: last.startBytes, endBytes };
    else pieces.push({ startBytes, endBytes });
  }
  return pieces;
}

/** Digests differ early, nearly always. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one[0] === other[0] && one[1] === other[1] && Buffer.compare(one, other) === 0;
}
