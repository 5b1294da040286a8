/**
 * One stream on its way through the pipeline: bytes fill a slot, are scanned in place, and whole chunks are handed over.
 *
 * States of a stream: empty (no slot) <-> filling (a slot with bytes of the chunk that is not yet cut) -> ended.
 * Records of its chunks wait in stream order until the ones before them are known; then `onChunk` gets them.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { createFixedScanner } from "../chunker/cut-scanner.ts";
import type { CutScanner } from "../chunker/cut-scanner.ts";
import { createBuzhashScanner } from "../chunker/buzhash-scanner.ts";
import type { WasmMemory } from "../chunker/chunk-memory.ts";
import { createGearScanner } from "../chunker/gear-scanner.ts";
import type { ChunkHandover } from "./chunk-handover.ts";
import type { ChunkStream, Cutting, PipelineChunk } from "./chunk-pipeline-contract.ts";
import type { ChunkJobResult } from "./job-board.ts";

/**
 * What `reserve` offers at most where cut points must be looked for. Bytes behind a cut are copied to the next slot,
 * half of this on average; and what was just read is scanned while it is in the core's own cache.
 */
const SCANNED_PIECE_SIZE_BYTES = 262_144;
/** Records may pile up behind one slow chunk when the others come by `inject` or `writeZeros`. */
const WAITING_RECORD_COUNT_MAX = 65_536;

interface ChunkRecord {
  readonly startBytes: number;
  readonly endBytes: number;
  known: { readonly digest: Uint8Array; readonly outcome: PipelineChunk["outcome"] } | undefined;
}

/** What a stream needs of its pipeline. */
export interface ChunkStreamParts {
  readonly handover: ChunkHandover;
  /** Counts a chunk into the pipeline's statistics. */
  readonly count: (sizeBytes: number, result: ChunkJobResult | "reused") => void;
  /** The digest of `sizeBytes` zeros, stored by the time it returns, and whether that was now. */
  readonly zeroChunk: (sizeBytes: number) => ChunkJobResult;
  readonly onEnd: () => void;
}

export function createCutScanner(memory: WasmMemory, cutting: Cutting): CutScanner {
  switch (cutting.kind) {
    case "gear":
      return createGearScanner(memory, cutting.averageSizeBytes);
    case "buzhash":
      return createBuzhashScanner(memory, cutting.averageSizeBytes);
    case "fixed":
      return createFixedScanner(cutting.chunkSizeBytes);
    default:
      return cutting satisfies never;
  }
}

const NO_SLOT = -1;

export class SlotStream implements ChunkStream {
  readonly #parts: ChunkStreamParts;
  readonly #scanner: CutScanner;
  readonly #isFixed: boolean;
  readonly #onChunk: (chunk: PipelineChunk) => void;
  readonly #waiting: ChunkRecord[] = [];
  /** Records before this one were reported. */
  #waitingHead = 0;
  #slot = NO_SLOT;
  #filledBytes = 0;
  #reservedBytes = 0;
  /** Where the chunk that is being filled began, in the stream. */
  #chunkStartBytes = 0;
  #chunkCount = 0;
  #isEnded = false;

  constructor(
    parts: ChunkStreamParts,
    scanner: CutScanner,
    isFixed: boolean,
    onChunk: (chunk: PipelineChunk) => void,
  ) {
    this.#parts = parts;
    this.#scanner = scanner;
    this.#isFixed = isFixed;
    this.#onChunk = onChunk;
  }

  get offsetBytes(): number {
    return this.#chunkStartBytes + this.#filledBytes;
  }

  reserve(): Uint8Array {
    this.#assertUsable();
    const { handover } = this.#parts;
    if (this.#slot === NO_SLOT) this.#slot = handover.takeSlot();
    const roomBytes = this.#scanner.chunkSizeBytesMax - this.#filledBytes;
    this.#reservedBytes = this.#isFixed ? roomBytes : Math.min(roomBytes, SCANNED_PIECE_SIZE_BYTES);
    const start = handover.startOf(this.#slot) + this.#filledBytes;
    return handover.bytes.subarray(start, start + this.#reservedBytes);
  }

  commit(count: number): void {
    this.#assertUsable();
    assertInvariant(count >= 0 && count <= this.#reservedBytes, "no more is committed than was reserved");
    this.#reservedBytes = 0;
    let scannedBytes = this.#filledBytes;
    this.#filledBytes += count;
    while (scannedBytes < this.#filledBytes) {
      const start = this.#parts.handover.startOf(this.#slot);
      const sizeBytes = this.#scanner.scan(start, scannedBytes, this.#filledBytes);
      if (sizeBytes === 0) return;
      this.#handOver(sizeBytes);
      scannedBytes = 0;
    }
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const view = this.reserve();
      const count = Math.min(view.length, bytes.length - at);
      view.set(bytes.subarray(at, at + count));
      this.commit(count);
      at += count;
    }
  }

  cut(): void {
    this.#assertUsable();
    this.#reservedBytes = 0;
    if (this.#filledBytes > 0) this.#handOver(this.#filledBytes);
  }

  inject(digest: Uint8Array, rawSizeBytes: number): void {
    assertInvariant(rawSizeBytes > 0, "an injected chunk has a size");
    this.cut();
    this.#parts.count(rawSizeBytes, "reused");
    this.#addRecord(rawSizeBytes, { digest: digest.slice(), outcome: "reused" });
    this.#boundWaitingRecords();
    this.#report();
  }

  writeZeros(count: number): void {
    this.#assertUsable();
    let rest = count;
    const sizeBytes = this.#scanner.chunkSizeBytesMax;
    while (rest > 0) {
      if (this.#isFixed && this.#filledBytes === 0 && rest >= sizeBytes) {
        this.#addZeroChunk(sizeBytes);
        rest -= sizeBytes;
        continue;
      }
      const view = this.reserve();
      const piece = Math.min(view.length, rest);
      view.fill(0, 0, piece);
      this.commit(piece);
      rest -= piece;
    }
  }

  end(): { readonly sizeBytes: number; readonly chunkCount: number } {
    this.cut();
    this.#parts.handover.waitUntil(() => this.#waitingHead === this.#waiting.length);
    this.#isEnded = true;
    if (this.#slot !== NO_SLOT) this.#parts.handover.releaseSlot(this.#slot);
    this.#slot = NO_SLOT;
    this.#parts.onEnd();
    return { sizeBytes: this.#chunkStartBytes, chunkCount: this.#chunkCount };
  }

  #assertUsable(): void {
    assertInvariant(!this.#isEnded, "an ended stream gets no more calls");
    this.#parts.handover.assertSound();
  }

  /** Cuts the first `sizeBytes` off the slot, moves what lies behind into a fresh one, hands the chunk over. */
  #handOver(sizeBytes: number): void {
    const { handover, count } = this.#parts;
    const full = this.#slot;
    const restBytes = this.#filledBytes - sizeBytes;
    this.#slot = NO_SLOT;
    if (restBytes > 0) {
      this.#slot = handover.takeSlot();
      const restStart = handover.startOf(full) + sizeBytes;
      handover.bytes.copyWithin(handover.startOf(this.#slot), restStart, restStart + restBytes);
    }
    this.#filledBytes = 0;
    const record = this.#addRecord(sizeBytes, undefined);
    this.#filledBytes = restBytes;
    handover.submit(full, sizeBytes, this.#isFixed, (result) => {
      record.known = { digest: result.digest, outcome: result.outcome };
      count(sizeBytes, result);
      this.#report();
    });
  }

  #addZeroChunk(sizeBytes: number): void {
    const result = this.#parts.zeroChunk(sizeBytes);
    this.#parts.count(sizeBytes, result);
    this.#addRecord(sizeBytes, { digest: result.digest.slice(), outcome: result.outcome });
    this.#boundWaitingRecords();
    this.#report();
  }

  #addRecord(sizeBytes: number, known: ChunkRecord["known"]): ChunkRecord {
    const startBytes = this.#chunkStartBytes;
    const record: ChunkRecord = { startBytes, endBytes: startBytes + sizeBytes, known };
    this.#chunkStartBytes = record.endBytes;
    this.#chunkCount++;
    this.#waiting.push(record);
    return record;
  }

  #boundWaitingRecords(): void {
    if (this.#waiting.length - this.#waitingHead < WAITING_RECORD_COUNT_MAX) return;
    this.#report();
    this.#parts.handover.waitUntil(() => this.#waiting.length - this.#waitingHead < WAITING_RECORD_COUNT_MAX);
  }

  /** Reports the records at the head whose digests are known. What `onChunk` throws fails the pipeline. */
  #report(): void {
    for (;;) {
      const record = this.#waiting[this.#waitingHead];
      if (record?.known === undefined) break;
      this.#waitingHead++;
      const { startBytes, endBytes, known } = record;
      try {
        this.#onChunk({ startBytes, endBytes, ...known });
      } catch (thrown) {
        throw this.#parts.handover.fail(thrown);
      }
    }
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#waitingHead = 0;
    } else if (this.#waitingHead > WAITING_RECORD_COUNT_MAX) {
      this.#waiting.splice(0, this.#waitingHead);
      this.#waitingHead = 0;
    }
  }
}
