/**
 * One zstd frame made or read in one call, on request into memory that the caller owns.
 *
 * Node's one-shot functions always allocate their output. The engine behind them writes where `_outBuffer` points and
 * is driven by `_processChunk`, which Node keeps for old callers. Both are internals, so their presence is checked, and
 * without them the one-shot functions do the same work into fresh memory. A test says when a Node stops playing along.
 */

import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { WorkMemory } from "./work-memory.ts";

/** The smallest that Node takes: the engine's own buffer is replaced before it is used. */
const OWN_BUFFER_SIZE_BYTES = 64;

/**
 * Level 1 for chunks: its own tables are made for 512 KiB of window and forget the rest of a 4 MiB chunk. Over logs, binaries and a disk image 5 % less space for a
 * tenth more time; level 2 takes a fifth more for the same gain.
 */
const LEVEL_1_PARAMETERS = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_windowLog]: 22,
  [constants.ZSTD_c_hashLog]: 15,
  [constants.ZSTD_c_minMatch]: 6,
};
/** Below this zstd's own parameters, which follow the size, are as good. */
const LEVEL_1_SIZE_BYTES_MIN = 512 * 1024;

function parametersOf(level: number, sizeBytes: number): Record<number, number> {
  if (level === 1 && sizeBytes >= LEVEL_1_SIZE_BYTES_MIN) return LEVEL_1_PARAMETERS;
  return { [constants.ZSTD_c_compressionLevel]: level };
}

interface Engine {
  /** A Buffer, whose `slice` is a view; that of other arrays would copy. */
  _outBuffer: Buffer;
  _chunkSize: number;
  readonly _finishFlushFlag: number;
  _processChunk(data: Uint8Array, flushFlag: number): Uint8Array;
  /** What went in. */
  readonly bytesWritten: number;
}

/** @param sizeBytesMax  bound of the output, which the caller has computed. A view on `memory` where one is given. */
export function compressFrame(
  raw: Uint8Array,
  options: { readonly level: number; readonly sizeBytesMax: number; readonly memory?: WorkMemory },
): Uint8Array {
  const { level, sizeBytesMax, memory } = options;
  const params = parametersOf(level, raw.length);
  if (memory === undefined) return zstdCompressSync(raw, { chunkSize: sizeBytesMax, params });
  const engine = takeInternals(createZstdCompress({ chunkSize: OWN_BUFFER_SIZE_BYTES, params }));
  if (engine === undefined) return zstdCompressSync(raw, { chunkSize: sizeBytesMax, params });
  return run(engine, raw, memory.take(sizeBytesMax));
}

export interface FrameContent {
  readonly raw: Uint8Array;
  /** How many of the given bytes the frame took. */
  readonly frameSizeBytes: number;
}

/**
 * @param options.likelySizeBytes  of the output; more than that comes too, in further rounds and fresh memory
 * @throws Node's errors: ERR_BUFFER_TOO_LARGE above `maxOutputLength`, ZSTD_… for what is not a frame
 */
export function decompressFrame(
  data: Uint8Array,
  options: {
    readonly likelySizeBytes: number;
    readonly maxOutputLength: number;
    readonly memory?: WorkMemory;
  },
): FrameContent {
  const { likelySizeBytes, maxOutputLength, memory } = options;
  if (memory !== undefined) {
    const engine = takeInternals(createZstdDecompress({ chunkSize: OWN_BUFFER_SIZE_BYTES, maxOutputLength }));
    if (engine !== undefined) {
      const raw = run(engine, data, memory.take(likelySizeBytes));
      return { raw, frameSizeBytes: engine.bytesWritten };
    }
  }
  // With `info` Node answers with the output and its engine, which the types leave out.
  const { buffer, engine } = zstdDecompressSync(data, {
    maxOutputLength,
    chunkSize: Math.max(OWN_BUFFER_SIZE_BYTES, likelySizeBytes),
    info: true,
  }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  return { raw: buffer, frameSizeBytes: engine.bytesWritten };
}

function run(engine: Engine, data: Uint8Array, memory: Buffer): Uint8Array {
  engine._outBuffer = memory;
  engine._chunkSize = memory.length;
  return engine._processChunk(data, engine._finishFlushFlag);
}

function takeInternals(stream: object): Engine | undefined {
  const isAsExpected =
    "_outBuffer" in stream &&
    "_chunkSize" in stream &&
    "_finishFlushFlag" in stream &&
    "_processChunk" in stream &&
    typeof stream._processChunk === "function";
  // Looked at right above; Node's types leave these members out.
  return isAsExpected ? (stream as unknown as Engine) : undefined;
}
