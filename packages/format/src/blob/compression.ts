/**
 * zstd as blobs use it: one frame, only where it makes the data strictly shorter, and never more output than allowed.
 *
 * The size that a frame's header claims is used for the output buffer and for an early refusal, but not believed: the
 * bound holds for what really comes out. Bytes behind the frame are an error, where Node alone would drop them silently.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";
import type { WorkMemory } from "./work-memory.ts";
import { compressFrame, decompressFrame } from "./zstd-engine.ts";
import type { FrameContent } from "./zstd-engine.ts";

export const COMPRESSION_LEVEL_DEFAULT = 1;
/** Node reads -1 as "the default", and the other negative levels cost more space than they save time. */
export const COMPRESSION_LEVEL_MIN = 1;
export const COMPRESSION_LEVEL_MAX = 19;

const PROBE_SIZE_BYTES = 16 * 1024;
/** Below this a probe costs as much as it saves. */
const PROBED_SIZE_BYTES_MIN = 16 * PROBE_SIZE_BYTES;
/** A sample that shrinks less than this counts as incompressible. */
const PROBE_GAIN_MIN = 0.02;

/**
 * @param memory  where the result lies then; without it, in memory of its own
 * @returns undefined when compressing does not pay. @throws INVARIANT_BROKEN for a level outside 1 to 19
 */
export function compress(raw: Uint8Array, level: number, memory?: WorkMemory): Uint8Array | undefined {
  assertInvariant(
    Number.isInteger(level) && level >= COMPRESSION_LEVEL_MIN && level <= COMPRESSION_LEVEL_MAX,
    "a compression level is a whole number from 1 to 19",
  );
  if (isIncompressible(raw)) return undefined;
  const compressed = zstd(raw, level, memory);
  return compressed.length < raw.length ? compressed : undefined;
}

function zstd(raw: Uint8Array, level: number, memory?: WorkMemory): Uint8Array {
  // zstd's own bound: one output buffer, where Node would gather a list of small ones and join them (7 to 13 % of the time).
  const sizeBytesMax = raw.length + (raw.length >>> 8) + 1024;
  return compressFrame(raw, { level, sizeBytesMax, ...(memory === undefined ? {} : { memory }) });
}

/** Three samples, all of which must fail: one alone misjudges mixed chunks and costs 3 % of space. */
function isIncompressible(raw: Uint8Array): boolean {
  if (raw.length < PROBED_SIZE_BYTES_MIN) return false;
  const last = raw.length - PROBE_SIZE_BYTES;
  return [0, Math.floor(last / 2), last].every((at) => {
    const sample = raw.subarray(at, at + PROBE_SIZE_BYTES);
    return zstd(sample, COMPRESSION_LEVEL_MIN).length > PROBE_SIZE_BYTES * (1 - PROBE_GAIN_MIN);
  });
}

/** Output per round where a frame does not say its size. */
const ROUND_SIZE_BYTES = 1024 * 1024;
/** With an output buffer of exactly the needed length Node makes a second round. */
const SPARE_SIZE_BYTES = 1024;

/**
 * @param memory  where the result lies then; without it, in memory of its own
 * @throws BLOB_TOO_LARGE before more than `rawSizeBytesMax` lies in memory, BLOB_NOT_DECODABLE
 */
export function decompress(data: Uint8Array, rawSizeBytesMax: number, memory?: WorkMemory): Uint8Array {
  const claimed = claimedSizeBytes(data);
  if (claimed !== undefined && claimed > rawSizeBytesMax) throw tooLarge(rawSizeBytesMax);
  const likelySizeBytes = Math.min(claimed ?? ROUND_SIZE_BYTES, rawSizeBytesMax) + SPARE_SIZE_BYTES;
  const { raw, frameSizeBytes } = unpack(data, rawSizeBytesMax, likelySizeBytes, memory);
  const restSizeBytes = data.length - frameSizeBytes;
  if (restSizeBytes !== 0) throw notDecodable(`${restSizeBytes} bytes follow behind the zstd frame`);
  if (raw.length > rawSizeBytesMax) throw tooLarge(rawSizeBytesMax);
  return raw;
}

function unpack(
  data: Uint8Array,
  rawSizeBytesMax: number,
  likelySizeBytes: number,
  memory: WorkMemory | undefined,
): FrameContent {
  const maxOutputLength = Math.max(1, rawSizeBytesMax);
  try {
    return decompressFrame(data, {
      likelySizeBytes,
      maxOutputLength,
      ...(memory === undefined ? {} : { memory }),
    });
  } catch (cause) {
    const isTooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    if (isTooLarge) throw tooLarge(rawSizeBytesMax, cause);
    throw notDecodable(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function tooLarge(sizeBytesMax: number, cause?: unknown): Error {
  return formatErrors.BLOB_TOO_LARGE({ sizeBytesMax }, cause);
}

function notDecodable(detail: string, cause?: unknown): Error {
  return formatErrors.BLOB_NOT_DECODABLE({ detail }, cause);
}

/** What the frame's header says the content's size is (RFC 8878, 3.1.1.1); undefined when it says nothing. */
function claimedSizeBytes(frame: Uint8Array): number | undefined {
  const descriptor = frame[4];
  if (descriptor === undefined) return undefined;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdSizeBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const fieldSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdSizeBytes;
  if (fieldSizeBytes === 0 || frame.length < at + fieldSizeBytes) return undefined;
  let sizeBytes = 0;
  for (let i = fieldSizeBytes - 1; i >= 0; i--) sizeBytes = sizeBytes * 256 + (frame[at + i] ?? 0);
  return fieldSizeBytes === 2 ? sizeBytes + 256 : sizeBytes;
}
