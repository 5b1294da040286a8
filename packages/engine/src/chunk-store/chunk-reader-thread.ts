/** Opened by each decode thread of a restore or a verification. */

import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import type { ThreadChunkReader } from "@ironcore-backup/format";
import { createRealDisk } from "../disk/real-disk.ts";
import type { ChunkReaderData } from "./chunk-store-module.ts";
import { createChunkStore } from "./chunk-store.ts";

export function open(data: unknown): ThreadChunkReader {
  // Made by `chunkReaderModule` in this same program, and only carried here.
  const { storePath } = data as ChunkReaderData;
  return createChunkStore(
    { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() },
    storePath,
  );
}
