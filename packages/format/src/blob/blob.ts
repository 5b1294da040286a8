/**
 * The container on disk and on the wire: a header, then the data, perhaps compressed, perhaps encrypted.
 *
 *   plain, zstd                 magic[8] crc32[4] data
 *   encrypted, encrypted-zstd   magic[8] crc32[4] iv[16] tag[16] ciphertext
 *
 * The checksum covers what follows the header, not the header. Compression comes first and is used only when it makes
 * the data strictly shorter. Every function takes views on shared memory without copying them.
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { crc32 } from "node:zlib";
import { assertInvariant, hexFromBytes } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import type { EncryptionKey } from "../crypto/encryption-key.ts";
import { formatErrors } from "../errors.ts";
import { compress, decompress } from "./compression.ts";
import type { WorkMemory } from "./work-memory.ts";

export const CHUNK_RAW_SIZE_BYTES_MAX = 16 * 1024 * 1024;
export const BLOB_RAW_SIZE_BYTES_MAX = 128 * 1024 * 1024;
const PLAIN_HEADER_SIZE_BYTES = 12;
const ENCRYPTED_HEADER_SIZE_BYTES = 44;
/** The largest chunk file: incompressible and encrypted. */
export const CHUNK_BLOB_SIZE_BYTES_MAX = CHUNK_RAW_SIZE_BYTES_MAX + ENCRYPTED_HEADER_SIZE_BYTES;
export const BLOB_SIZE_BYTES_MAX = BLOB_RAW_SIZE_BYTES_MAX + ENCRYPTED_HEADER_SIZE_BYTES;
const IV_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 16;
const IV_OFFSET = 12;
const TAG_OFFSET = IV_OFFSET + IV_SIZE_BYTES;

export type BlobKind = "plain" | "zstd" | "encrypted" | "encrypted-zstd";

const MAGICS: Readonly<Record<BlobKind, string>> = {
  plain: "42ab3807be8370a1",
  zstd: "31b958426fb6a37f",
  encrypted: "7b6785be222d4cf0",
  "encrypted-zstd": "e6591bbf0bbfd80b",
};
const KINDS: ReadonlyMap<string, BlobKind> = new Map(
  // The table's keys are exactly the kinds.
  Object.entries(MAGICS).map(([kind, magic]) => [magic, kind as BlobKind]),
);

export interface BlobHeader {
  readonly kind: BlobKind;
  readonly encrypted: boolean;
  readonly compressed: boolean;
  readonly headerSizeBytes: number;
  readonly crc: number;
}

export interface EncodeBlobOptions {
  /** zstd, 1 to 19. Absent: stored as it is. */
  readonly compressionLevel?: number;
  readonly key?: EncryptionKey;
  /** Where a compressed body lies until this memory is taken again. */
  readonly memory?: WorkMemory;
}

export interface EncodedBlob {
  /** Header and body; laid end to end they are the blob. The body may be `raw` itself. */
  readonly parts: readonly Uint8Array[];
  readonly kind: BlobKind;
  /** After compression, before encryption, without the header. */
  readonly compressedSizeBytes: number;
}

/** For `writev`: nothing is copied. @throws INVARIANT_BROKEN for more than 128 MiB or a level outside 1 to 19 */
export function encodeBlobParts(
  needs: { readonly random: Random },
  raw: Uint8Array,
  options: EncodeBlobOptions = {},
): EncodedBlob {
  assertInvariant(raw.length <= BLOB_RAW_SIZE_BYTES_MAX, "a blob holds at most 128 MiB");
  const compressed =
    options.compressionLevel === undefined
      ? undefined
      : compress(raw, options.compressionLevel, options.memory);
  const data = compressed ?? raw;
  if (options.key === undefined) {
    const kind = compressed === undefined ? "plain" : "zstd";
    return { parts: [encodeHeader(kind, crc32(data)), data], kind, compressedSizeBytes: data.length };
  }
  const kind = compressed === undefined ? "encrypted" : "encrypted-zstd";
  return { parts: encrypt(needs, data, kind, options.key), kind, compressedSizeBytes: data.length };
}

/** The blob as one piece of fresh memory. As `encodeBlobParts`. */
export function encodeBlob(
  needs: { readonly random: Random },
  raw: Uint8Array,
  options: EncodeBlobOptions = {},
): Uint8Array {
  return Buffer.concat(encodeBlobParts(needs, raw, options).parts);
}

function encodeHeader(kind: BlobKind, crc: number): Buffer {
  const header = Buffer.alloc(PLAIN_HEADER_SIZE_BYTES);
  header.write(MAGICS[kind], 0, "hex");
  header.writeUInt32LE(crc, 8);
  return header;
}

function encrypt(
  needs: { readonly random: Random },
  data: Uint8Array,
  kind: BlobKind,
  key: EncryptionKey,
): Uint8Array[] {
  const iv = needs.random.bytes(IV_SIZE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.encKey, iv);
  const ciphertext = cipher.update(data);
  const rest = cipher.final();
  assertInvariant(rest.length === 0, "GCM has no padding");
  return [encodeHeader(kind, crc32(ciphertext)), iv, cipher.getAuthTag(), ciphertext];
}

/** @throws BLOB_TRUNCATED, BLOB_MAGIC_UNKNOWN */
export function parseBlobHeader(blob: Uint8Array): BlobHeader {
  if (blob.length < PLAIN_HEADER_SIZE_BYTES) throw truncated(blob, PLAIN_HEADER_SIZE_BYTES);
  const magic = hexFromBytes(blob.subarray(0, 8));
  const kind = KINDS.get(magic);
  if (kind === undefined) throw formatErrors.BLOB_MAGIC_UNKNOWN({ magic });
  const encrypted = kind === "encrypted" || kind === "encrypted-zstd";
  const headerSizeBytes = encrypted ? ENCRYPTED_HEADER_SIZE_BYTES : PLAIN_HEADER_SIZE_BYTES;
  if (blob.length < headerSizeBytes) throw truncated(blob, headerSizeBytes);
  const crc = new DataView(blob.buffer, blob.byteOffset).getUint32(8, true);
  return { kind, encrypted, compressed: kind === "zstd" || kind === "encrypted-zstd", headerSizeBytes, crc };
}

function truncated(blob: Uint8Array, sizeBytesMin: number): Error {
  return formatErrors.BLOB_TRUNCATED({ sizeBytes: blob.length, sizeBytesMin });
}

/** @throws BLOB_CHECKSUM_WRONG, and what `parseBlobHeader` throws */
export function assertBlobCrc(blob: Uint8Array): void {
  const header = parseBlobHeader(blob);
  const computed = crc32(blob.subarray(header.headerSizeBytes));
  if (computed === header.crc) return;
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  throw formatErrors.BLOB_CHECKSUM_WRONG({ stored: hex(header.crc), computed: hex(computed) });
}

export interface DecodeBlobOptions {
  readonly key?: EncryptionKey;
  /** Decoding stops with BLOB_TOO_LARGE before more than this lies in memory. */
  readonly rawSizeBytesMax: number;
  /** The caller has just called `assertBlobCrc`. */
  readonly isCrcChecked?: boolean;
  /** Where decompressed data lies until this memory is taken again. */
  readonly memory?: WorkMemory;
}

/**
 * The raw data; of a plain blob a view on `blob`, of a compressed one in `options.memory`, else fresh memory.
 *
 * @throws BLOB_CHECKSUM_WRONG (before a key is tried), KEY_REQUIRED, KEY_WRONG, BLOB_TOO_LARGE, BLOB_NOT_DECODABLE
 */
export function decodeBlob(blob: Uint8Array, options: DecodeBlobOptions): Uint8Array {
  const header = parseBlobHeader(blob);
  if (options.isCrcChecked !== true) assertBlobCrc(blob);
  const data = header.encrypted ? decrypt(blob, options.key) : blob.subarray(header.headerSizeBytes);
  if (header.compressed) return decompress(data, options.rawSizeBytesMax, options.memory);
  if (data.length > options.rawSizeBytesMax) {
    throw formatErrors.BLOB_TOO_LARGE({ sizeBytesMax: options.rawSizeBytesMax });
  }
  return data;
}

function decrypt(blob: Uint8Array, key: EncryptionKey | undefined): Uint8Array {
  if (key === undefined) throw formatErrors.KEY_REQUIRED({});
  const iv = blob.subarray(IV_OFFSET, TAG_OFFSET);
  const decipher = createDecipheriv("aes-256-gcm", key.encKey, iv, {
    authTagLength: TAG_SIZE_BYTES,
  });
  decipher.setAuthTag(blob.subarray(TAG_OFFSET, ENCRYPTED_HEADER_SIZE_BYTES));
  const data = decipher.update(blob.subarray(ENCRYPTED_HEADER_SIZE_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    // The checksum was right, so the bytes are what was written: it is the key that does not fit.
    throw formatErrors.KEY_WRONG({ expected: "another one", given: key.fingerprint }, cause);
  }
  return data;
}
