/** What tests of garbage collection ask of a store. */

import { hexFromBytes } from "@ironcore-backup/base";
import { decodeDynamicIndex, INDEX_FILE_SIZE_BYTES_MAX } from "@ironcore-backup/format";
import { chunkPath, doomedChunkPath } from "../chunk-store/chunk-path.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import type { Disk } from "../disk/disk.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { GcOptions, GcResult } from "./collect-garbage.ts";
import { findIndexFiles } from "./index-files.ts";

export const UPID = "UPID:test";
export const DAY_MS = 86_400_000;
/** Longer than the cut-off. */
export const LONG_MS = 2 * DAY_MS;

export function collect(
  needs: EngineNeeds,
  datastore: Datastore,
  options: Partial<GcOptions> = {},
): Promise<GcResult> {
  return collectGarbage(needs, datastore, { upid: UPID, ...options });
}

/** Under its name, or under that which a collection gave it for a moment. */
export function isStored(
  { disk }: { readonly disk: Disk },
  datastore: Datastore,
  digest: Uint8Array,
): boolean {
  const path = chunkPath(datastore.path, digest);
  return disk.lstat(path) !== undefined || disk.lstat(doomedChunkPath(path)) !== undefined;
}

/** Hex digests that a finished or unfinished index names and that cannot be read. */
export function unreadableChunks(needs: EngineNeeds, datastore: Datastore): string[] {
  const store = createChunkStore(needs, datastore.path);
  return namedDigests(needs, datastore).flatMap((digest) => {
    try {
      store.read(digest);
      return [];
    } catch {
      // What is asked is whether it can be read.
      return [hexFromBytes(digest)];
    }
  });
}

export function namedDigests({ disk }: { readonly disk: Disk }, datastore: Datastore): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  for (const path of findIndexFiles(disk, datastore.path)) {
    if (path?.endsWith(".didx") !== true) continue;
    const index = decodeDynamicIndex(disk.readFile(path, INDEX_FILE_SIZE_BYTES_MAX));
    for (let at = 0; at < index.chunkCount; at++)
      found.set(hexFromBytes(index.digestAt(at)), index.digestAt(at));
  }
  return [...found.values()];
}
