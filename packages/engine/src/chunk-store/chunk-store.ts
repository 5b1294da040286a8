/**
 * Chunks by digest: inserted once, read, touched.
 *
 * Inserting writes a temporary file in the chunk's directory and renames it; it never syncs a new chunk by itself, because
 * a backup makes everything durable with one `syncfs` before its manifest appears. So this is what a power cut can leave:
 *
 * - temporary files: no reader looks at their names, garbage collection removes them;
 * - chunks, named as they should be, that are empty, short or hold zeros, of a backup that never finished. No manifest names
 *   them. But the next backup finds them "present", and must not believe it. Therefore a present chunk is only trusted
 *   when a finished snapshot vouches for it (that snapshot was synced as a whole) or after its magic, length and CRC were
 *   checked here. A damaged one counts as absent and is replaced: whoever comes next heals it.
 *
 * A chunk that is replaced may be in use by finished snapshots, so a replacement is synced before it is renamed.
 */

import { createHash } from "node:crypto";
import { assertInvariant, CodedError, hexFromBytes, randomHex } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import { assertBlobCrc, CHUNK_BLOB_SIZE_BYTES_MAX, parseBlobHeader } from "@ironcore-backup/format";
import type { ThreadChunkReader, ThreadChunkWriter } from "@ironcore-backup/format";
import { createRecordLog } from "../chunk-records/record-log.ts";
import type { Disk, FileStat } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { badChunkPath, BAD_CHUNK_COUNT_MAX, chunkPath, doomedChunkPath } from "./chunk-path.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import { assertPinned } from "./store-pin.ts";
import type { StorePin } from "./store-pin.ts";
import { decideExistingChunk } from "./stored-chunk.ts";
import type { ChunkShape } from "./stored-chunk.ts";

/** Magic, CRC, IV and tag of the largest header. */
const HEADER_SIZE_BYTES_MAX = 44;
const READ_BUFFER_SIZE_BYTES_MIN = 64 * 1024;

export interface ChunkStoreOptions {
  /** Chunks of a finished snapshot that is not known to be damaged: their presence is enough. */
  readonly vouched?: DigestSet;
  /** Whether this writer's chunks are encrypted; a present chunk of the other kind is not trusted. Absent: either. */
  readonly encrypted?: boolean;
  /** Chunks are added to this store only, whatever its path names by then. */
  readonly pin?: StorePin;
  /**
   * When this writer began, by the clock of that moment, in milliseconds. Nothing it touches or adds looks older than that,
   * even when the clock is set back meanwhile: garbage collection goes by the starts of living writers.
   */
  readonly writerStartedAtMs?: number;
}

export interface ChunkStore extends ThreadChunkWriter, ThreadChunkReader {
  /** True when the chunk's file is there and not empty. */
  has(digest: Uint8Array): boolean;
  /** `has`, and touches it, so that garbage collection keeps it. For chunks that a locked snapshot vouches for. */
  touchPresent(digest: Uint8Array): boolean;
  /**
   * Renames a corrupt chunk to `DIGEST.N.bad`, so that the next backup uploads it anew.
   * @param inspected  the file that was found corrupt; another one that took its place meanwhile stays
   * @returns whether it was set aside
   */
  setAside(digest: Uint8Array, inspected: FileStat): boolean;
  stat(digest: Uint8Array): FileStat | undefined;
}

// Long because the store's read buffer and temporary names live in one closure; each function in it is short.
/** One thread's view of a store. Who inserts closes it: `close` ends the log of what it stored encrypted. */
export function createChunkStore(
  needs: { disk: Disk; clock: Clock; random: Random },
  storePath: string,
  options: ChunkStoreOptions = {},
): ChunkStore {
  const { disk, clock } = needs;
  const temporaryStem = `tmp_${randomHex(needs.random, 8)}`;
  const records = createRecordLog(needs, storePath);
  let temporaryCount = 0;
  let readBuffer = new Uint8Array(0);

  function findFile(path: string): FileStat | undefined {
    const stat = disk.lstat(path);
    if (stat === undefined && giveBack(disk, path)) return findFile(path);
    return stat?.kind === "file" ? stat : undefined;
  }

  function readInto(path: string): Uint8Array {
    const file = disk.open(path, "read");
    try {
      const { sizeBytes } = file.stat();
      const sizeBytesMax = CHUNK_BLOB_SIZE_BYTES_MAX;
      if (sizeBytes > sizeBytesMax) throw engineErrors.FILE_TOO_LARGE({ path, sizeBytes, sizeBytesMax });
      if (readBuffer.length < sizeBytes) {
        readBuffer = new Uint8Array(
          Math.max(READ_BUFFER_SIZE_BYTES_MIN, 2 ** Math.ceil(Math.log2(sizeBytes))),
        );
      }
      return readBuffer.subarray(0, file.pread(readBuffer.subarray(0, sizeBytes), 0));
    } finally {
      file.close();
    }
  }

  /** The present chunk's shape, or undefined when nothing sound is there. */
  function inspect(path: string): ChunkShape | undefined {
    try {
      const blob = readInto(path);
      const header = parseBlobHeader(blob);
      assertBlobCrc(blob);
      return { sizeBytes: blob.length, encrypted: header.encrypted, compressed: header.compressed };
    } catch (thrown) {
      // Unreadable, unparsable or gone: in each case there is no chunk to rely on, and a new one takes its place.
      if (thrown instanceof CodedError) return undefined;
      throw thrown;
    }
  }

  function touchFile(path: string, stat: FileStat): boolean {
    try {
      disk.touch(path, Math.max(clock.now(), options.writerStartedAtMs ?? 0), stat);
      return true;
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
      // Collected or set aside between the look and the touch: it is not there, unless it is still being decided over.
      return giveBack(disk, path) && touchFile(path, stat);
    }
  }

  function isTrusted(path: string, digest: Uint8Array, rawSizeBytes: number): boolean {
    if (options.vouched?.has(digest) === true) return true;
    const shape = inspect(path);
    if (shape === undefined) return false;
    if (options.encrypted !== undefined && shape.encrypted !== options.encrypted) return false;
    return shape.compressed || shape.sizeBytes === rawSizeBytes + headerSizeBytes(shape.encrypted);
  }

  /** Of an encrypted chunk what its bytes are is written down before it gets its name: nobody can work it out later. */
  function record(digest: Uint8Array, parts: readonly Uint8Array[], { inode }: FileStat): void {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    const storedSizeBytes = sizeOf(parts);
    records.add({ digest, storedDigest: hash.digest(), inode, checkedAtSeconds: 0, storedSizeBytes });
    records.flush();
  }

  function writeFile(
    path: string,
    parts: readonly Uint8Array[],
    { isReplacement, encryptedDigest }: { isReplacement: boolean; encryptedDigest: Uint8Array | undefined },
  ): void {
    if (options.pin !== undefined) assertPinned(needs, storePath, options.pin);
    temporaryCount++;
    const temporary = `${path}.${temporaryStem}_${temporaryCount}`;
    const file = disk.open(temporary, "create");
    try {
      try {
        file.writev(parts, 0);
        if (encryptedDigest !== undefined) record(encryptedDigest, parts, file.stat());
        if (isReplacement) file.sync();
      } finally {
        file.close();
      }
      const startedAtMs = options.writerStartedAtMs ?? 0;
      if (clock.now() < startedAtMs) disk.touch(temporary, startedAtMs);
      disk.rename(temporary, path);
    } catch (thrown) {
      removeQuietly(disk, temporary);
      throw thrown;
    }
  }

  function touch(digest: Uint8Array, rawSizeBytes: number): boolean {
    const path = chunkPath(storePath, digest);
    const stat = findFile(path);
    // Touched before it is checked: from then on garbage collection keeps what the check is about.
    if (stat === undefined || stat.sizeBytes === 0 || !touchFile(path, stat)) return false;
    return isTrusted(path, digest, rawSizeBytes);
  }

  function insert(digest: Uint8Array, parts: readonly Uint8Array[]): { outcome: "stored" | "known" } {
    const path = chunkPath(storePath, digest);
    const incoming = shapeOfParts(parts);
    const stat = findFile(path);
    const existing = stat === undefined || stat.sizeBytes === 0 ? undefined : inspect(path);
    if (stat !== undefined && existing !== undefined) {
      const decision = decideExistingChunk(existing, incoming);
      if (decision.outcome === "conflict") {
        throw engineErrors.CHUNK_CONFLICT({ digest: hexFromBytes(digest), detail: decision.detail });
      }
      if (decision.outcome === "keep" && touchFile(path, stat)) return { outcome: "known" };
    }
    const isReplacement = stat !== undefined;
    writeFile(path, parts, { isReplacement, encryptedDigest: incoming.encrypted ? digest : undefined });
    return { outcome: "stored" };
  }

  return {
    touch,
    insert,
    has: (digest) => (findFile(chunkPath(storePath, digest))?.sizeBytes ?? 0) > 0,
    touchPresent: (digest) => {
      const path = chunkPath(storePath, digest);
      const stat = findFile(path);
      return stat !== undefined && stat.sizeBytes > 0 && touchFile(path, stat);
    },
    read: (digest) => {
      const path = chunkPath(storePath, digest);
      try {
        return readInto(path);
      } catch (thrown) {
        if (!isMissing(thrown)) throw thrown;
        if (giveBack(disk, path)) return readInto(path);
        throw engineErrors.CHUNK_MISSING({ digest: hexFromBytes(digest) }, thrown);
      }
    },
    stat: (digest) => findFile(chunkPath(storePath, digest)),
    setAside: (digest, inspected) => setAside(disk, chunkPath(storePath, digest), inspected),
    close: () => {
      readBuffer = new Uint8Array(0);
      records.close();
    },
  };
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code === "FILE_MISSING";
}

/**
 * A chunk whose name garbage collection has just taken away, or had when it was killed, gets it back: it is wanted.
 * @returns whether there was one
 */
function giveBack(disk: Disk, path: string): boolean {
  const doomed = doomedChunkPath(path);
  if (disk.lstat(doomed) === undefined) return false;
  try {
    disk.rename(doomed, path);
    return true;
  } catch (thrown) {
    // Given back or removed by somebody else in the same moment; the next look tells which.
    if (isMissing(thrown)) return disk.lstat(path) !== undefined;
    throw thrown;
  }
}

function headerSizeBytes(encrypted: boolean): number {
  return encrypted ? HEADER_SIZE_BYTES_MAX : 12;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function shapeOfParts(parts: readonly Uint8Array[]): ChunkShape {
  const sizeBytes = sizeOf(parts);
  assertInvariant(sizeBytes <= CHUNK_BLOB_SIZE_BYTES_MAX, "an encoded chunk fits the largest chunk file");
  const start = new Uint8Array(Math.min(sizeBytes, HEADER_SIZE_BYTES_MAX));
  let filled = 0;
  for (const part of parts) {
    if (filled === start.length) break;
    const piece = part.subarray(0, start.length - filled);
    start.set(piece, filled);
    filled += piece.length;
  }
  const { encrypted, compressed } = parseBlobHeader(start);
  return { sizeBytes, encrypted, compressed };
}

/** The error that is already on its way says more; a temporary that stays is known by its name and harms nobody. */
function removeQuietly(disk: Disk, path: string): void {
  try {
    disk.unlink(path);
  } catch {
    // Nothing to add: see above.
  }
}

function setAside(disk: Disk, path: string, inspected: FileStat): boolean {
  const stat = disk.lstat(path);
  if (stat === undefined || stat.inode !== inspected.inode || stat.device !== inspected.device) return false;
  let badIndex = 0;
  while (badIndex < BAD_CHUNK_COUNT_MAX - 1 && disk.lstat(badChunkPath(path, badIndex)) !== undefined)
    badIndex++;
  // With all ten names taken the last is replaced: a corrupt chunk must never stay in a good one's place.
  const badPath = badChunkPath(path, badIndex);
  disk.rename(path, badPath);
  const moved = disk.lstat(badPath);
  if (moved !== undefined && moved.inode === inspected.inode) return true;
  // A backup put a sound chunk there in the last microseconds: it goes back to its name.
  if (moved !== undefined) disk.rename(badPath, path);
  return false;
}
