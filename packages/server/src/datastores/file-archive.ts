/** A snapshot's file archive, open: its tree, and the contents of its files. Locked against being forgotten until it is closed. */

import { formatSnapshotRef } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { openSnapshot, pathFromText } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds, OpenSnapshot } from "@ironcore-backup/engine";
import {
  ArchiveSource,
  formatErrors,
  PAYLOAD_HEADER_SIZE_BYTES,
  PxarTree,
  writePayloadHeader,
} from "@ironcore-backup/format";
import type {
  ChunkCache,
  DynamicIndexReader,
  ManifestFile,
  PxarChild,
  PxarContent,
} from "@ironcore-backup/format";
import { serverErrors } from "../errors.ts";

const SPLIT_METADATA = ".mpxar.didx";
const SPLIT_PAYLOAD = ".ppxar.didx";

export interface ArchiveName {
  readonly snapshot: SnapshotRef;
  /** `root`, `root.pxar`, `root.mpxar.didx` and `root.pxar.didx` all name the file archive `root`. */
  readonly archive: string;
}

export interface FileArchive {
  /** Without an ending. */
  readonly stem: string;
  readonly tree: PxarTree;
  /** Of names and attributes. */
  readonly metadataIndex: DynamicIndexReader;
  /**
   * A piece of a file's content: a view, valid until the next call.
   * @throws ARCHIVE_CORRUPT, CHUNK_MISSING, CHUNK_CORRUPT, ARCHIVE_MISSING
   */
  readContent(content: PxarContent, offsetBytes: number, length: number): Uint8Array;
  /** The chunk that holds a byte of a file's content. */
  locate(content: PxarContent, offsetBytes: number): ContentPlace;
  close(): void;
}

export interface ContentPlace {
  /** A view on the index. */
  readonly digest: Uint8Array;
  /** Where the byte lies in the chunk. */
  readonly chunkOffsetBytes: number;
  /** From there to the chunk's end. */
  readonly leftBytes: number;
}

interface Contents {
  readonly index: DynamicIndexReader;
  readonly source: ArchiveSource;
}

/**
 * @throws SNAPSHOT_ARCHIVE_NOT_FOUND, SNAPSHOT_ARCHIVE_ENCRYPTED, what opening a snapshot throws, INDEX_CORRUPT, ARCHIVE_CORRUPT,
 *   CHUNK_MISSING, CHUNK_CORRUPT
 */
export function openFileArchive(
  needs: EngineNeeds,
  datastore: Datastore,
  name: ArchiveName,
  options: { readonly cache?: ChunkCache } = {},
): FileArchive {
  const snapshot = openSnapshot(needs, datastore, name.snapshot);
  try {
    return openIn(snapshot, name, options);
  } catch (thrown) {
    snapshot.close();
    throw thrown;
  }
}

function openIn(
  snapshot: OpenSnapshot,
  name: ArchiveName,
  options: { readonly cache?: ChunkCache },
): FileArchive {
  const file = getArchive(snapshot, name);
  const isSplit = file.name.endsWith(SPLIT_METADATA);
  const stem = file.name.replace(/\.m?pxar\.didx$/, "");
  const payloadName = `${stem}${SPLIT_PAYLOAD}`;
  const payloadFile = snapshot.manifest.files.find((one) => one.name === payloadName);
  const metadataIndex = snapshot.openDynamicIndex(file.name);
  const metadata = new ArchiveSource(snapshot, metadataIndex, options);
  const payloadSize = isSplit && payloadFile !== undefined ? { payloadSizeBytes: payloadFile.sizeBytes } : {};
  let contents: Contents | undefined = isSplit ? undefined : { index: metadataIndex, source: metadata };
  const openContents = (): Contents => {
    if (payloadFile === undefined)
      throw serverErrors.SNAPSHOT_ARCHIVE_NOT_FOUND({
        snapshot: formatSnapshotRef(name.snapshot),
        archive: payloadName,
      });
    const index = snapshot.openDynamicIndex(payloadFile.name);
    return { index, source: new ArchiveSource(snapshot, index) };
  };
  return {
    stem,
    tree: new PxarTree(metadata, payloadSize),
    metadataIndex,
    readContent: (content, offsetBytes, length) => {
      contents ??= openContents();
      return readPiece(contents.source, content, offsetBytes, length);
    },
    locate: (content, offsetBytes) => {
      contents ??= openContents();
      return placeOf(contents.index, content, offsetBytes);
    },
    close: () => snapshot.close(),
  };
}

function getArchive(snapshot: OpenSnapshot, name: ArchiveName): ManifestFile {
  const stem = name.archive.replace(/\.didx$/, "").replace(/\.[mp]?pxar$/, "");
  const { files } = snapshot.manifest;
  const file =
    files.find((one) => one.name === `${stem}${SPLIT_METADATA}`) ??
    files.find((one) => one.name === `${stem}.pxar.didx`);
  const context = { snapshot: formatSnapshotRef(name.snapshot), archive: name.archive };
  if (file === undefined) throw serverErrors.SNAPSHOT_ARCHIVE_NOT_FOUND(context);
  if (file.cryptMode === "encrypt") throw serverErrors.SNAPSHOT_ARCHIVE_ENCRYPTED(context);
  return file;
}

function readPiece(
  source: ArchiveSource,
  content: PxarContent,
  offsetBytes: number,
  length: number,
): Uint8Array {
  const wanted = Math.min(length, content.sizeBytes - offsetBytes);
  let startBytes = content.offsetBytes;
  if (content.place === "payload") {
    // A reference leads to the header in front of the data. A wrong one would give another file's bytes.
    if (offsetBytes === 0) assertPayloadHeader(source, content);
    startBytes += PAYLOAD_HEADER_SIZE_BYTES;
  }
  const piece = source.read(startBytes + offsetBytes, wanted);
  if (piece.length !== wanted) throw corrupt(startBytes, "a file's data ends behind its stream");
  return piece;
}

function placeOf(index: DynamicIndexReader, content: PxarContent, offsetBytes: number): ContentPlace {
  const headerBytes = content.place === "payload" ? PAYLOAD_HEADER_SIZE_BYTES : 0;
  const at = content.offsetBytes + headerBytes + offsetBytes;
  const chunkIndex = index.findChunk(at);
  if (chunkIndex >= index.chunkCount) throw corrupt(at, "a file's data ends behind its stream");
  return {
    digest: index.digestAt(chunkIndex),
    chunkOffsetBytes: at - index.startBytes(chunkIndex),
    leftBytes: index.endBytes(chunkIndex) - at,
  };
}

function assertPayloadHeader(source: ArchiveSource, content: PxarContent): void {
  const expected = new Uint8Array(PAYLOAD_HEADER_SIZE_BYTES);
  writePayloadHeader(expected, content.sizeBytes);
  const found = source.read(content.offsetBytes, PAYLOAD_HEADER_SIZE_BYTES);
  if (Buffer.compare(found, expected) !== 0)
    throw corrupt(content.offsetBytes, "a file's data has not the header that its entry promises");
}

function corrupt(offsetBytes: number, detail: string): Error {
  return formatErrors.ARCHIVE_CORRUPT({ offsetBytes, detail });
}

export interface FoundChild extends PxarChild {
  /** From the root, byte string; "" for the root itself. */
  readonly path: string;
}

/**
 * A path as people see it: bytes that are no UTF-8 as `\xNN`, as lists show them.
 * @returns undefined when there is none. @throws ARCHIVE_CORRUPT
 */
export function findByText(tree: PxarTree, text: string): FoundChild | undefined {
  const found = findRaw(tree, pathFromText(text));
  if (found !== undefined || !/\\x[0-9a-f]{2}/.test(text)) return found;
  return findRaw(tree, bytesOfShown(text));
}

function bytesOfShown(text: string): string {
  return text
    .split(/\\x([0-9a-f]{2})/)
    .map((part, at) => (at % 2 === 0 ? pathFromText(part) : String.fromCharCode(Number.parseInt(part, 16))))
    .join("");
}

function findRaw(tree: PxarTree, text: string): FoundChild | undefined {
  const path = text
    .split("/")
    .filter((name) => name !== "")
    .join("/");
  const found = tree.find(path);
  return found === undefined ? undefined : { ...found, path };
}
