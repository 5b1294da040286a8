/**
 * Test support: a chunk writer and reader on a plain directory, one file per chunk, as thread modules.
 * The writer can be told to fail in several ways at its n-th insert, counted over all threads.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseErrors, hexFromBytes } from "@ironcore-backup/base";
import type { ThreadChunkReader, ThreadChunkWriter, ThreadModule } from "./thread-module.ts";

export type Mishap = "throw" | "throw-stranger" | "exit" | "out-of-memory" | "hang";

export interface DirectoryStoreData {
  readonly directory: string;
  /** Word 0 counts inserts, word 1 touches, word 2 open writers. */
  readonly counters: SharedArrayBuffer;
  readonly mishap?: { readonly kind: Mishap; readonly atInsert: number };
  readonly throwOnClose?: boolean;
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

function suffer(kind: Mishap): never {
  switch (kind) {
    case "throw":
      throw baseErrors.NAME_INVALID({ kind: "test chunk", text: "x", rule: "the writer was told to fail" });
    case "throw-stranger":
      throw new TypeError("a stranger");
    case "exit":
      process.exit(3);
    // Falls through for the compiler only: `exit` does not return.
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
  Atomics.add(counters, 2, 1);
  return {
    touch(digest) {
      Atomics.add(counters, 1, 1);
      return existsSync(pathOf(digest));
    },
    insert(digest, parts) {
      if (Atomics.add(counters, 0, 1) + 1 === data.mishap?.atInsert) suffer(data.mishap.kind);
      if (existsSync(pathOf(digest))) return { outcome: "known" };
      writeFileSync(pathOf(digest), Buffer.concat(parts), { flag: "wx" });
      return { outcome: "stored" };
    },
    read: (digest) => readFileSync(pathOf(digest)),
    close() {
      Atomics.sub(counters, 2, 1);
      if (data.throwOnClose === true) throw baseErrors.INTERNAL_ERROR({ detail: "close was told to fail" });
    },
  };
}
