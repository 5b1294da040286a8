/**
 * Verification: re-reads what is stored and reports every finding. It repairs nothing; it sets corrupt chunks aside, so that
 * the next backup writes them anew, and writes its verdict into the manifest.
 *
 * For each snapshot, under its shared lock: the manifest, its signature where a key is given, each blob, each index, and
 * every distinct chunk once in the pass. A key is only used for chunks when the manifest's signature proves that it is the
 * snapshot's own: a wrong key would make every sound chunk look corrupt.
 *
 * An interruption loses nothing: verdicts of finished snapshots are written, the others keep their old ones.
 */

import {
  digestFromBytes,
  formatSnapshotRef,
  parseArchiveName,
  throwIfCancelled,
  toCodedError,
} from "@ironcore-backup/base";
import type { CodedError, Instant, SnapshotRef } from "@ironcore-backup/base";
import {
  BLOB_RAW_SIZE_BYTES_MAX,
  checkManifestSignature,
  createChunkDecoder,
  decodeBlob,
  MANIFEST_NAME,
  parseBlobHeader,
} from "@ironcore-backup/format";
import type { ChunkDecoder, DecodeRequest, EncryptionKey, ManifestFile } from "@ironcore-backup/format";
import { chunkReaderModule } from "../chunk-store/chunk-store-module.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { updateUnprotected } from "../datastore/manifest-file.ts";
import { openSnapshot } from "../sessions/open-snapshot.ts";
import type { OpenSnapshot } from "../sessions/open-snapshot.ts";
import { createChunkBook } from "./chunk-book.ts";
import type { ChunkBook } from "./chunk-book.ts";
import { createInlineDecoder } from "./inline-decoder.ts";
import { createSeenChunks, damageKey } from "./seen-chunks.ts";
import type { SeenChunks } from "./seen-chunks.ts";
import { verifyChunks, verifyIndex } from "./verify-index.ts";
import type { ChunkTally, IndexVerification } from "./verify-index.ts";
import { createFindingList } from "./verify-report.ts";
import type { FindingList, VerifyFinding, VerifyReport } from "./verify-report.ts";

export interface VerifyProgress {
  readonly snapshot: SnapshotRef;
  /** Entries of this snapshot's indexes: dealt with so far, and all. */
  readonly doneEntryCount: number;
  readonly entryCount: number;
  /** Bytes of chunks read for this snapshot, as stored. */
  readonly readSizeBytes: number;
}

export interface VerifyOptions {
  /** Written into each manifest with the verdict. */
  readonly upid: string;
  /** Decode threads on the real disk; 0 reads in this thread, on the given disk. */
  readonly threadCount: number;
  readonly key?: EncryptionKey;
  readonly signal?: AbortSignal;
  /** Awaited before each verdict is written; when it throws, the pass ends with that error and the old verdict stays. */
  readonly beforeVerdict?: () => Promise<void>;
  /** Called often; whoever shows it slows it down. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly onFinding?: (snapshot: SnapshotRef, finding: VerifyFinding) => void;
  /** Told of bytes that were read, as stored; what it returns is awaited before more is read. */
  readonly pace?: (bytes: number) => Promise<void> | undefined;
  /** What an earlier pass knows; absent: nothing. */
  readonly seen?: SeenChunks;
  /** Chunks that were found sound since then are not read again. Milliseconds since 1970. */
  readonly freshSinceMs?: number;
  /** The store's records of its chunks cannot be read or written: told once, and nothing else depends on it. */
  readonly onRecordsTrouble?: (error: CodedError) => void;
}

export type VerifyOutcome =
  | { readonly outcome: "verified"; readonly report: VerifyReport }
  /** Busy (being removed) or gone since it was listed, or not finished: nothing to verify. */
  | { readonly outcome: "skipped"; readonly snapshot: SnapshotRef; readonly reason: string };

export interface VerifyPass {
  verify(snapshot: SnapshotRef): Promise<VerifyOutcome>;
  /**
   * Reads chunks by themselves. What is found is not told, but kept: it is a finding of each snapshot that is verified later and needs
   * the chunk.
   * @returns of each whether it is sound
   * @throws as `verifySnapshots`
   */
  checkChunks(chunks: readonly DecodeRequest[]): Promise<boolean[]>;
  /** Stops the threads. */
  close(): Promise<void>;
}

const PENDING_CHUNKS_PER_THREAD = 4;
const SKIPPED = new Set(["SNAPSHOT_LOCKED", "SNAPSHOT_MISSING", "SNAPSHOT_UNFINISHED"]);

/** Verifies snapshots newest first, each chunk once. @throws CANCELLED, DISK_READ_FAILED outside of chunks, COMPUTE_THREAD_LOST */
export async function* verifySnapshots(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshots: readonly SnapshotRef[],
  options: VerifyOptions,
): AsyncGenerator<VerifyOutcome> {
  const pass = createVerifyPass(needs, datastore, options);
  try {
    for (const snapshot of snapshots.toSorted((a, b) => b.backupTime - a.backupTime)) {
      yield await pass.verify(snapshot);
    }
  } finally {
    await pass.close();
  }
}

/** One snapshot. @throws as `verifySnapshots`, and SNAPSHOT_MISSING, SNAPSHOT_LOCKED, SNAPSHOT_UNFINISHED */
export async function verifySnapshot(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verifier = new DatastoreVerifyPass(needs, datastore, options);
  try {
    return await verifier.verifyOrThrow(snapshot);
  } finally {
    await verifier.close();
  }
}

export function createVerifyPass(
  needs: EngineNeeds,
  datastore: Datastore,
  options: VerifyOptions,
): VerifyPass {
  return new DatastoreVerifyPass(needs, datastore, options);
}

class DatastoreVerifyPass implements VerifyPass {
  readonly #needs: EngineNeeds;
  readonly #datastore: Datastore;
  readonly #options: VerifyOptions;
  readonly #seen: SeenChunks;
  readonly #book: ChunkBook;
  readonly #chunkStore: ChunkStore;
  /** Plain chunks and encrypted ones without their key; threads start with the first request. */
  readonly #keylessDecoder: ChunkDecoder;
  readonly #keyedDecoder: ChunkDecoder;

  constructor(needs: EngineNeeds, datastore: Datastore, options: VerifyOptions) {
    this.#needs = needs;
    this.#datastore = datastore;
    this.#options = options;
    this.#seen = options.seen ?? createSeenChunks();
    this.#book = createChunkBook(needs, datastore.path, {
      ...(options.freshSinceMs === undefined ? {} : { freshSinceMs: options.freshSinceMs }),
      ...(options.onRecordsTrouble === undefined ? {} : { onTrouble: options.onRecordsTrouble }),
    });
    this.#chunkStore = createChunkStore(needs, datastore.path);
    this.#keylessDecoder = this.#createDecoder(undefined);
    this.#keyedDecoder = options.key === undefined ? this.#keylessDecoder : this.#createDecoder(options.key);
  }

  #createDecoder(key: EncryptionKey | undefined): ChunkDecoder {
    const { threadCount } = this.#options;
    if (threadCount === 0) return createInlineDecoder(this.#chunkStore, key);
    return createChunkDecoder(this.#needs, {
      threadCount,
      reader: chunkReaderModule(this.#datastore.path),
      pendingRequestCountMax: threadCount * PENDING_CHUNKS_PER_THREAD,
      ...(key === undefined ? {} : { encryptionKey: key.encKey }),
    });
  }

  async close(): Promise<void> {
    await this.#keylessDecoder.close();
    if (this.#keyedDecoder !== this.#keylessDecoder) await this.#keyedDecoder.close();
    this.#chunkStore.close();
    this.#book.close();
  }

  async verify(snapshot: SnapshotRef): Promise<VerifyOutcome> {
    try {
      return { outcome: "verified", report: await this.verifyOrThrow(snapshot) };
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (!SKIPPED.has(error.code)) throw error;
      return { outcome: "skipped", snapshot, reason: error.message };
    }
  }

  async checkChunks(chunks: readonly DecodeRequest[]): Promise<boolean[]> {
    throwIfCancelled(this.#options.signal);
    await this.#book.open();
    const { findings, tally } = newSnapshotState(createFindingList(() => undefined));
    const parts = {
      ...this.#indexParts(),
      decoder: this.#keylessDecoder,
      findings,
      tally,
      onProgress: () => undefined,
    };
    await verifyChunks(
      parts,
      chunks,
      this.#options.signal === undefined ? {} : { signal: this.#options.signal },
    );
    return chunks.map(
      ({ digest, encrypted }) => !this.#seen.damage.has(damageKey(digestFromBytes(digest), encrypted)),
    );
  }

  async verifyOrThrow(snapshot: SnapshotRef): Promise<VerifyReport> {
    throwIfCancelled(this.#options.signal);
    const startedAt = this.#needs.clock.now();
    const startMs = this.#needs.clock.elapsedMs();
    const findings = createFindingList((finding) => this.#options.onFinding?.(snapshot, finding));
    const state = newSnapshotState(findings);
    const opened = this.#open(snapshot, findings);
    try {
      if (opened !== undefined) await this.#verifyOpened(opened, state);
      const stateError = opened === undefined ? undefined : await this.#writeState(snapshot, findings);
      const durationMs = this.#needs.clock.elapsedMs() - startMs;
      return reportOf({ snapshot, startedAt, durationMs, state, stateError });
    } finally {
      opened?.close();
    }
  }

  /** Undefined when the manifest itself is the finding. */
  #open(snapshot: SnapshotRef, findings: FindingList): OpenSnapshot | undefined {
    try {
      return openSnapshot(this.#needs, this.#datastore, snapshot);
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code !== "MANIFEST_UNREADABLE") throw error;
      findings.add({ kind: "corrupt", archive: MANIFEST_NAME, reason: error.message, isSetAside: false });
      return undefined;
    }
  }

  async #verifyOpened(opened: OpenSnapshot, state: SnapshotState): Promise<void> {
    const key = this.#checkSignature(opened, state);
    const indexes = opened.manifest.files.flatMap((file) => this.#checkFile(opened, file, key, state));
    state.entryCount = indexes.reduce((sum, { index }) => sum + index.chunkCount, 0);
    if (this.#options.freshSinceMs !== undefined || indexes.some((one) => one.encrypted))
      await this.#book.open();
    for (const verification of indexes) {
      const decoder = verification.key === undefined ? this.#keylessDecoder : this.#keyedDecoder;
      await verifyIndex(
        {
          ...this.#indexParts(),
          decoder,
          findings: state.findings,
          tally: state.tally,
          onProgress: () => this.#showProgress(opened.snapshot, state),
        },
        verification,
        this.#options.signal === undefined ? {} : { signal: this.#options.signal },
      );
    }
  }

  #indexParts() {
    const pace = this.#options.pace ?? (() => undefined);
    return { chunkStore: this.#chunkStore, seen: this.#seen, book: this.#book, pace };
  }

  /** @returns the key when it is proven to be this snapshot's */
  #checkSignature(opened: OpenSnapshot, state: SnapshotState): EncryptionKey | undefined {
    const { key } = this.#options;
    if (key === undefined) return undefined;
    const check = checkManifestSignature(opened.manifest, key);
    state.signature = check.outcome === "wrong-key" ? "not-checked" : check.outcome;
    if (check.outcome === "invalid") {
      const reason = "its signature does not fit its content";
      state.findings.add({ kind: "corrupt", archive: MANIFEST_NAME, reason, isSetAside: false });
    }
    return check.outcome === "valid" ? key : undefined;
  }

  /** Checks a blob on the spot; opens an index for later. */
  #checkFile(
    opened: OpenSnapshot,
    file: ManifestFile,
    key: EncryptionKey | undefined,
    state: SnapshotState,
  ): IndexVerification[] {
    throwIfCancelled(this.#options.signal);
    const encrypted = file.cryptMode === "encrypt";
    try {
      if (file.name.endsWith(".blob")) {
        checkBlob(opened.readBlob(file.name), key);
        return [];
      }
      const name = parseArchiveName(file.name);
      const index = name.endsWith(".fidx") ? opened.openFixedIndex(name) : opened.openDynamicIndex(name);
      return [{ archive: name, index, encrypted, key: encrypted ? key : undefined }];
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code === "PERMISSION_DENIED") throw error;
      const kind = error.code === "ARCHIVE_MISSING" ? "missing" : "corrupt";
      state.findings.add({ kind, archive: file.name, reason: error.message, isSetAside: false });
      return [];
    }
  }

  #showProgress(snapshot: SnapshotRef, state: SnapshotState): void {
    const { entryCount, tally } = state;
    const { doneEntryCount, readSizeBytes } = tally;
    this.#options.onProgress?.({ snapshot, doneEntryCount, entryCount, readSizeBytes });
  }

  /** A verdict that cannot be written is part of the report; what was found stays found. */
  async #writeState(snapshot: SnapshotRef, findings: FindingList) {
    const state = findings.result === "ok" ? "ok" : "failed";
    await this.#options.beforeVerdict?.();
    try {
      await updateUnprotected(
        this.#needs,
        this.#datastore,
        snapshot,
        (unprotected) => ({ ...unprotected, verify_state: { upid: this.#options.upid, state } }),
        this.#options.signal === undefined ? {} : { signal: this.#options.signal },
      );
      return undefined;
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code === "CANCELLED" || error.code === "INVARIANT_BROKEN") throw error;
      return error.toJSON();
    }
  }
}

interface SnapshotState {
  readonly findings: FindingList;
  readonly tally: ChunkTally;
  entryCount: number;
  signature: VerifyReport["signature"];
}

function newSnapshotState(findings: FindingList): SnapshotState {
  const tally = {
    checkedChunkCount: 0,
    sharedChunkCount: 0,
    readSizeBytes: 0,
    digestCount: 0,
    storedDigestCount: 0,
    checksumOnlyCount: 0,
    freshChunkCount: 0,
    doneEntryCount: 0,
  };
  return { findings, tally, entryCount: 0, signature: "not-checked" };
}

/** Unencrypted blobs are decoded; encrypted ones too where their key is at hand. Their checksum was checked with the manifest's. */
function checkBlob(blob: Uint8Array, key: EncryptionKey | undefined): void {
  if (parseBlobHeader(blob).encrypted && key === undefined) return;
  decodeBlob(blob, { rawSizeBytesMax: BLOB_RAW_SIZE_BYTES_MAX, ...(key === undefined ? {} : { key }) });
}

function reportOf(parts: {
  snapshot: SnapshotRef;
  startedAt: Instant;
  durationMs: number;
  state: SnapshotState;
  stateError: VerifyReport["stateError"];
}): VerifyReport {
  const { snapshot, startedAt, durationMs, state, stateError } = parts;
  const { findings, tally } = state;
  return {
    snapshot,
    startedAt,
    durationMs,
    result: findings.result,
    checkedChunkCount: tally.checkedChunkCount,
    sharedChunkCount: tally.sharedChunkCount,
    readSizeBytes: tally.readSizeBytes,
    freshChunkCount: tally.freshChunkCount,
    checks: {
      digestCount: tally.digestCount,
      storedDigestCount: tally.storedDigestCount,
      checksumOnlyCount: tally.checksumOnlyCount,
    },
    signature: state.signature,
    findings: findings.findings,
    findingCount: findings.findingCount,
    ...(stateError === undefined ? {} : { stateError }),
  };
}

/** How a line of a log or a mail reads: `host/web/2024-05-01T12:00:00Z: CORRUPT, 2 findings, first: …`. */
export function formatVerifyReport(report: VerifyReport): string {
  const head = `${formatSnapshotRef(report.snapshot)}: ${report.result.toUpperCase()}`;
  const [first] = report.findings;
  if (first === undefined) return `${head}, ${report.checkedChunkCount} chunks read`;
  const what = first.digest === undefined ? first.archive : `${first.archive}, chunk ${first.digest}`;
  return `${head}, ${report.findingCount} findings, first: ${what}: ${first.reason}`;
}
