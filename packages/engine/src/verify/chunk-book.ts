/**
 * What a pass asks the store's records about a chunk, and what it adds to them.
 *
 * The records are a help and never in the way: where they cannot be read or written, a pass reads everything, checks what can
 * be checked without them, and says so once.
 */

import { toCodedError } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import { openChunkRecords } from "../chunk-records/chunk-records.ts";
import type { ChunkRecords, StoredVerdict } from "../chunk-records/chunk-records.ts";
import { createRecordLog } from "../chunk-records/record-log.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";

/** A killed pass reads at most what it read in this time once more. */
const FLUSH_INTERVAL_MS = 250;

export interface CheckedChunk {
  readonly digest: Uint8Array;
  readonly inode: number;
  readonly storedSizeBytes: number;
  /** Of an encrypted one. */
  readonly storedDigest: Uint8Array | undefined;
}

export interface ChunkBook {
  /** To be awaited before `isFresh` and `judge` are asked. */
  open(): Promise<void>;
  /** This very file was found sound since the time that the pass goes by. */
  isFresh(digest: Uint8Array, inode: number): boolean;
  judge(chunk: CheckedChunk & { readonly storedDigest: Uint8Array }): StoredVerdict;
  /** It was read and is sound. */
  add(chunk: CheckedChunk): void;
  close(): void;
}

export interface ChunkBookOptions {
  /** Milliseconds since 1970; absent: nothing counts as fresh. */
  readonly freshSinceMs?: number;
  /** Told once. */
  readonly onTrouble?: (error: CodedError) => void;
}

// Long because what is open lives in one closure; each function in it is short.
export function createChunkBook(
  needs: EngineNeeds,
  storePath: string,
  { freshSinceMs, onTrouble }: ChunkBookOptions,
): ChunkBook {
  const log = createRecordLog(needs, storePath);
  let records: Promise<ChunkRecords | undefined> | undefined;
  let opened: ChunkRecords | undefined;
  let isWritable = true;
  let flushedMs = needs.clock.elapsedMs();

  const trouble = (thrown: unknown): undefined => {
    if (isWritable) onTrouble?.(toCodedError(thrown));
    isWritable = false;
  };
  const write = (step: () => void): void => {
    if (!isWritable) return;
    try {
      step();
    } catch (thrown) {
      trouble(thrown);
    }
  };
  return {
    open: async () => {
      records ??= openChunkRecords(needs, storePath).catch(trouble);
      opened = await records;
    },
    isFresh: (digest, inode) =>
      freshSinceMs !== undefined &&
      opened !== undefined &&
      opened.checkedAt(digest, inode) * 1000 >= freshSinceMs,
    judge: (chunk) => opened?.judge(chunk) ?? "unknown",
    add: (chunk) =>
      write(() => {
        log.add({ ...chunk, checkedAtSeconds: Math.floor(needs.clock.now() / 1000) });
        if (needs.clock.elapsedMs() - flushedMs < FLUSH_INTERVAL_MS) return;
        flushedMs = needs.clock.elapsedMs();
        log.flush();
      }),
    close: () => {
      opened?.close();
      write(() => log.close());
    },
  };
}
