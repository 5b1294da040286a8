/**
 * Garbage collection: what no index names is removed, once it is old enough that no writer can count on it.
 *
 * What is old enough (the format's rule): last used before `cutoff` (a day and five minutes) before this collection began,
 * and before the oldest writer that was alive then, with five minutes to spare. So these are safe, whatever runs beside it:
 *
 * - what a finished snapshot names: its index is read, and none that cannot be read is passed over;
 * - what a writer that lives now has written or found: it touched it after it had begun, and its beginning is known;
 * - what a writer that comes later will write or find: it touches it later than this collection's beginning.
 *
 * The rule trusts the clock. A writer's touches never look older than its own beginning (chunk-store); and a collection that
 * sees the clock set back while it runs ends at once.
 */

import { throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { CodedError, Instant } from "@ironcore-backup/base";
import { mergeChunkRecords } from "../chunk-records/merge-records.ts";
import { createDigestSet } from "../digests/digest-set.ts";
import { chunkDirectoriesSample } from "../datastore/datastore-statistics.ts";
import { assertPinned, pinStore } from "../chunk-store/store-pin.ts";
import type { StorePin } from "../chunk-store/store-pin.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { engineErrors } from "../errors.ts";
import { findOldestWriter, lockCollection } from "../locks/store-writer.ts";
import { assertAccessTimesKept } from "./atime-check.ts";
import { writeGcStatus } from "./gc-status.ts";
import { markChunks } from "./mark.ts";
import type { DirectoryRange, Marked, UnreadableIndex } from "./mark.ts";
import { createSweepTally, sweepChunks } from "./sweep.ts";
import type { SweepTally } from "./sweep.ts";

export const GC_CUTOFF_MINUTES_DEFAULT = 1445;
export const GC_CUTOFF_MINUTES_MAX = 2880;
/** Kept before the oldest writer's beginning, for what it did in the moment it began. */
const WRITER_SLACK_MS = 300_000;
/** Smaller corrections are part of keeping time; the shortest cut-off is a minute. */
const CLOCK_STEP_BACK_MS_MAX = 20_000;
/** Of one part of the store in memory at once: at most 192 MiB. */
const DIGEST_COUNT_MAX = 4_000_000;
const DIRECTORY_COUNT = 65_536;
const WORK_MS_MAX = 10;

export type GcPhase = "mark" | "sweep";

export interface GcProgress {
  readonly phase: GcPhase;
  /** Indexes read, or chunk directories looked at. */
  readonly doneCount: number;
  /** Of indexes it is known after the first part of a large store only. */
  readonly totalCount: number | undefined;
  /** No further part of the store follows. */
  readonly isLastPart: boolean;
  readonly tally: Readonly<SweepTally>;
}

export interface GcOptions {
  /** Kept in the status. */
  readonly upid: string;
  /** 1 to 2880; absent: 1445, a day and five minutes. */
  readonly cutoffMinutes?: number;
  /** Everything is looked at and counted as if, nothing is changed. */
  readonly isDryRun?: boolean;
  /** How many digests are held at once; a larger store is collected in parts. */
  readonly digestCountMax?: number;
  readonly signal?: AbortSignal;
  /** Awaited before the first chunk of each part is removed; what it throws ends the collection. */
  readonly beforeSweep?: () => Promise<void>;
  /** Called often. */
  readonly onProgress?: (progress: GcProgress) => void;
  /** The records of the store's chunks could not be put in order. They stay as they are. */
  readonly onRecordsTrouble?: (error: CodedError) => void;
}

export interface GcResult extends Readonly<SweepTally> {
  readonly startedAt: Instant;
  readonly indexFileCount: number;
  readonly indexDataBytes: number;
  /** Distinct chunks that indexes name. */
  readonly namedChunkCount: number;
  /** Of these, how many are not there. */
  readonly missingChunkCount: number;
  /** What was used since then stays; in milliseconds since 1970. */
  readonly oldestKeptMs: number;
  /** When the first pending chunk may go, if nothing uses it again; undefined without pending ones. */
  readonly nextFreeAtMs: number | undefined;
}

/**
 * @throws GC_RUNNING, DATASTORE_BUSY, GC_ACCESS_TIME_IGNORED, GC_INDEX_UNREADABLE (nothing is removed then), GC_CLOCK_SET_BACK,
 *   CANCELLED, DISK_READ_FAILED, DISK_WRITE_FAILED, PERMISSION_DENIED. Cut short, it has removed what it has removed, all of it rightly.
 */
export async function collectGarbage(
  needs: EngineNeeds,
  datastore: Datastore,
  options: GcOptions,
): Promise<GcResult> {
  const lock = lockCollection(needs, datastore.path);
  try {
    if (options.isDryRun !== true) assertAccessTimesKept(needs, datastore.path);
    const collection = new Collection(needs, datastore, options);
    const result = await collection.run();
    if (options.isDryRun !== true) {
      writeGcStatus(needs, datastore, options.upid, result);
      await collection.mergeRecords();
    }
    return result;
  } finally {
    lock.release();
  }
}

/**
 * What was used since then stays, in a collection that began at `startedAt`; in milliseconds since 1970. To be asked after the
 * start was taken: who registers as a writer later has a later beginning, or is found here.
 */
export function oldestKeptAt(
  needs: EngineNeeds,
  storePath: string,
  { startedAt, cutoffMs }: { readonly startedAt: Instant; readonly cutoffMs: number },
): number {
  const oldestWriter = findOldestWriter(needs, storePath) ?? Number.POSITIVE_INFINITY;
  return Math.min(startedAt - cutoffMs, oldestWriter - WRITER_SLACK_MS);
}

class Collection {
  readonly #needs: EngineNeeds;
  readonly #datastore: Datastore;
  readonly #options: GcOptions;
  readonly #startedAt: Instant;
  readonly #startedMs: number;
  readonly #cutoffMs: number;
  readonly #oldestKeptMs: number;
  readonly #tally = createSweepTally();
  readonly #removed = createDigestSet();
  /** Marks of one store must never decide about another that took its place. */
  readonly #pin: StorePin;
  #restedMs: number;
  #indexTotal: number | undefined;
  #isLastPart = false;

  constructor(needs: EngineNeeds, datastore: Datastore, options: GcOptions) {
    this.#needs = needs;
    this.#datastore = datastore;
    this.#options = options;
    this.#pin = pinStore(needs, datastore.path);
    this.#startedAt = needs.clock.now();
    this.#startedMs = needs.clock.elapsedMs();
    this.#restedMs = this.#startedMs;
    this.#cutoffMs = (options.cutoffMinutes ?? GC_CUTOFF_MINUTES_DEFAULT) * 60_000;
    this.#oldestKeptMs = oldestKeptAt(needs, datastore.path, {
      startedAt: this.#startedAt,
      cutoffMs: this.#cutoffMs,
    });
  }

  async run(): Promise<GcResult> {
    let named = 0;
    let first: Marked | undefined;
    for (const range of this.#ranges()) {
      this.#isLastPart = range.to === DIRECTORY_COUNT;
      const marked = await this.#mark(range);
      first ??= marked;
      this.#indexTotal = marked.indexFileCount;
      named += marked.digests.digestCount;
      await this.#sweep(range, marked);
    }
    return {
      ...this.#tally,
      startedAt: this.#startedAt,
      indexFileCount: first?.indexFileCount ?? 0,
      indexDataBytes: first?.indexDataBytes ?? 0,
      namedChunkCount: named,
      // A snapshot that was removed meanwhile may leave more chunks than names.
      missingChunkCount: Math.max(0, named - this.#tally.usedChunkCount),
      oldestKeptMs: this.#oldestKeptMs,
      nextFreeAtMs:
        this.#tally.pendingOldestMs === undefined ? undefined : this.#tally.pendingOldestMs + this.#cutoffMs,
    };
  }

  async mergeRecords(): Promise<void> {
    try {
      this.#assertStore();
      await mergeChunkRecords(this.#needs, this.#datastore.path, {
        removed: this.#removed,
        rest: () => this.#rest(),
      });
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code === "CANCELLED") throw error;
      this.#options.onRecordsTrouble?.(error);
    }
  }

  /** As many parts as the chunks need; digests lie evenly over the directories. */
  #ranges(): DirectoryRange[] {
    const sample = chunkDirectoriesSample(this.#needs, this.#datastore, SAMPLED_DIRECTORY_COUNT);
    const estimate = sample.chunkCount / sample.share;
    const partCount = Math.min(
      DIRECTORY_COUNT,
      Math.max(1, Math.ceil(estimate / (this.#options.digestCountMax ?? DIGEST_COUNT_MAX))),
    );
    const edge = (part: number): number => Math.floor((part * DIRECTORY_COUNT) / partCount);
    return Array.from({ length: partCount }, (_, part) => ({ from: edge(part), to: edge(part + 1) }));
  }

  async #mark(range: DirectoryRange): Promise<Marked> {
    const { marked, unreadable } = await markChunks(this.#needs, this.#datastore.path, {
      range,
      rest: () => this.#rest(),
      onIndex: (doneCount) => {
        this.#assertStore();
        this.#show("mark", doneCount, this.#indexTotal);
      },
    });
    this.#assertStore();
    const [first] = unreadable;
    if (first !== undefined) throw unreadableError(first, unreadable.length);
    return marked;
  }

  async #sweep(range: DirectoryRange, marked: Marked): Promise<void> {
    await this.#options.beforeSweep?.();
    this.#assertClock();
    await sweepChunks(this.#needs, this.#datastore.path, {
      range,
      marked: marked.digests,
      oldestKeptMs: this.#oldestKeptMs,
      isDryRun: this.#options.isDryRun === true,
      tally: this.#tally,
      removed: this.#removed,
      rest: () => this.#rest(),
      assertStore: () => this.#assertStore(),
      onDirectory: (doneCount) => this.#show("sweep", doneCount, DIRECTORY_COUNT),
    });
  }

  /** @throws DATASTORE_REPLACED */
  #assertStore(): void {
    assertPinned(this.#needs, this.#datastore.path, this.#pin);
  }

  /** Gives the event loop its turn after some milliseconds, and looks whether to go on. */
  #rest(): Promise<void> | undefined {
    if (this.#needs.clock.elapsedMs() - this.#restedMs < WORK_MS_MAX) return undefined;
    return this.#pause();
  }

  async #pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    throwIfCancelled(this.#options.signal);
    this.#assertClock();
    this.#restedMs = this.#needs.clock.elapsedMs();
  }

  /** @throws GC_CLOCK_SET_BACK */
  #assertClock(): void {
    const { clock } = this.#needs;
    const expected = this.#startedAt + (clock.elapsedMs() - this.#startedMs);
    const backMs = expected - clock.now();
    if (backMs > CLOCK_STEP_BACK_MS_MAX)
      throw engineErrors.GC_CLOCK_SET_BACK({ seconds: Math.round(backMs / 1000) });
  }

  #show(phase: GcPhase, doneCount: number, totalCount: number | undefined): void {
    this.#options.onProgress?.({
      phase,
      doneCount,
      totalCount,
      isLastPart: this.#isLastPart,
      tally: this.#tally,
    });
  }
}

const SAMPLED_DIRECTORY_COUNT = 64;

function unreadableError(first: UnreadableIndex, count: number): Error {
  return engineErrors.GC_INDEX_UNREADABLE(
    { path: first.path, detail: first.error.message, indexCount: count },
    first.error,
  );
}
