/**
 * A file of a snapshot, or a directory as zip or tar.zst, as a stream of bytes that is made while it is taken: nothing is
 * held but the chunk being read. Every chunk is checked against its digest, so what comes is right, or the stream ends with
 * an error in the middle; it is never silently short.
 *
 * Names in it are single path components below one top directory, as the archive's reader assures: nothing can be unpacked
 * beside it. Symbolic links stay links, with their targets as they were. What a format has no place for is left out, and
 * said in a text file beside the top directory.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import { textFromPath } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import type { PxarChild, PxarEntry } from "@ironcore-backup/format";
import type { DownloadFormat } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { findByText, openFileArchive } from "./file-archive.ts";
import type { ArchiveName, FileArchive, FoundChild } from "./file-archive.ts";
import { encodeTarHeader, tarEnd, tarPadding } from "./tar-stream.ts";
import { ZipStream } from "./zip-stream.ts";

export interface DownloadQuestion extends ArchiveName {
  readonly path: string;
  /** Absent: a file as it is, a directory as zip. */
  readonly format?: DownloadFormat | undefined;
}

export interface DownloadHead {
  readonly fileName: string;
  readonly mediaType: string;
  /** Of a single file; of an archive nobody knows it before its end. */
  readonly sizeBytes?: number;
}

export interface OpenDownload {
  readonly head: DownloadHead;
  /** Each valid until the next. @throws CHUNK_MISSING, CHUNK_CORRUPT, ARCHIVE_CORRUPT, DISK_READ_FAILED */
  readonly pieces: Generator<Uint8Array, void>;
  close(): void;
}

const CONTENT_PIECE_BYTES = 1024 * 1024;
const FRAME_SIZE_BYTES = 1024 * 1024;
const ZSTD_LEVEL = 3;
/** Its directory stays in memory until the end: 50 to 100 MB. */
const ZIP_ENTRY_COUNT_MAX = 500_000;
const LEFT_OUT_COUNT_MAX = 10_000;

/** @throws SNAPSHOT_PATH_NOT_FOUND, DOWNLOAD_NOT_A_FILE, DOWNLOAD_ZIP_TOO_LARGE, and what opening the archive throws */
export function openDownload(
  needs: EngineNeeds,
  datastore: Datastore,
  question: DownloadQuestion,
): OpenDownload {
  const archive = openFileArchive(needs, datastore, question);
  try {
    return { ...describeDownload(archive, question), close: () => archive.close() };
  } catch (thrown) {
    archive.close();
    throw thrown;
  }
}

function describeDownload(archive: FileArchive, question: DownloadQuestion): Omit<OpenDownload, "close"> {
  const { path, archive: archiveName } = question;
  const found = findByText(archive.tree, path);
  if (found === undefined) throw serverErrors.SNAPSHOT_PATH_NOT_FOUND({ archive: archiveName, path });
  const top = found.entry.name === "" ? archive.stem : found.entry.name;
  const name = textFromPath(top);
  const format = question.format ?? (found.directory === undefined ? "file" : "zip");
  if (format === "file") return describeFile(archive, found, { name, path });
  if (format === "zip") {
    assertZipHolds(archive, found, path);
    const head = { fileName: `${name}.zip`, mediaType: "application/zip" };
    return { head, pieces: zipPieces(archive, found, top) };
  }
  const head = { fileName: `${name}.tar.zst`, mediaType: "application/zstd" };
  return { head, pieces: compressed(tarPieces(archive, found, top)) };
}

function describeFile(
  archive: FileArchive,
  { entry }: PxarChild,
  { name, path }: { readonly name: string; readonly path: string },
): Omit<OpenDownload, "close"> {
  const file = archive.tree.resolveHardlink(entry);
  const { content } = file;
  if (content === undefined) throw serverErrors.DOWNLOAD_NOT_A_FILE({ path, kind: entry.kind });
  const head = { fileName: name, mediaType: "application/octet-stream", sizeBytes: content.sizeBytes };
  return { head, pieces: contentOf(archive, file) };
}

function* contentOf(archive: FileArchive, { content }: PxarEntry): Generator<Uint8Array, void> {
  if (content === undefined) return;
  for (let at = 0; at < content.sizeBytes;) {
    const piece = archive.readContent(content, at, CONTENT_PIECE_BYTES);
    at += piece.length;
    yield piece;
  }
}

interface Walked {
  /** Byte strings; the first is the top's name. */
  readonly names: readonly string[];
  readonly child: PxarChild;
}

/** The child itself and all below it, directories before what they hold. One open directory for each step down. */
function* walk({ tree }: FileArchive, child: PxarChild, top: string): Generator<Walked, void> {
  yield { names: [top], child };
  if (child.directory === undefined) return;
  const open = [{ name: top, children: tree.children(child.directory) }];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = last.children.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const { entry, directory } = next.value;
    yield { names: [...open.map(({ name }) => name), entry.name], child: next.value };
    if (directory !== undefined) open.push({ name: entry.name, children: tree.children(directory) });
  }
}

/** What is not in an archive as it was, told at its end. */
class LeftOut {
  readonly #lines: string[] = [];
  #count = 0;

  add(path: string, why: string): void {
    if (this.#count++ < LEFT_OUT_COUNT_MAX) this.#lines.push(`${path}: ${why}`);
  }

  /** Undefined when everything is there. */
  get text(): Buffer | undefined {
    if (this.#count === 0) return undefined;
    const more = this.#count - this.#lines.length;
    const lines = more === 0 ? this.#lines : [...this.#lines, `and ${more} more`];
    return Buffer.from(`${lines.join("\n")}\n`);
  }
}

const leftOutName = (top: string): string => `${top}.left-out.txt`;
const pathText = (names: readonly string[]): string => textFromPath(names.join("/"));

function* tarPieces(archive: FileArchive, found: FoundChild, top: string): Generator<Uint8Array, void> {
  let sizeBytes = 0;
  const leftOut = new LeftOut();
  const counted = (bytes: Uint8Array): Uint8Array => {
    sizeBytes += bytes.length;
    return bytes;
  };
  // Hard links lead to other paths of the archive; only what is below the top is in the tar.
  const above = found.path === "" ? "" : `${found.path}/`;
  for (const { names, child } of walk(archive, found, top)) {
    const { entry } = child;
    if (entry.kind === "socket") {
      leftOut.add(pathText(names), "a socket, which tar has no place for");
      continue;
    }
    const file = archive.tree.resolveHardlink(entry);
    const target = entry.kind === "hardlink" ? entry.linkTarget : undefined;
    const isInside = target !== undefined && found.directory !== undefined && target.startsWith(above);
    if (isInside) {
      const linkTarget = `${top}/${target.slice(above.length)}`;
      yield counted(encodeTarHeader({ ...tarFacts(names, file), kind: "hardlink", linkTarget }));
      continue;
    }
    yield counted(encodeTarHeader({ ...tarFacts(names, file), ...tarContent(file) }));
    for (const piece of contentOf(archive, file)) yield counted(piece);
    yield counted(tarPadding(file.content?.sizeBytes ?? 0));
  }
  const { text } = leftOut;
  if (text !== undefined) {
    const facts = { path: leftOutName(top), mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
    yield counted(encodeTarHeader({ ...facts, kind: "file", sizeBytes: text.length }));
    yield counted(text);
    yield counted(tarPadding(text.length));
  }
  yield tarEnd(sizeBytes);
}

function tarFacts(names: readonly string[], { stat }: PxarEntry) {
  const { mode, uid, gid, mtimeSeconds } = stat;
  return { path: names.join("/"), mode, uid, gid, mtimeSeconds };
}

function tarContent(file: PxarEntry) {
  const { kind, content, linkTarget, device } = file;
  if (kind === "hardlink" || kind === "socket") return { kind: "file" as const };
  return { kind, sizeBytes: content?.sizeBytes ?? 0, linkTarget, device };
}

function assertZipHolds(archive: FileArchive, found: PxarChild, path: string): void {
  let count = 0;
  for (const _ of walk(archive, found, "")) {
    if (++count > ZIP_ENTRY_COUNT_MAX)
      throw serverErrors.DOWNLOAD_ZIP_TOO_LARGE({ path, entryCountMax: ZIP_ENTRY_COUNT_MAX });
  }
}

const NO_PLACE_IN_ZIP: Readonly<Partial<Record<PxarEntry["kind"], string>>> = {
  "block-device": "a block device",
  "character-device": "a character device",
  fifo: "a fifo",
  socket: "a socket",
};

function* zipPieces(archive: FileArchive, found: PxarChild, top: string): Generator<Uint8Array, void> {
  const zip = new ZipStream();
  const leftOut = new LeftOut();
  for (const { names, child } of walk(archive, found, top)) {
    const file = archive.tree.resolveHardlink(child.entry);
    const special = NO_PLACE_IN_ZIP[file.kind];
    if (special !== undefined) {
      leftOut.add(pathText(names), `${special}, which zip has no place for`);
      continue;
    }
    const path = names.map(zipName).join("/");
    if (zipName(names.at(-1) ?? "") !== textFromPath(names.at(-1) ?? ""))
      leftOut.add(pathText(names), `is in the zip as ${path}, because its name cannot be there`);
    yield* addToZip(zip, archive, file, path);
  }
  const { text } = leftOut;
  const facts = { mode: 0o100644, mtimeSeconds: 0 };
  if (text !== undefined)
    yield* zip.add({ ...facts, path: leftOutName(zipName(top)), sizeBytes: text.length }, [text]);
  yield* zip.end();
}

function* addToZip(
  zip: ZipStream,
  archive: FileArchive,
  file: PxarEntry,
  path: string,
): Generator<Uint8Array, void> {
  const { mode, mtimeSeconds } = file.stat;
  const facts = { mode, mtimeSeconds };
  if (file.kind === "directory") yield* zip.add({ ...facts, path: `${path}/`, sizeBytes: 0 }, []);
  else if (file.kind === "symlink") {
    const target = Buffer.from(file.linkTarget ?? "", "latin1");
    yield* zip.add({ ...facts, path, sizeBytes: target.length }, [target]);
  } else {
    const sizeBytes = file.content?.sizeBytes ?? 0;
    yield* zip.add({ ...facts, path, sizeBytes }, contentOf(archive, file));
  }
}

/**
 * Names in a zip are text, and a backslash separates directories for some readers. What is neither gets another name, with a
 * part of its digest, so that two of them never become one.
 */
function zipName(name: string): string {
  const text = textFromPath(name);
  if (!text.includes("\\")) return text;
  const digest = createHash("sha256").update(name, "latin1").digest("hex").slice(0, 16);
  return `${text.replaceAll("\\", "_")}~${digest}`;
}

/** Many small pieces as few compressed ones: whole frames, which stand one behind the other in a zstd stream. */
function* compressed(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  for (const part of gather(pieces, FRAME_SIZE_BYTES)) {
    yield zstdCompressSync(part, {
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
    });
  }
}

/** The same bytes in pieces of their own, of at least so many bytes except for the last. */
export function* gather(pieces: Iterable<Uint8Array>, leastBytes: number): Generator<Buffer, void> {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  for (const piece of pieces) {
    // Copied: a piece is its maker's again after the next step.
    parts.push(Buffer.from(piece));
    sizeBytes += piece.length;
    if (sizeBytes < leastBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    sizeBytes = 0;
  }
  if (sizeBytes > 0) yield Buffer.concat(parts);
}
