/** Where a chunk lies: `.chunks/XXXX/DIGEST`, the directory named by the first four hex digits. */

import { assertInvariant, DIGEST_SIZE_BYTES, hexFromBytes } from "@ironcore-backup/base";

export const CHUNKS_DIRECTORY_NAME = ".chunks";
export const CHUNK_DIRECTORY_COUNT = 65_536;
export const CHUNK_DIRECTORY_MODE = 0o750;

/** Numbered names for corrupt chunks that verification set aside: `DIGEST.0.bad` to `DIGEST.9.bad`. */
export const BAD_CHUNK_COUNT_MAX = 10;

const HEX_DIGEST = /^[0-9a-f]{64}$/;

/** `0000` to `ffff`. */
export function chunkDirectoryName(directoryIndex: number): string {
  return directoryIndex.toString(16).padStart(4, "0");
}

/** @param digest  32 bytes */
export function chunkPath(storePath: string, digest: Uint8Array): string {
  assertInvariant(digest.length === DIGEST_SIZE_BYTES, "a digest has 32 bytes");
  const hex = hexFromBytes(digest);
  return `${storePath}/${CHUNKS_DIRECTORY_NAME}/${hex.slice(0, 4)}/${hex}`;
}

export function badChunkPath(path: string, badIndex: number): string {
  return `${path}.${badIndex}.bad`;
}

/** What a name in a chunk directory is. Temporaries and strangers are `other`. */
export function classifyChunkName(name: string): "chunk" | "bad-chunk" | "other" {
  if (HEX_DIGEST.test(name)) return "chunk";
  return /^[0-9a-f]{64}\.[0-9]\.bad$/.test(name) ? "bad-chunk" : "other";
}
