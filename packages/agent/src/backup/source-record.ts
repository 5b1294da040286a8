/**
 * `sources.blob`: what the sources of a snapshot were, so that the next backup can tell an untouched disk image and a
 * person can tell where an archive came from. Ours alone; other programs keep it like any blob.
 *
 * JSON: `{ "version": 1, "sources": [{ "path", "archive", "kind": "directory" | "image" | "qcow2" | "command", "image"?, "tree"? }] }`. Paths and
 * names are byte strings (one character per byte). Encrypted like every other blob when there is a key.
 */

import { fileSystemOf } from "../syscalls/file-system.ts";
import type { FileStat } from "../syscalls/file-stat.ts";

export const SOURCE_RECORD_NAME = "sources.blob";
const VERSION = 1;
const RECORD_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/** Equal values mean the same file, untouched. */
export interface ImageIdentity {
  readonly fileSystem: string;
  readonly inode: string;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanos: number;
}

/** Sums over one file archive. */
export interface TreeTotals {
  readonly entryCount: number;
  readonly fileSizeBytes: number;
  /** Bytes of the payload stream that belong to files of this archive, their headers included; the rest is dead. */
  readonly payloadLiveBytes: number;
}

export interface SourceRecord {
  /** Of a command the program. */
  readonly path: string;
  readonly archive: string;
  readonly kind: "directory" | "image" | "qcow2" | "command";
  readonly image?: ImageIdentity;
  readonly tree?: TreeTotals;
}

export function imageIdentityOf(fd: number, stat: FileStat): ImageIdentity {
  return {
    fileSystem: fileSystemOf(fd)?.id ?? "",
    inode: `${stat.inodeHigh}:${stat.inodeLow}`,
    sizeBytes: stat.sizeBytes,
    mtimeSeconds: stat.mtimeSeconds,
    mtimeNanos: stat.mtimeNanos,
    ctimeSeconds: stat.ctimeSeconds,
    ctimeNanos: stat.ctimeNanos,
  };
}

export function encodeSourceRecords(sources: readonly SourceRecord[]): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, sources }), "utf8");
}

/**
 * Only what is wholly understood is returned; anything else means "nothing is known", and then everything is read.
 */
export function decodeSourceRecords(bytes: Uint8Array): readonly SourceRecord[] {
  if (bytes.length > RECORD_SIZE_BYTES_MAX) return [];
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return [];
  }
  if (!isObject(value) || value["version"] !== VERSION || !Array.isArray(value["sources"])) return [];
  return value["sources"].filter(isSourceRecord);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isSourceRecord(value: unknown): value is SourceRecord {
  if (!isObject(value) || typeof value["path"] !== "string" || typeof value["archive"] !== "string")
    return false;
  if (!["directory", "image", "qcow2", "command"].includes(String(value["kind"]))) return false;
  if (value["tree"] !== undefined && !isTreeTotals(value["tree"])) return false;
  return value["image"] === undefined || isImageIdentity(value["image"]);
}

function isTreeTotals(value: unknown): boolean {
  if (!isObject(value)) return false;
  return ["entryCount", "fileSizeBytes", "payloadLiveBytes"].every((name) =>
    Number.isSafeInteger(value[name]),
  );
}

function isImageIdentity(value: unknown): boolean {
  if (!isObject(value) || typeof value["fileSystem"] !== "string" || typeof value["inode"] !== "string")
    return false;
  return ["sizeBytes", "mtimeSeconds", "mtimeNanos", "ctimeSeconds", "ctimeNanos"].every((name) =>
    Number.isSafeInteger(value[name]),
  );
}
