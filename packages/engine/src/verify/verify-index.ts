/**
 * Reads the chunks of one index, each distinct chunk once in a pass, and judges them.
 *
 * Chunks are taken in batches: what is missing shows by a look at the directory, and what is there is read in the order of
 * its inodes, which is about the order it was written in: on a turning disk that is the difference between reading
 * and seeking.
 *
 * A chunk found corrupt is looked at once more here before it is set aside: the first reading may have hit a backup that
 * just replaced it, and a chunk that is sound by itself is never moved because of what an index says about it.
 */

import { digestFromBytes, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { CodedError, Digest } from "@ironcore-backup/base";
import type {
  ChunkDecoder,
  DecodeRequest,
  DecodeResult,
  DynamicIndexReader,
  EncryptionKey,
  FixedIndexReader,
} from "@ironcore-backup/format";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { ChunkBook } from "./chunk-book.ts";
import { inspectChunk } from "./chunk-damage.ts";
import { damageKey } from "./seen-chunks.ts";
import type { KnownDamage, SeenChunks } from "./seen-chunks.ts";
import type { FindingList } from "./verify-report.ts";

/** Looking at this many files takes some 20 ms: short enough between two turns of the event loop. */
const BATCH_CHUNK_COUNT = 4096;

export interface ChunkTally {
  checkedChunkCount: number;
  sharedChunkCount: number;
  readSizeBytes: number;
  digestCount: number;
  /** Encrypted ones that are, byte for byte, what was stored. */
  storedDigestCount: number;
  checksumOnlyCount: number;
  /** Found sound by the pass that this one goes on with. */
  freshChunkCount: number;
  /** Entries of indexes that are dealt with, for progress. */
  doneEntryCount: number;
}

export interface IndexVerification {
  readonly archive: string;
  readonly index: DynamicIndexReader | FixedIndexReader;
  readonly encrypted: boolean;
  /** Known to be the right one. */
  readonly key: EncryptionKey | undefined;
}

/** What chunks are judged for, with the digests that were already reported for it: each is listed once. */
interface ChunkScope extends Omit<IndexVerification, "index"> {
  readonly reported: Set<Digest>;
}

interface IndexScope extends IndexVerification, ChunkScope {}

export interface IndexVerifierParts {
  readonly chunkStore: ChunkStore;
  readonly decoder: ChunkDecoder;
  readonly seen: SeenChunks;
  readonly book: ChunkBook;
  readonly findings: FindingList;
  readonly tally: ChunkTally;
  readonly onProgress: () => void;
  readonly pace: (bytes: number) => Promise<void> | undefined;
}

interface PresentChunk {
  readonly request: DecodeRequest;
  readonly inode: number;
}

/** Errors of a decode that speak about the chunk; any other ends the verification. */
const ABOUT_THE_CHUNK = new Set([
  "CHUNK_CORRUPT",
  "CHUNK_MISSING",
  "DISK_READ_FAILED",
  "FILE_TOO_LARGE",
  "KEY_WRONG",
]);

/** Of these, the ones whose bytes were read: they count as read. */
const READ_AND_REFUSED = new Set(["CHUNK_CORRUPT", "KEY_WRONG"]);

/** @throws CANCELLED, COMPUTE_THREAD_LOST, DISK_WRITE_FAILED when a corrupt chunk cannot be set aside */
export async function verifyIndex(
  parts: IndexVerifierParts,
  verification: IndexVerification,
  options: { signal?: AbortSignal },
): Promise<void> {
  const { index } = verification;
  const scope: IndexScope = { ...verification, reported: new Set() };
  for (let start = 0; start < index.chunkCount; start += BATCH_CHUNK_COUNT) {
    throwIfCancelled(options.signal);
    const end = Math.min(index.chunkCount, start + BATCH_CHUNK_COUNT);
    const present = findPresent(parts, scope, start, end);
    parts.onProgress();
    await verifyPresent(parts, scope, present, options);
  }
}

/** Chunks by themselves, in the order of the disk. @throws as `verifyIndex` */
export async function verifyChunks(
  parts: IndexVerifierParts,
  chunks: readonly DecodeRequest[],
  options: { signal?: AbortSignal },
): Promise<void> {
  const scope = { archive: "", key: undefined, reported: new Set<Digest>() };
  const present: PresentChunk[] = [];
  for (const request of chunks) {
    const { digest, encrypted } = request;
    if (!(encrypted ? parts.seen.encrypted : parts.seen.plain).add(digest)) continue;
    const stat = parts.chunkStore.stat(digest);
    if (stat !== undefined) present.push({ request, inode: stat.inode });
    else
      report(
        parts,
        { ...scope, encrypted },
        digestFromBytes(digest),
        missing("the chunk is not in the store"),
      );
  }
  present.sort((a, b) => a.inode - b.inode);
  for (const encrypted of [false, true])
    await verifyPresent(
      parts,
      { ...scope, encrypted },
      present.filter(({ request }) => request.encrypted === encrypted),
      options,
    );
}

/** New chunks of the batch that are there, in the order of the disk; the others are reported at once. */
function findPresent(
  parts: IndexVerifierParts,
  scope: IndexScope,
  start: number,
  end: number,
): PresentChunk[] {
  const { index, encrypted } = scope;
  const seen = encrypted ? parts.seen.encrypted : parts.seen.plain;
  const present: PresentChunk[] = [];
  for (let at = start; at < end; at++) {
    const digestBytes = index.digestAt(at);
    const isUnwritten = digestBytes.every((byte) => byte === 0);
    if (isUnwritten || !seen.add(digestBytes)) {
      repeatDamage(parts, scope, digestFromBytes(digestBytes), isUnwritten);
      continue;
    }
    const stat = parts.chunkStore.stat(digestBytes);
    if (stat === undefined) {
      parts.tally.doneEntryCount++;
      report(parts, scope, digestFromBytes(digestBytes), missing("the chunk is not in the store"));
      continue;
    }
    if (parts.book.isFresh(digestBytes, stat.inode)) {
      parts.tally.doneEntryCount++;
      parts.tally.freshChunkCount++;
      continue;
    }
    const rawSizeBytes = index.endBytes(at) - index.startBytes(at);
    present.push({ request: { digest: digestBytes, rawSizeBytes, encrypted }, inode: stat.inode });
  }
  return present.toSorted((a, b) => a.inode - b.inode);
}

function missing(reason: string): KnownDamage {
  return { kind: "missing", reason, isSetAside: false };
}

/** A chunk that was judged before: its damage belongs to this archive too, once. */
function repeatDamage(
  parts: IndexVerifierParts,
  scope: ChunkScope,
  digest: Digest,
  isUnwritten: boolean,
): void {
  parts.tally.doneEntryCount++;
  if (!isUnwritten) parts.tally.sharedChunkCount++;
  const damage = isUnwritten
    ? missing("the index entry was never written")
    : parts.seen.damage.get(damageKey(digest, scope.encrypted));
  if (damage !== undefined) addFinding(parts, scope, digest, damage);
}

function report(parts: IndexVerifierParts, scope: ChunkScope, digest: Digest, damage: KnownDamage): void {
  parts.seen.damage.set(damageKey(digest, scope.encrypted), damage);
  addFinding(parts, scope, digest, damage);
}

function addFinding(parts: IndexVerifierParts, scope: ChunkScope, digest: Digest, damage: KnownDamage): void {
  if (scope.reported.has(digest)) return;
  scope.reported.add(digest);
  parts.findings.add({ ...damage, archive: scope.archive, digest });
}

/** Keeps the decoder as full as it takes; ends when every chunk of the batch was judged. */
async function verifyPresent(
  parts: IndexVerifierParts,
  scope: ChunkScope,
  present: readonly PresentChunk[],
  options: { signal?: AbortSignal },
): Promise<void> {
  const judged: Promise<void>[] = [];
  const failure: { error: unknown; isSet: boolean } = { error: undefined, isSet: false };
  const fail = (thrown: unknown): void => {
    if (!failure.isSet) Object.assign(failure, { error: thrown, isSet: true });
  };
  let pacedBytes = parts.tally.readSizeBytes;
  for (const { request, inode } of present) {
    if (options.signal?.aborted === true || failure.isSet) break;
    const { result } = await parts.decoder.decode(request);
    const judging = result.then(
      (decoded) => judgeDecoded(parts, scope, { request, inode, decoded }),
      (thrown: unknown) => judgeFailure(parts, scope, request, toCodedError(thrown)),
    );
    // The first failure ends the loop; it is thrown below, when nothing is under way any more.
    judged.push(judging.catch(fail));
    const readBytes = parts.tally.readSizeBytes - pacedBytes;
    pacedBytes += readBytes;
    if (readBytes > 0) await parts.pace(readBytes)?.catch(fail);
  }
  await Promise.all(judged);
  if (failure.isSet) throw failure.error;
  throwIfCancelled(options.signal);
}

interface DecodedChunk {
  readonly request: DecodeRequest;
  readonly inode: number;
  readonly decoded: DecodeResult;
}

/** It is sound by itself. Is it also what was stored? Of an encrypted chunk without its key only the records know. */
function judgeDecoded(parts: IndexVerifierParts, scope: ChunkScope, chunk: DecodedChunk): void {
  const { tally, book } = parts;
  const { decoded, request, inode } = chunk;
  const { storedSizeBytes, storedDigest } = decoded;
  tally.checkedChunkCount++;
  tally.doneEntryCount++;
  tally.readSizeBytes += storedSizeBytes;
  const { digest } = request;
  const isProven = decoded.checks === "digest";
  if (isProven) tally.digestCount++;
  const damage = isProven ? undefined : judgeStored(parts, chunk);
  if (damage !== undefined) report(parts, scope, digestFromBytes(digest), damage);
  else book.add({ digest, inode, storedSizeBytes, storedDigest });
  parts.onProgress();
}

function judgeStored(
  parts: IndexVerifierParts,
  { request, inode, decoded }: DecodedChunk,
): KnownDamage | undefined {
  const { tally, book, chunkStore } = parts;
  const { digest } = request;
  const { storedDigest, storedSizeBytes } = decoded;
  const verdict =
    storedDigest === undefined ? "unknown" : book.judge({ digest, inode, storedSizeBytes, storedDigest });
  if (verdict === "unknown") {
    tally.checksumOnlyCount++;
    return undefined;
  }
  tally.storedDigestCount++;
  if (verdict === "same") return undefined;
  const inspected = chunkStore.stat(digest);
  // Replaced while it was judged: by a writer, who wrote its record.
  if (inspected !== undefined && inspected.inode !== inode) return undefined;
  const isChanged = verdict === "changed" && inspected !== undefined;
  const reason = isChanged ? "not the bytes that were stored" : "not the file that was stored, nor its bytes";
  return { kind: "corrupt", reason, isSetAside: isChanged && chunkStore.setAside(digest, inspected) };
}

function judgeFailure(
  parts: IndexVerifierParts,
  scope: ChunkScope,
  request: DecodeRequest,
  error: CodedError,
): void {
  if (!ABOUT_THE_CHUNK.has(error.code)) throw error;
  const digest = digestFromBytes(request.digest);
  if (READ_AND_REFUSED.has(error.code))
    parts.tally.readSizeBytes += parts.chunkStore.stat(request.digest)?.sizeBytes ?? 0;
  const damage = lookAgain(parts.chunkStore, scope, request, error);
  parts.tally.checkedChunkCount++;
  parts.tally.doneEntryCount++;
  if (damage !== undefined) report(parts, scope, digest, damage);
  parts.onProgress();
}

/** The second look, in this thread. @returns the damage, or undefined when the chunk is sound after all */
function lookAgain(
  chunkStore: ChunkStore,
  scope: ChunkScope,
  request: DecodeRequest,
  error: CodedError,
): KnownDamage | undefined {
  const inspected = chunkStore.stat(request.digest);
  if (inspected === undefined) return missing("the chunk is not in the store");
  let blob: Uint8Array;
  try {
    blob = chunkStore.read(request.digest);
  } catch (thrown) {
    const { code, message } = toCodedError(thrown);
    if (code === "CHUNK_MISSING") return missing("the chunk is not in the store");
    // A disk that cannot read it may read it tomorrow: it stays where it is. One too large is no chunk.
    const isSetAside = code === "FILE_TOO_LARGE" && chunkStore.setAside(request.digest, inspected);
    return { kind: "corrupt", reason: message, isSetAside };
  }
  const condition = inspectChunk(blob, request.digest, scope.key);
  if (condition.outcome === "damaged") {
    const isSetAside = chunkStore.setAside(request.digest, inspected);
    return { kind: "corrupt", reason: condition.reason, isSetAside };
  }
  if (condition.encrypted !== request.encrypted) return disagreement("wrong kind");
  if (condition.rawSizeBytes !== undefined && condition.rawSizeBytes !== request.rawSizeBytes) {
    return disagreement("size");
  }
  // Sound now: a backup replaced it between the two looks, or the disk misread it once.
  return error.code === "DISK_READ_FAILED"
    ? { kind: "corrupt", reason: error.message, isSetAside: false }
    : undefined;
}

/** The chunk is what its name says, but not what this snapshot says about it. */
function disagreement(reason: string): KnownDamage {
  return { kind: "corrupt", reason, isSetAside: false };
}
