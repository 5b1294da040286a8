/** Opened by each compute thread of a backup: chunks go from the thread straight to the disk. */

import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import type { ThreadChunkWriter } from "@ironcore-backup/format";
import { createRealDisk } from "../disk/real-disk.ts";
import type { ChunkWriterData } from "./chunk-store-module.ts";
import { createChunkStore } from "./chunk-store.ts";
import { openDigestSet } from "../digests/digest-set.ts";

export function open(data: unknown): ThreadChunkWriter {
  // Made by `chunkWriterModule` in this same program, and only carried here.
  const { storePath, vouched, encrypted, pin, writerStartedAtMs } = data as ChunkWriterData;
  return createChunkStore(
    { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() },
    storePath,
    {
      ...(vouched === undefined ? {} : { vouched: openDigestSet(vouched) }),
      ...(encrypted === undefined ? {} : { encrypted }),
      ...(pin === undefined ? {} : { pin }),
      ...(writerStartedAtMs === undefined ? {} : { writerStartedAtMs }),
    },
  );
}
