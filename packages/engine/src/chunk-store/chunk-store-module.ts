/** Names the thread modules through which compute threads reach the store. */

import type { ThreadModule } from "@ironcore-backup/format";
import type { StorePin } from "./store-pin.ts";

/** What the writer's module is opened with. */
export interface ChunkWriterData {
  readonly storePath: string;
  /** Memory of a `DigestSet`, see `ChunkStoreOptions.vouched`. */
  readonly vouched?: SharedArrayBuffer;
  readonly encrypted?: boolean;
  readonly pin?: StorePin;
  readonly writerStartedAtMs?: number;
}

export interface ChunkReaderData {
  readonly storePath: string;
}

/** @param storePath  the datastore's directory, a byte string */
export function chunkWriterModule(
  storePath: string,
  options: Omit<ChunkWriterData, "storePath"> = {},
): ThreadModule {
  const data: ChunkWriterData = { storePath, ...options };
  return { moduleUrl: new URL("./chunk-writer-thread.ts", import.meta.url).href, data };
}

export function chunkReaderModule(storePath: string): ThreadModule {
  const data: ChunkReaderData = { storePath };
  return { moduleUrl: new URL("./chunk-reader-thread.ts", import.meta.url).href, data };
}
