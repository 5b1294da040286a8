/** A store of snapshots in a temporary directory: chunks as files, everything else in memory. Counts what it is asked. */

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { digestFromBytes, parseBackupId, ROOT_NAMESPACE } from "@ironcore-backup/base";
import type { ArchiveName, GroupRef, Random } from "@ironcore-backup/base";
import {
  createDynamicIndexWriter,
  createFixedIndexWriter,
  decodeDynamicIndex,
  decodeFixedIndex,
  decodeManifest,
} from "@ironcore-backup/format";
import type { SnapshotSink } from "../snapshot-sink.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import { chunkDirectoryModule, chunkPath, readChunkFile } from "./chunk-directory.testing.ts";

class GrowingFile {
  #bytes = Buffer.alloc(64 * 1024);
  #sizeBytes = 0;

  writeAt(positionBytes: number, bytes: Uint8Array): void {
    const end = positionBytes + bytes.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, positionBytes);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes);
  }
}

interface StoredSnapshot {
  readonly backupTime: number;
  readonly files: Map<string, Uint8Array>;
}

export class DirectoryStore {
  readonly path: string;
  readonly group: GroupRef = { namespace: ROOT_NAMESPACE, type: "host", id: parseBackupId("test") };
  readonly snapshots: StoredSnapshot[] = [];
  abortCount = 0;
  readonly #random: Random;

  constructor(path: string, random: Random) {
    this.path = path;
    this.#random = random;
    mkdirSync(path, { recursive: true });
  }

  chunkNames(): string[] {
    return readdirSync(this.path).sort();
  }

  removeChunk(digest: Uint8Array): void {
    rmSync(chunkPath(this.path, digest));
  }

  source(snapshot: StoredSnapshot | undefined = this.snapshots.at(-1)): SnapshotSource {
    if (snapshot === undefined) throw new Error("the store holds no snapshot");
    const file = (name: string): Uint8Array => {
      const bytes = snapshot.files.get(name);
      if (bytes === undefined) throw new Error(`no file ${name}`);
      return bytes;
    };
    return {
      snapshot: { ...this.group, backupTime: snapshot.backupTime },
      manifest: decodeManifest(file("index.json.blob")),
      openDynamicIndex: (name: ArchiveName) => decodeDynamicIndex(file(name)),
      openFixedIndex: (name: ArchiveName) => decodeFixedIndex(file(name)),
      readBlob: file,
      readChunk: (digest) => readChunkFile(this.path, digest),
      chunkReader: chunkDirectoryModule(this.path),
      close: () => undefined,
    };
  }

  /** A new snapshot on top of the last one. */
  sink(backupTime: number): SnapshotSink {
    const files = new Map<string, Uint8Array>();
    const base = this.snapshots.at(-1);
    const uuid = this.#random.bytes(16);
    return {
      group: this.group,
      backupTime,
      base: base === undefined ? undefined : this.source(base),
      baseAbsence: base === undefined ? "first-backup" : undefined,
      chunkWriter: chunkDirectoryModule(this.path),
      hasChunk: (digest) => existsSync(chunkPath(this.path, digest)),
      chunkStored: () => undefined,
      createDynamicIndex: (name) => {
        const content = new GrowingFile();
        const writer = createDynamicIndexWriter(content, { uuid, createdAtSeconds: backupTime });
        return {
          append: (endOffsetBytes, digest) => writer.append(endOffsetBytes, digest),
          close: () => {
            const closed = writer.close();
            files.set(name, content.content());
            return closed;
          },
        };
      },
      createFixedIndex: (name, sizeBytes, chunkSizeBytes) => {
        const content = new GrowingFile();
        const writer = createFixedIndexWriter(content, {
          uuid,
          createdAtSeconds: backupTime,
          sizeBytes,
          chunkSizeBytes,
        });
        return {
          set: (chunkIndex, digest) => writer.set(chunkIndex, digest),
          close: () => {
            const closed = writer.close();
            files.set(name, content.content());
            return closed;
          },
        };
      },
      putBlob: (name, blob) => void files.set(name, Uint8Array.from(blob)),
      finish: (manifest) => {
        files.set("index.json.blob", Uint8Array.from(manifest));
        this.snapshots.push({ backupTime, files });
        return Promise.resolve();
      },
      abort: () => {
        this.abortCount++;
      },
    };
  }
}

export function digestTexts(store: DirectoryStore, archive: string): string[] {
  // Tests name archives as the agent did; `parseArchiveName` would only repeat that.
  const index = store.source().openDynamicIndex(archive as ArchiveName);
  return Array.from({ length: index.chunkCount }, (_, at) => digestFromBytes(index.digestAt(at)));
}

export function storeIn(directory: string, random: Random): DirectoryStore {
  return new DirectoryStore(join(directory, "chunks"), random);
}
