/**
 * One finished snapshot being read. While it is open it is locked shared, so nobody can forget it; others may read it,
 * verify it, and stand on it with a new backup.
 */

import { createHash } from "node:crypto";
import { formatSnapshotRef, hexFromBytes, toCodedError } from "@ironcore-backup/base";
import type { ArchiveName, CodedError, SnapshotRef } from "@ironcore-backup/base";
import {
  BLOB_SIZE_BYTES_MAX,
  decodeDynamicIndex,
  decodeFixedIndex,
  formatErrors,
  INDEX_FILE_SIZE_BYTES_MAX,
} from "@ironcore-backup/format";
import type {
  DynamicIndexReader,
  FixedIndexReader,
  Manifest,
  ManifestFile,
  ThreadModule,
} from "@ironcore-backup/format";
import { chunkReaderModule } from "../chunk-store/chunk-store-module.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { readManifest } from "../datastore/manifest-file.ts";
import { isFinished } from "../datastore/snapshot-list.ts";
import { archivePath, snapshotPath } from "../datastore/snapshot-path.ts";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockSnapshot } from "../locks/backup-lock.ts";

export interface OpenSnapshot {
  readonly snapshot: SnapshotRef;
  readonly manifest: Manifest;
  /** Whole index in memory, its checksum and size compared with the manifest's. @throws INDEX_CORRUPT, ARCHIVE_MISSING */
  openDynamicIndex(name: ArchiveName): DynamicIndexReader;
  openFixedIndex(name: ArchiveName): FixedIndexReader;
  /** The stored DataBlob, its size and checksum compared with the manifest's. @throws BLOB_CORRUPT, ARCHIVE_MISSING */
  readBlob(name: ArchiveName): Uint8Array;
  /** The stored DataBlob of one chunk, valid until the next call. @throws CHUNK_MISSING, DISK_READ_FAILED */
  readChunk(digest: Uint8Array): Uint8Array;
  /** For decode threads; they read from the real disk. */
  readonly chunkReader: ThreadModule;
  /** True while the snapshot's directory and manifest are where they were: nobody removed them by hand. */
  isPresent(): boolean;
  close(): void;
}

/** @throws SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, SNAPSHOT_LOCKED, MANIFEST_UNREADABLE, DISK_READ_FAILED */
export function openSnapshot(needs: EngineNeeds, datastore: Datastore, ref: SnapshotRef): OpenSnapshot {
  const target = { path: snapshotPath(datastore, ref), name: formatSnapshotRef(ref) };
  const lock = lockSnapshot(needs, target, "shared");
  try {
    const manifest = readManifest(needs, datastore, ref);
    const chunkStore = createChunkStore(needs, datastore.path);
    return {
      snapshot: ref,
      manifest,
      openDynamicIndex: (name) => readIndex(needs.disk, datastore, ref, manifest, name, decodeDynamicIndex),
      openFixedIndex: (name) => readIndex(needs.disk, datastore, ref, manifest, name, decodeFixedIndex),
      readBlob: (name) => readBlob(needs.disk, datastore, ref, manifest, name),
      readChunk: (digest) => chunkStore.read(digest),
      chunkReader: chunkReaderModule(datastore.path),
      isPresent: () => lock.isCurrent() && isFinished(needs, datastore, ref),
      close: () => {
        chunkStore.close();
        lock.release();
      },
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function readIndex<Reader extends DynamicIndexReader | FixedIndexReader>(
  disk: Disk,
  datastore: Datastore,
  ref: SnapshotRef,
  manifest: Manifest,
  name: ArchiveName,
  decode: (file: Uint8Array) => Reader,
): Reader {
  const corrupt = (detail: string, cause?: unknown): CodedError =>
    formatErrors.INDEX_CORRUPT({ detail: `${name} in ${formatSnapshotRef(ref)}: ${detail}` }, cause);
  const entry = getEntry(manifest, ref, name);
  const file = readListed(disk, datastore, ref, name, INDEX_FILE_SIZE_BYTES_MAX, corrupt);
  let index: Reader;
  try {
    index = decode(file);
  } catch (thrown) {
    throw corrupt(detailOf(thrown), thrown);
  }
  if (hexFromBytes(index.checksum) !== entry.checksum) throw corrupt("its checksum is not the manifest's");
  if (index.sizeBytes !== entry.sizeBytes) {
    throw corrupt(`it covers ${index.sizeBytes} bytes, the manifest says ${entry.sizeBytes}`);
  }
  return index;
}

/** The reason alone: the sentence around it is made anew with the file's name. */
function detailOf(thrown: unknown): string {
  const error = toCodedError(thrown);
  const detail = error.context["detail"];
  return typeof detail === "string" ? detail : error.message;
}

function readBlob(
  disk: Disk,
  datastore: Datastore,
  ref: SnapshotRef,
  manifest: Manifest,
  name: ArchiveName,
): Uint8Array {
  const corrupt = (detail: string, cause?: unknown): CodedError =>
    engineErrors.BLOB_CORRUPT({ snapshot: formatSnapshotRef(ref), archive: name, detail }, cause);
  const entry = getEntry(manifest, ref, name);
  const blob = readListed(disk, datastore, ref, name, BLOB_SIZE_BYTES_MAX, corrupt);
  if (blob.length !== entry.sizeBytes) {
    throw corrupt(`it has ${blob.length} bytes, the manifest says ${entry.sizeBytes}`);
  }
  if (createHash("sha256").update(blob).digest("hex") !== entry.checksum) {
    throw corrupt("its checksum is not the manifest's");
  }
  return blob;
}

function getEntry(manifest: Manifest, ref: SnapshotRef, name: ArchiveName): ManifestFile {
  const entry = manifest.files.find((file) => file.name === name);
  if (entry !== undefined) return entry;
  throw engineErrors.ARCHIVE_MISSING({ snapshot: formatSnapshotRef(ref), archive: name });
}

function readListed(
  disk: Disk,
  datastore: Datastore,
  ref: SnapshotRef,
  name: ArchiveName,
  sizeBytesMax: number,
  corrupt: (detail: string, cause: unknown) => CodedError,
): Uint8Array {
  try {
    return disk.readFile(archivePath(datastore, ref, name), sizeBytesMax);
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "FILE_TOO_LARGE") throw corrupt(error.message, error);
    if (error.code !== "FILE_MISSING") throw error;
    throw engineErrors.ARCHIVE_MISSING({ snapshot: formatSnapshotRef(ref), archive: name }, error);
  }
}
