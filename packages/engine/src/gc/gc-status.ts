/** `.gc-status` beside `.chunks`: the figures of the last collection, in the words of the format. */

import { Buffer } from "node:buffer";
import { writeFileAtomically } from "../datastore/atomic-file.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import type { GcResult } from "./collect-garbage.ts";

export const GC_STATUS_NAME = ".gc-status";

/** @throws DISK_FULL, DISK_WRITE_FAILED */
export function writeGcStatus(
  needs: EngineNeeds,
  datastore: Datastore,
  upid: string,
  result: GcResult,
): void {
  const status = {
    upid,
    "index-file-count": result.indexFileCount,
    "index-data-bytes": result.indexDataBytes,
    "disk-bytes": result.usedBytes,
    "disk-chunks": result.usedChunkCount,
    "removed-bytes": result.removedBytes,
    "removed-chunks": result.removedChunkCount,
    "pending-bytes": result.pendingBytes,
    "pending-chunks": result.pendingChunkCount,
    "removed-bad": result.removedBadChunkCount,
    "still-bad": result.keptBadChunkCount,
  };
  writeFileAtomically(needs, `${datastore.path}/${GC_STATUS_NAME}`, Buffer.from(JSON.stringify(status)));
}
