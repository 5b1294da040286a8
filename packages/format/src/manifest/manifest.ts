/**
 * The signed list of a snapshot's archives (`index.json.blob`). Facts: docs/format.md, manifest.
 *
 * What we do not know is kept: unknown keys at the top, in a file's row and in `unprotected` survive decode and encode,
 * and unknown keys outside `unprotected` stay covered by the signature.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import {
  CodedError,
  parseArchiveName,
  parseBackupId,
  parseBackupTime,
  parseBackupType,
} from "@ironcore-backup/base";
import type { ArchiveName, BackupId, BackupType, Random } from "@ironcore-backup/base";
import { decodeBlob, encodeBlob, parseBlobHeader } from "../blob/blob.ts";
import { COMPRESSION_LEVEL_DEFAULT } from "../blob/compression.ts";
import type { EncryptionKey } from "../crypto/encryption-key.ts";
import { formatErrors } from "../errors.ts";
import { canonicalJson } from "./canonical-json.ts";
import { nestingDepth } from "./json-nesting.ts";

/** Its file in the snapshot's directory. */
export const MANIFEST_NAME = "index.json.blob";
/** Of its JSON. Thousands of archives and long notes fit in; more is not a manifest. */
const MANIFEST_SIZE_BYTES_MAX = 16 * 1024 * 1024;
export const MANIFEST_BLOB_SIZE_BYTES_MAX = MANIFEST_SIZE_BYTES_MAX + 4096;
const FILE_COUNT_MAX = 10_000;
/** Deeper JSON would exhaust the stack when it is written again. */
const NESTING_DEPTH_MAX = 32;

export type CryptMode = "none" | "encrypt" | "sign-only";

export interface ManifestFile {
  readonly name: ArchiveName;
  readonly cryptMode: CryptMode;
  /** Of an index: of the stream it describes. Of a blob: of the file. */
  readonly sizeBytes: number;
  /** 64 hex digits: an index's checksum, or the SHA-256 of a blob's file. */
  readonly checksum: string;
  /** Keys of the row that we do not know. */
  readonly unknown?: Readonly<Record<string, unknown>>;
}

export interface Manifest {
  readonly backupType: BackupType;
  readonly backupId: BackupId;
  readonly backupTime: number;
  readonly files: readonly ManifestFile[];
  /** Not covered by the signature; the server may change it. */
  readonly unprotected: Readonly<Record<string, unknown>>;
  /** 64 hex digits. */
  readonly signature?: string;
  readonly unknown?: Readonly<Record<string, unknown>>;
}

export type SignatureCheck =
  | { readonly outcome: "valid" | "unsigned" }
  | { readonly outcome: "wrong-key"; readonly fingerprint: string }
  | { readonly outcome: "invalid" };

/** @param blob  the file as stored. @throws MANIFEST_CORRUPT with the reason */
export function decodeManifest(blob: Uint8Array): Manifest {
  try {
    if (parseBlobHeader(blob).encrypted) throw corrupt("it is encrypted, which a manifest never is");
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      decodeBlob(blob, { rawSizeBytesMax: MANIFEST_SIZE_BYTES_MAX }),
    );
    return readManifest(parseJson(text));
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "MANIFEST_CORRUPT") throw thrown;
    throw corrupt(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}

/**
 * Pretty-printed JSON in a zstd blob. What this writes, `decodeManifest` reads: it is read once before it is handed out.
 *
 * @throws MANIFEST_CORRUPT for a manifest that could not be read again
 */
export function encodeManifest(needs: { readonly random: Random }, manifest: Manifest): Uint8Array {
  const text = `${JSON.stringify(writeManifest(manifest), undefined, 2)}\n`;
  if (Buffer.byteLength(text) > MANIFEST_SIZE_BYTES_MAX) {
    throw corrupt(`its text has more than ${MANIFEST_SIZE_BYTES_MAX} bytes`);
  }
  readManifest(parseJson(text));
  return encodeBlob(needs, Buffer.from(text), { compressionLevel: COMPRESSION_LEVEL_DEFAULT });
}

/** The manifest with its signature, and the key's fingerprint in `unprotected`. */
export function signManifest(manifest: Manifest, key: EncryptionKey): Manifest {
  const unprotected = { ...manifest.unprotected, "key-fingerprint": key.fingerprint };
  return { ...manifest, unprotected, signature: signatureOf(manifest, key).toString("hex") };
}

/**
 * Whether this key signed this manifest. An unsigned manifest says nothing about its key.
 *
 * @throws MANIFEST_CORRUPT for one that nobody can sign, because unknown keys hold a null or a fraction
 */
export function checkManifestSignature(manifest: Manifest, key: EncryptionKey): SignatureCheck {
  const fingerprint = manifest.unprotected["key-fingerprint"];
  if (typeof fingerprint === "string" && fingerprint !== key.fingerprint)
    return { outcome: "wrong-key", fingerprint };
  if (manifest.signature === undefined) return { outcome: "unsigned" };
  const stored = Buffer.from(manifest.signature, "hex");
  const computed = signatureOf(manifest, key);
  const isEqual = stored.length === computed.length && timingSafeEqual(stored, computed);
  return { outcome: isEqual ? "valid" : "invalid" };
}

function signatureOf(manifest: Manifest, key: EncryptionKey): Buffer {
  const { signature: _signature, unprotected: _unprotected, ...signed } = writeManifest(manifest);
  return createHmac("sha256", key.idKey).update(canonicalJson(signed)).digest();
}

function writeManifest(manifest: Manifest): Record<string, unknown> {
  return {
    ...manifest.unknown,
    "backup-type": manifest.backupType,
    "backup-id": manifest.backupId,
    "backup-time": manifest.backupTime,
    files: manifest.files.map((file) => ({
      ...file.unknown,
      filename: file.name,
      "crypt-mode": file.cryptMode,
      size: file.sizeBytes,
      csum: file.checksum,
    })),
    unprotected: manifest.unprotected,
    signature: manifest.signature ?? null,
  };
}

function parseJson(text: string): unknown {
  if (nestingDepth(text) > NESTING_DEPTH_MAX) {
    throw corrupt(`its JSON is nested deeper than ${NESTING_DEPTH_MAX}`);
  }
  return JSON.parse(text);
}

function readManifest(json: unknown): Manifest {
  const {
    "backup-type": type,
    "backup-id": id,
    "backup-time": time,
    files,
    unprotected = {},
    signature = null,
    ...unknown
  } = readObject(json, "the manifest");
  if (typeof type !== "string" || typeof id !== "string" || typeof time !== "number") {
    throw corrupt("backup-type, backup-id or backup-time is missing");
  }
  if (!Array.isArray(files)) throw corrupt("it has no list of files");
  if (files.length > FILE_COUNT_MAX)
    throw corrupt(`it lists ${files.length} files, more than ${FILE_COUNT_MAX}`);
  if (signature !== null && !isDigestText(signature)) throw corrupt("its signature is not 64 hex digits");
  const rows = files.map(readFile);
  assertDistinct(rows);
  return {
    backupType: parseBackupType(type),
    backupId: parseBackupId(id),
    backupTime: parseBackupTime(time),
    files: rows,
    unprotected: unprotected === null ? {} : readObject(unprotected, "unprotected"),
    ...(signature === null ? {} : { signature }),
    ...(Object.keys(unknown).length === 0 ? {} : { unknown }),
  };
}

function assertDistinct(files: readonly ManifestFile[]): void {
  const names = new Set<string>();
  for (const { name } of files) {
    if (names.has(name)) throw corrupt(`it lists ${name} twice`);
    names.add(name);
  }
}

function readFile(json: unknown): ManifestFile {
  const { filename, "crypt-mode": mode = "none", size, csum, ...unknown } = readObject(json, "a file's row");
  if (typeof filename !== "string") throw corrupt("a file has no name");
  if (mode !== "none" && mode !== "encrypt" && mode !== "sign-only")
    throw corrupt(`${filename} has an unknown crypt mode`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw corrupt(`${filename} has no valid size`);
  if (!isDigestText(csum)) throw corrupt(`${filename} has no valid checksum`);
  const row = { name: parseArchiveName(filename), cryptMode: mode, sizeBytes: size, checksum: csum } as const;
  return Object.keys(unknown).length === 0 ? row : { ...row, unknown };
}

function readObject(json: unknown, what: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw corrupt(`${what} is not an object`);
  return { ...json };
}

function isDigestText(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function corrupt(detail: string, cause?: unknown): Error {
  return formatErrors.MANIFEST_CORRUPT({ detail }, cause);
}
