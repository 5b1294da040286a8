/**
 * Test support: a chunk writer and reader on a plain directory, one file per chunk, as thread modules.
 * The writer can be told to fail in several ways at its n-th insert, counted over all threads.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, threadId } from "node:worker_threads";
import { baseErrors, hexFromBytes } from "@ironcore-backup/base";
import type { ThreadChunkReader, ThreadChunkWriter, ThreadModule } from "./thread-module.ts";

export type Mishap = "throw" | "throw-stranger" | "exit" | "out-of-memory" | "hang";

export interface DirectoryStoreData {
  readonly directory: string;
  /** Word 0 counts inserts, word 1 touches, word 2 open writers. */
  readonly counters: SharedArrayBuffer;
  readonly mishap?: { readonly kind: Mishap; readonly atInsert: number };
  readonly throwOnClose?: boolean;
  readonly throwOnOpenInThread?: boolean;
}

export function directoryStore(
  directory: string,
  options?: Omit<DirectoryStoreData, "directory" | "counters">,
) {
  const counters = new SharedArrayBuffer(16);
  const data: DirectoryStoreData = { directory, counters, ...options };
  const module: ThreadModule = { moduleUrl: import.meta.url, data };
  return { module, counters: new Int32Array(counters) };
}

/** What would end or block the test itself happens in threads only, at the first insert there from the n-th on. */
function isDue(
  mishap: DirectoryStoreData["mishap"],
  insert: number,
): mishap is { kind: Mishap; atInsert: number } {
  if (mishap === undefined) return false;
  if (mishap.kind === "throw" || mishap.kind === "throw-stranger") return insert === mishap.atInsert;
  return !isMainThread && insert >= mishap.atInsert;
}

function suffer(kind: Mishap): never {
  switch (kind) {
    case "throw":
      throw baseErrors.NAME_INVALID({ kind: "test chunk", text: "x", rule: "the writer was told to fail" });
    case "throw-stranger":
      throw new TypeError("a stranger");
    case "exit":
      return process.exit(3);
    case "out-of-memory": {
      const hoard: object[] = [];
      for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
    }
    case "hang":
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
}

/** Serves as writer and as reader: the decoder opens the same module. */
export function open(data: DirectoryStoreData): ThreadChunkWriter & ThreadChunkReader {
  const counters = new Int32Array(data.counters);
  const pathOf = (digest: Uint8Array): string => join(data.directory, hexFromBytes(digest));
  if (data.throwOnOpenInThread === true && !isMainThread) throw new TypeError("open was told to fail");
  Atomics.add(counters, 2, 1);
  return {
    touch(digest) {
      Atomics.add(counters, 1, 1);
      return existsSync(pathOf(digest));
    },
    insert(digest, parts) {
      if (isDue(data.mishap, Atomics.add(counters, 0, 1) + 1)) suffer(data.mishap.kind);
      // Two threads may bring the same chunk at once when the table of remembered digests is full.
      const path = pathOf(digest);
      const temporary = `${path}.${threadId}`;
      writeFileSync(temporary, Buffer.concat(parts));
      const outcome = existsSync(path) ? "known" : "stored";
      renameSync(temporary, path);
      return { outcome };
    },
    read: (digest) => readFileSync(pathOf(digest)),
    close() {
      Atomics.sub(counters, 2, 1);
      if (data.throwOnClose === true) throw baseErrors.INTERNAL_ERROR({ detail: "close was told to fail" });
    },
  };
}
