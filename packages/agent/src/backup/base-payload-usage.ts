/**
 * Decides which chunks of the previous snapshot's payload are worth keeping, from that snapshot alone.
 *
 * Keeping a chunk for one last live file keeps all the dead bytes around it, in this snapshot and every later one; and a
 * chunk in whose middle one file after the other changes is repeated once more for each. Both would grow without
 * bound. So a chunk is given up, and its files are read and written together again, when
 *
 * - less than half of it is live: rewriting then costs at most as much as the garbage it frees, or
 * - it is repeated too often: at the average chunk of 4 MiB, 32 repeats are 1.3 KB of index for each snapshot, and
 *   rewriting at that point costs 128 KiB for each change that led there. The bound differs from chunk to chunk by
 *   its digest (16 to 48), because changes spread evenly over a tree would otherwise have everything rewritten in
 *   one single backup.
 *
 * Measuring this takes one pass over all of the previous metadata, half a second for 100,000 files. It is left out when
 * the previous snapshot's record says that nearly nothing is dead, and the index that nothing is repeated too often.
 */

import type { DynamicIndexReader } from "@ironcore-backup/format";

export const LIVE_SHARE_MIN = 0.5;
export const INJECTION_COUNT_MAX_LEAST = 16;
export const INJECTION_COUNT_MAX_SPREAD = 33;
/** So little garbage is bounded already, whatever chunk it lies in. */
export const DEAD_SHARE_MAX_UNMEASURED = 0.1;

interface ChunkUsage {
  liveBytes: number;
  injectionCount: number;
}

export class BasePayloadUsage {
  readonly #base: DynamicIndexReader;
  readonly #byDigest = new Map<string, ChunkUsage>();
  readonly #usages: ChunkUsage[] = [];
  #lastChunk = 0;
  #isMeasured = false;
  #distinctSizeBytes = 0;
  #injectionCountMax = 0;

  constructor(base: DynamicIndexReader) {
    this.#base = base;
    for (let index = 0; index < base.chunkCount; index++) {
      const key = Buffer.from(base.digestAt(index)).toString("latin1");
      let usage = this.#byDigest.get(key);
      if (usage === undefined) {
        this.#byDigest.set(key, (usage = { liveBytes: 0, injectionCount: 0 }));
        this.#distinctSizeBytes += base.endBytes(index) - base.startBytes(index);
      }
      usage.injectionCount++;
      this.#injectionCountMax = Math.max(this.#injectionCountMax, usage.injectionCount);
      this.#usages.push(usage);
    }
  }

  /** @param payloadLiveBytes  as the base's record says; undefined when it says nothing */
  isWorthMeasuring(payloadLiveBytes: number | undefined): boolean {
    if (payloadLiveBytes === undefined || this.#injectionCountMax > INJECTION_COUNT_MAX_LEAST) return true;
    return payloadLiveBytes < this.#distinctSizeBytes * (1 - DEAD_SHARE_MAX_UNMEASURED);
  }

  /** One file's extent in the base's payload stream, its item header included. Places outside the stream are ignored. */
  add(placeBytes: number, sizeBytes: number): void {
    this.#isMeasured = true;
    const endBytes = placeBytes + sizeBytes;
    if (placeBytes < 0 || sizeBytes < 1 || !(endBytes <= this.#base.sizeBytes)) return;
    if (!this.#isInside(this.#lastChunk, placeBytes)) this.#lastChunk = this.#base.findChunk(placeBytes);
    for (let index = this.#lastChunk; index < this.#base.chunkCount; index++) {
      const start = Math.max(placeBytes, this.#base.startBytes(index));
      const end = Math.min(endBytes, this.#base.endBytes(index));
      if (end <= start) break;
      const usage = this.#usages[index];
      if (usage !== undefined) usage.liveBytes += end - start;
      this.#lastChunk = index;
    }
  }

  #isInside(index: number, placeBytes: number): boolean {
    return (
      index < this.#base.chunkCount &&
      placeBytes >= this.#base.startBytes(index) &&
      placeBytes < this.#base.endBytes(index)
    );
  }

  /** Of anything, when nothing was measured. */
  isWorthKeeping(chunkIndex: number): boolean {
    if (!this.#isMeasured) return true;
    const usage = this.#usages[chunkIndex];
    if (usage === undefined) return false;
    const digest = this.#base.digestAt(chunkIndex);
    const injectionCountMax = INJECTION_COUNT_MAX_LEAST + ((digest[0] ?? 0) % INJECTION_COUNT_MAX_SPREAD);
    const sizeBytes = this.#base.endBytes(chunkIndex) - this.#base.startBytes(chunkIndex);
    // Compared with what is live, not counted: the zeros of a sparse file repeat one chunk too, but all of each is live.
    if (usage.injectionCount * sizeBytes > injectionCountMax * usage.liveBytes) return false;
    return usage.liveBytes >= sizeBytes * LIVE_SHARE_MIN;
  }
}
