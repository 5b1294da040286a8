/**
 * How much of a datastore belongs to some snapshots alone: the chunks that their indexes name and no other index does.
 * That is what becomes garbage when they are removed, all of them together.
 *
 * 1. The digests that these snapshots name are collected; those that several of them name are remembered apart.
 * 2. Every other index of the store is read once, and what it names of these digests is struck out.
 * 3. The files of what is left are looked at: their sizes, and when they were last used.
 *
 * Memory grows with what is asked about and never with the store. Where that is too much, chunk directories are looked at
 * half by half. Other writers may finish meanwhile; the answer is of about now, and nothing is ever removed because of it.
 */

import { instantFromMs, throwIfCancelled } from "@ironcore-backup/base";
import type { CodedError, Instant, SnapshotRef } from "@ironcore-backup/base";
import { CHUNK_DIRECTORY_COUNT, chunkPath } from "../chunk-store/chunk-path.ts";
import { createDigestSet } from "../digests/digest-set.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { snapshotPath } from "../datastore/snapshot-path.ts";
import { parentPath } from "../disk/disk.ts";
import { GC_CUTOFF_MINUTES_DEFAULT, oldestKeptAt } from "./collect-garbage.ts";
import { findIndexFiles, indexesIn } from "./index-files.ts";
import { isInRange, readIndex } from "./mark.ts";
import type { DirectoryRange, IndexDigests } from "./mark.ts";

/** Bytes as stored. */
export interface OwnChunks {
  readonly chunkCount: number;
  readonly sizeBytes: number;
}

export type OwnSpace =
  | {
      readonly outcome: "measured";
      /** Named by no snapshot but these. */
      readonly together: OwnChunks;
      /** In the order asked: of each what it alone names. */
      readonly alone: readonly OwnChunks[];
      /** Of `together`: not used for so long that a collection now would take them, were nothing to name them. */
      readonly oldEnough: OwnChunks;
      /** When a collection may take the last of them, if nothing uses them again; undefined when there are none. */
      readonly allOldEnoughAt: Instant | undefined;
    }
  /** More names than one question may read. */
  | { readonly outcome: "too-large" }
  /** What that index names is not known, so it is not known what is named by nobody else. */
  | { readonly outcome: "index-unreadable"; readonly path: string; readonly error: CodedError };

export interface OwnSpaceOptions {
  readonly signal?: AbortSignal;
  /** Distinct chunks looked at at once; more are looked at part by part. */
  readonly digestCountMax?: number;
  /** Names read in all. */
  readonly nameCountMax?: number;
}

/** Four sets of so many digests at most: 128 MiB. */
const DIGEST_COUNT_MAX = 1_000_000;
/** About 10 GB of indexes. */
const NAME_COUNT_MAX = 250_000_000;
const DURATION_MS_MAX = 100_000;
const WORK_MS_MAX = 10;
const NAMES_PER_STEP = 20_000;

/** Only reads. @throws CANCELLED, DISK_READ_FAILED, PERMISSION_DENIED */
export async function measureOwnSpace(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshots: readonly SnapshotRef[],
  options: OwnSpaceOptions = {},
): Promise<OwnSpace> {
  const measure = new OwnSpaceMeasure(needs, datastore, snapshots, options);
  try {
    await measure.measure({ from: 0, to: CHUNK_DIRECTORY_COUNT });
    return measure.result();
  } catch (thrown) {
    if (thrown instanceof Unknown) return thrown.reason;
    throw thrown;
  }
}

/** Ends the measurement wherever it stands. */
class Unknown extends Error {
  readonly reason: Exclude<OwnSpace, { readonly outcome: "measured" }>;
  constructor(reason: Unknown["reason"]) {
    super(reason.outcome);
    this.reason = reason;
  }
}

interface Tally {
  chunkCount: number;
  sizeBytes: number;
}

/** Of one part of the chunk directories. */
interface Part {
  readonly range: DirectoryRange;
  /** What the snapshots name. */
  readonly named: DigestSet;
  /** Of these, what more than one of them names. */
  readonly shared: DigestSet;
  /** Of these, what any other index names. */
  readonly elsewhere: DigestSet;
}

class OwnSpaceMeasure {
  readonly #needs: EngineNeeds;
  readonly #datastore: Datastore;
  readonly #directories: readonly string[];
  readonly #isAsked: ReadonlySet<string>;
  readonly #options: OwnSpaceOptions;
  readonly #cutoffMs = GC_CUTOFF_MINUTES_DEFAULT * 60_000;
  readonly #oldestKeptMs: number;
  readonly #startedMs: number;
  readonly #together: Tally = { chunkCount: 0, sizeBytes: 0 };
  readonly #oldEnough: Tally = { chunkCount: 0, sizeBytes: 0 };
  readonly #alone: readonly Tally[];
  #lastUsedMs: number | undefined;
  #nameCount = 0;
  #restedMs: number;

  constructor(
    needs: EngineNeeds,
    datastore: Datastore,
    snapshots: readonly SnapshotRef[],
    options: OwnSpaceOptions,
  ) {
    this.#needs = needs;
    this.#datastore = datastore;
    this.#directories = snapshots.map((snapshot) => snapshotPath(datastore, snapshot));
    this.#isAsked = new Set(this.#directories);
    this.#options = options;
    this.#alone = snapshots.map(() => ({ chunkCount: 0, sizeBytes: 0 }));
    const startedAt = needs.clock.now();
    this.#oldestKeptMs = oldestKeptAt(needs, datastore.path, { startedAt, cutoffMs: this.#cutoffMs });
    this.#startedMs = this.#restedMs = needs.clock.elapsedMs();
  }

  async measure(range: DirectoryRange): Promise<void> {
    const part = await this.#collect(range);
    if (part === "too-many") {
      const middle = Math.floor((range.from + range.to) / 2);
      await this.measure({ from: range.from, to: middle });
      await this.measure({ from: middle, to: range.to });
      return;
    }
    if (part.named.digestCount === 0) return;
    await this.#strikeOut(part);
    await this.#weigh(part);
  }

  result(): OwnSpace {
    const lastUsedMs = this.#lastUsedMs;
    return {
      outcome: "measured",
      together: this.#together,
      alone: this.#alone,
      oldEnough: this.#oldEnough,
      allOldEnoughAt:
        lastUsedMs === undefined ? undefined : instantFromMs(Math.ceil(lastUsedMs + this.#cutoffMs) + 1),
    };
  }

  async #collect(range: DirectoryRange): Promise<Part | "too-many"> {
    const { digestCountMax = DIGEST_COUNT_MAX } = this.#options;
    const part = { range, named: createDigestSet(), shared: createDigestSet(), elsewhere: createDigestSet() };
    const isTooMany = (): boolean => part.named.digestCount > digestCountMax && range.to - range.from > 1;
    for (const directory of this.#directories) {
      const own = createDigestSet();
      for (const path of indexesIn(this.#needs.disk, directory)) {
        await this.#eachDigest(
          path,
          range,
          (digest) => {
            if (own.add(digest) && !part.named.add(digest)) part.shared.add(digest);
          },
          isTooMany,
        );
        if (isTooMany()) return "too-many";
      }
    }
    return part;
  }

  async #strikeOut({ range, named, elsewhere }: Part): Promise<void> {
    for (const path of findIndexFiles(this.#needs.disk, this.#datastore.path)) {
      await this.#rest();
      if (path === undefined || this.#isAsked.has(parentPath(path))) continue;
      await this.#eachDigest(path, range, (digest) => {
        if (named.has(digest)) elsewhere.add(digest);
      });
      if (elsewhere.digestCount === named.digestCount) return;
    }
  }

  async #weigh({ range, shared, elsewhere }: Part): Promise<void> {
    const weighed = createDigestSet();
    for (const [at, directory] of this.#directories.entries()) {
      const alone = this.#alone[at];
      for (const path of indexesIn(this.#needs.disk, directory)) {
        await this.#eachDigest(path, range, (digest) => {
          if (elsewhere.has(digest) || !weighed.add(digest)) return;
          this.#weighChunk(digest, shared.has(digest) ? undefined : alone);
        });
      }
    }
  }

  #weighChunk(digest: Uint8Array, alone: Tally | undefined): void {
    const stat = this.#needs.disk.lstat(chunkPath(this.#datastore.path, digest));
    // Missing, or set aside as bad: it takes no room under its name.
    if (stat === undefined) return;
    const { sizeBytes, accessedAtMs } = stat;
    const tallies = [this.#together, alone, accessedAtMs < this.#oldestKeptMs ? this.#oldEnough : undefined];
    for (const tally of tallies) {
      if (tally === undefined) continue;
      tally.chunkCount++;
      tally.sizeBytes += sizeBytes;
    }
    this.#lastUsedMs = Math.max(this.#lastUsedMs ?? accessedAtMs, accessedAtMs);
  }

  async #eachDigest(
    path: string,
    range: DirectoryRange,
    take: (digest: Uint8Array) => void,
    isEnough: () => boolean = () => false,
  ): Promise<void> {
    await this.#rest();
    const index = this.#read(path);
    if (index === "gone") return;
    this.#nameCount += index.chunkCount;
    if (this.#nameCount > (this.#options.nameCountMax ?? NAME_COUNT_MAX))
      throw new Unknown({ outcome: "too-large" });
    for (let at = 0; at < index.chunkCount; at++) {
      if (at % NAMES_PER_STEP === NAMES_PER_STEP - 1) {
        if (isEnough()) return;
        await this.#rest();
      }
      const digest = index.digestAt(at);
      if (isInRange(digest, range)) take(digest);
    }
  }

  #read(path: string): IndexDigests | "gone" {
    const index = readIndex(this.#needs.disk, path);
    if (index !== "gone" && "error" in index) throw new Unknown({ outcome: "index-unreadable", ...index });
    return index;
  }

  /** Gives the event loop its turn after some milliseconds. @throws CANCELLED */
  async #rest(): Promise<void> {
    const { clock } = this.#needs;
    const nowMs = clock.elapsedMs();
    if (nowMs - this.#restedMs < WORK_MS_MAX) return;
    if (nowMs - this.#startedMs > DURATION_MS_MAX) throw new Unknown({ outcome: "too-large" });
    await new Promise((resolve) => setImmediate(resolve));
    throwIfCancelled(this.#options.signal);
    this.#restedMs = clock.elapsedMs();
  }
}
