/** Chunks as files of a directory, named by digest: the least that the compute threads of a test can write to and read. */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { CodedError, digestFromBytes } from "@ironcore-backup/base";
import type { ThreadChunkReader, ThreadChunkWriter, ThreadModule } from "@ironcore-backup/format";

/** The compute thread hands over what the test put into the thread module. */
interface ChunkDirectoryData {
  readonly path: string;
}

export function chunkDirectoryModule(path: string): ThreadModule {
  return { moduleUrl: import.meta.url, data: { path } satisfies ChunkDirectoryData };
}

export function chunkPath(directory: string, digest: Uint8Array): string {
  return join(directory, digestFromBytes(digest));
}

/** Opens as a writer and as a reader; a thread uses the half it needs. */
export function open(data: unknown): ThreadChunkWriter & ThreadChunkReader {
  // Only `chunkDirectoryModule` makes the data of this module.
  const { path } = data as ChunkDirectoryData;
  return {
    touch: (digest) => existsSync(chunkPath(path, digest)),
    insert(digest, parts) {
      const target = chunkPath(path, digest);
      if (existsSync(target)) return { outcome: "known" };
      const temporary = `${target}.${threadId}`;
      writeFileSync(temporary, Buffer.concat(parts));
      renameSync(temporary, target);
      return { outcome: "stored" };
    },
    read: (digest) => readChunkFile(path, digest),
    close: () => undefined,
  };
}

export function readChunkFile(directory: string, digest: Uint8Array): Uint8Array {
  try {
    return readFileSync(chunkPath(directory, digest));
  } catch (cause) {
    throw new CodedError(
      {
        code: "CHUNK_MISSING",
        message: `Chunk ${digestFromBytes(digest)} is missing`,
        remedy: "It is a test's directory.",
        retry: "never",
        context: {},
      },
      cause,
    );
  }
}
