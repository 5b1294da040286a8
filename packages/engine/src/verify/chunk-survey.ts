/**
 * Which chunks the snapshots of a scope need, how large they are, and when each was checked last: some 120 bytes of memory a
 * chunk. What a snapshot or an index that cannot be read needs is not known; the snapshot is named.
 */

import { parseArchiveName, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import type { DecodeRequest } from "@ironcore-backup/format";
import type { ChunkRecords } from "../chunk-records/chunk-records.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { createDigestMap } from "../digests/digest-map.ts";
import type { DigestMap } from "../digests/digest-map.ts";
import { openSnapshot } from "../sessions/open-snapshot.ts";
import type { OpenSnapshot } from "../sessions/open-snapshot.ts";

/** Entries of indexes between two turns of the event loop. */
const ENTRIES_PER_STEP = 4096;
const DIGEST_SIZE_BYTES = 32;
const CHUNK_COUNT_AT_FIRST = 1024;

/** Chunks are numbered from 0. */
export class ChunkSurvey {
  readonly #numbers: DigestMap = createDigestMap();
  readonly #unreadable: SnapshotRef[] = [];
  readonly #bad = new Set<number>();
  #digests = new Uint8Array(CHUNK_COUNT_AT_FIRST * DIGEST_SIZE_BYTES);
  #encrypted = new Uint8Array(CHUNK_COUNT_AT_FIRST);
  #rawSizes = new Uint32Array(CHUNK_COUNT_AT_FIRST);
  #storedSizes = new Uint32Array(CHUNK_COUNT_AT_FIRST);
  #checkedAt = new Uint32Array(CHUNK_COUNT_AT_FIRST);
  #useCounts = new Uint32Array(CHUNK_COUNT_AT_FIRST);
  #chunkCount = 0;

  get chunkCount(): number {
    return this.#chunkCount;
  }

  /** Snapshots whose needs are not known whole. */
  get unreadable(): readonly SnapshotRef[] {
    return this.#unreadable;
  }

  requestAt(number: number): DecodeRequest {
    const at = number * DIGEST_SIZE_BYTES;
    return {
      digest: this.#digests.slice(at, at + DIGEST_SIZE_BYTES),
      rawSizeBytes: this.#rawSizes[number] ?? 0,
      encrypted: this.#encrypted[number] === 1,
    };
  }

  /** Seconds since 1970; 0: never, as far as it is known. */
  checkedAt(number: number): number {
    return this.#checkedAt[number] ?? 0;
  }

  setChecked(number: number, atSeconds: number): void {
    this.#checkedAt[number] = atSeconds;
  }

  /** It was read and is not sound, or is not there. */
  setBad(number: number): void {
    this.#checkedAt[number] = 0;
    this.#bad.add(number);
  }

  isBad(number: number): boolean {
    return this.#bad.has(number);
  }

  /** 0: its file is not there. */
  storedSizeBytes(number: number): number {
    return this.#storedSizes[number] ?? 0;
  }

  /** How many places of indexes name it. */
  useCount(number: number): number {
    return this.#useCounts[number] ?? 0;
  }

  find(digest: Uint8Array): number | undefined {
    const number = this.#numbers.get(digest);
    return number === undefined ? undefined : number - 1;
  }

  addUnreadable(snapshot: SnapshotRef): void {
    this.#unreadable.push(snapshot);
  }

  add(
    request: DecodeRequest,
    look: (digest: Uint8Array) => { sizeBytes: number; checkedAtSeconds: number },
  ): void {
    const known = this.find(request.digest);
    if (known !== undefined) {
      this.#useCounts[known] = this.useCount(known) + 1;
      return;
    }
    if (this.#chunkCount === this.#rawSizes.length) this.#grow();
    const number = this.#chunkCount++;
    // From 1 on: the map keeps no zeros.
    this.#numbers.set(request.digest, number + 1);
    const { sizeBytes, checkedAtSeconds } = look(request.digest);
    this.#digests.set(request.digest, number * DIGEST_SIZE_BYTES);
    this.#encrypted[number] = request.encrypted ? 1 : 0;
    this.#rawSizes[number] = request.rawSizeBytes;
    this.#storedSizes[number] = sizeBytes;
    this.#checkedAt[number] = checkedAtSeconds;
    this.#useCounts[number] = 1;
  }

  #grow(): void {
    const length = this.#rawSizes.length * 2;
    const grown = (words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(length);
      larger.set(words);
      return larger;
    };
    const [digests, encrypted] = [this.#digests, this.#encrypted];
    this.#digests = new Uint8Array(length * DIGEST_SIZE_BYTES);
    this.#digests.set(digests);
    this.#encrypted = new Uint8Array(length);
    this.#encrypted.set(encrypted);
    this.#rawSizes = grown(this.#rawSizes);
    this.#storedSizes = grown(this.#storedSizes);
    this.#checkedAt = grown(this.#checkedAt);
    this.#useCounts = grown(this.#useCounts);
  }
}

export interface SurveyNeeds {
  readonly needs: EngineNeeds;
  readonly datastore: Datastore;
  readonly chunkStore: ChunkStore;
  readonly records: ChunkRecords;
}

/** @throws CANCELLED, DISK_READ_FAILED, PERMISSION_DENIED */
export async function surveyChunks(
  { needs, datastore, chunkStore, records }: SurveyNeeds,
  snapshots: readonly SnapshotRef[],
  options: { readonly signal?: AbortSignal },
): Promise<ChunkSurvey> {
  const survey = new ChunkSurvey();
  const look = (digest: Uint8Array): { sizeBytes: number; checkedAtSeconds: number } => {
    const stat = chunkStore.stat(digest);
    if (stat === undefined) return { sizeBytes: 0, checkedAtSeconds: 0 };
    return { sizeBytes: stat.sizeBytes, checkedAtSeconds: records.checkedAt(digest, stat.inode) };
  };
  for (const snapshot of snapshots) {
    const opened = tryOpen(needs, datastore, snapshot, survey);
    if (opened === undefined) continue;
    try {
      await forEachChunk(opened, options, (request) => survey.add(request, look));
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code === "CANCELLED" || error.code === "PERMISSION_DENIED") throw error;
      survey.addUnreadable(snapshot);
    } finally {
      opened.close();
    }
  }
  return survey;
}

const GONE = new Set(["SNAPSHOT_LOCKED", "SNAPSHOT_MISSING", "SNAPSHOT_UNFINISHED"]);

/** Undefined: it is gone or going, or its manifest cannot be read, and then it is named. */
function tryOpen(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshot: SnapshotRef,
  survey: ChunkSurvey,
): OpenSnapshot | undefined {
  try {
    return openSnapshot(needs, datastore, snapshot);
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "MANIFEST_UNREADABLE") survey.addUnreadable(snapshot);
    else if (!GONE.has(error.code)) throw error;
    return undefined;
  }
}

/** In the order of the indexes; entries that were never written are left out. @throws what is wrong with an index */
export async function forEachChunk(
  opened: OpenSnapshot,
  { signal }: { readonly signal?: AbortSignal },
  take: (request: DecodeRequest) => void,
): Promise<void> {
  for (const file of opened.manifest.files) {
    if (file.name.endsWith(".blob")) continue;
    const name = parseArchiveName(file.name);
    const index = name.endsWith(".fidx") ? opened.openFixedIndex(name) : opened.openDynamicIndex(name);
    const encrypted = file.cryptMode === "encrypt";
    for (let at = 0; at < index.chunkCount; at++) {
      if (at % ENTRIES_PER_STEP === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        throwIfCancelled(signal);
      }
      const digest = index.digestAt(at);
      if (digest.every((byte) => byte === 0)) continue;
      take({ digest, rawSizeBytes: index.endBytes(at) - index.startBytes(at), encrypted });
    }
  }
}
