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

/**
 * Where a chunk waits for the moment that garbage collection takes to decide over it. Whoever misses the chunk meanwhile
 * gives it its name back (`giveBack`).
 */
export function doomedChunkPath(path: string): string {
  return `${path}.gc`;
}

export type ChunkNameKind = "chunk" | "bad-chunk" | "doomed-chunk" | "temporary" | "other";

/** What a name in a chunk directory is. Strangers are `other`. */
export function classifyChunkName(name: string): ChunkNameKind {
  if (HEX_DIGEST.test(name)) return "chunk";
  if (!HEX_DIGEST.test(name.slice(0, 64))) return "other";
  const rest = name.slice(64);
  if (/^\.[0-9]\.bad$/.test(rest)) return "bad-chunk";
  if (rest === ".gc") return "doomed-chunk";
  return rest.startsWith(".tmp_") ? "temporary" : "other";
}
