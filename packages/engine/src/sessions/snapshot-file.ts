/** The files that a session puts into its snapshot's directory, each complete under its name or not there at all. */

import { createHash } from "node:crypto";
import { hexFromBytes, secondsOf } from "@ironcore-backup/base";
import type { ArchiveName } from "@ironcore-backup/base";
import { assertBlobCrc, createDynamicIndexWriter, createFixedIndexWriter } from "@ironcore-backup/format";
import type { IndexTarget, IndexTotals } from "@ironcore-backup/format";
import { writeFileAtomically } from "../datastore/atomic-file.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import type { OpenFile } from "../disk/disk.ts";

/** What the manifest must say about a written file. */
export interface WrittenFile {
  readonly sizeBytes: number;
  /** Lowercase hex. */
  readonly checksum: string;
}

export interface DynamicIndexFile {
  append(endOffsetBytes: number, digest: Uint8Array): void;
  close(): IndexTotals;
}

export interface FixedIndexFile {
  set(chunkIndex: number, digest: Uint8Array): void;
  close(): IndexTotals;
}

/** One index on its way: a temporary file until `publish`. */
interface IndexFile {
  readonly target: IndexTarget;
  publish(): void;
  /** Closes the file; the temporary stays for the removal of the whole directory. */
  discard(): void;
}

function createIndexFile(needs: EngineNeeds, path: string): IndexFile {
  const temporary = path.replace(/\.([fd]idx)$/, ".tmp_$1");
  const file: OpenFile = needs.disk.open(temporary, "create");
  return {
    target: { writeAt: (positionBytes, bytes) => file.pwrite(bytes, positionBytes) },
    publish: () => {
      file.close();
      needs.disk.rename(temporary, path);
    },
    discard: () => file.close(),
  };
}

export interface OpenIndexes {
  readonly openCount: number;
  createDynamic(name: ArchiveName): DynamicIndexFile;
  createFixed(name: ArchiveName, sizeBytes: number, chunkSizeBytes: number): FixedIndexFile;
  discardAll(): void;
}

/**
 * The indexes of one session.
 * @param onClosed  called when an index lies complete under its name
 */
export function createOpenIndexes(
  needs: EngineNeeds,
  directory: string,
  onClosed: (name: ArchiveName, file: WrittenFile) => void,
): OpenIndexes {
  const open = new Set<IndexFile>();

  function start<Writer extends { close(): IndexTotals }>(
    name: ArchiveName,
    createWriter: (target: IndexTarget, identity: { uuid: Uint8Array; createdAtSeconds: number }) => Writer,
  ): { writer: Writer; close: () => IndexTotals } {
    const file = createIndexFile(needs, `${directory}/${name}`);
    open.add(file);
    const identity = { uuid: needs.random.bytes(16), createdAtSeconds: secondsOf(needs.clock.now()) };
    const writer = createWriter(file.target, identity);
    const close = (): IndexTotals => {
      const totals = writer.close();
      file.publish();
      open.delete(file);
      onClosed(name, { sizeBytes: totals.sizeBytes, checksum: hexFromBytes(totals.checksum) });
      return totals;
    };
    return { writer, close };
  }

  return {
    get openCount() {
      return open.size;
    },
    createDynamic: (name) => {
      const { writer, close } = start(name, createDynamicIndexWriter);
      return { append: (endOffsetBytes, digest) => writer.append(endOffsetBytes, digest), close };
    },
    createFixed: (name, sizeBytes, chunkSizeBytes) => {
      const { writer, close } = start(name, (target, identity) =>
        createFixedIndexWriter(target, { ...identity, sizeBytes, chunkSizeBytes }),
      );
      return { set: (chunkIndex, digest) => writer.set(chunkIndex, digest), close };
    },
    discardAll: () => {
      for (const file of open) file.discard();
      open.clear();
    },
  };
}

/** Checks the blob's own checksum, then writes it. @throws BLOB_CHECKSUM_WRONG and its like, DISK_FULL */
export function writeBlobFile(
  needs: EngineNeeds,
  directory: string,
  name: ArchiveName,
  blob: Uint8Array,
): WrittenFile {
  assertBlobCrc(blob);
  // The session's one sync of the whole file system makes it durable before the manifest appears.
  writeFileAtomically(needs, `${directory}/${name}`, blob, { isDurable: false });
  return { sizeBytes: blob.length, checksum: createHash("sha256").update(blob).digest("hex") };
}
