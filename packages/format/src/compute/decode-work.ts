/**
 * What is done with one chunk on the way out of the store: read, check, decrypt, decompress, hash again, consume.
 *
 * The checks go from cheap to dear, and each has its own reason in CHUNK_CORRUPT: the kind against the manifest, the
 * checksum, whether it decodes, the size and the digest. Decoding always hashes again, unless the chunk is encrypted
 * and no key is at hand: then the checksum is all that can be checked here, and the result says so and carries what the
 * store's records can be asked about.
 */

import { hash } from "node:crypto";
import { CodedError, hexFromBytes } from "@ironcore-backup/base";
import { assertBlobCrc, decodeBlob, parseBlobHeader } from "../blob/blob.ts";
import { createWorkMemory } from "../blob/work-memory.ts";
import { chunkDigest } from "../crypto/encryption-key.ts";
import type { EncryptionKey } from "../crypto/encryption-key.ts";
import { formatErrors } from "../errors.ts";
import type { ChunkConsumer, DecodeRequest, DecodeResult } from "./chunk-decoder-contract.ts";
import type { ThreadChunkReader } from "./thread-module.ts";

export interface DecodeWorkOptions {
  readonly reader: ThreadChunkReader;
  readonly consumer: ChunkConsumer | undefined;
  readonly key: EncryptionKey | undefined;
}

export interface DecodeWork {
  /** @throws CHUNK_MISSING, CHUNK_CORRUPT, KEY_REQUIRED, KEY_WRONG, what reader and consumer throw */
  process(request: DecodeRequest): DecodeResult;
}

type CorruptReason = "checksum" | "digest" | "size" | "not decodable" | "wrong kind";

function corrupt(request: DecodeRequest, reason: CorruptReason, cause?: unknown): CodedError {
  return formatErrors.CHUNK_CORRUPT({ digest: hexFromBytes(request.digest), reason }, cause);
}

/** Runs one step of the decoding; any error of it means `reason`, but for a key that does not fit and excess size. */
function orCorrupt<T>(request: DecodeRequest, reason: CorruptReason, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    const code = thrown instanceof CodedError ? thrown.code : undefined;
    if (code === "KEY_WRONG") throw thrown;
    throw corrupt(request, code === "BLOB_TOO_LARGE" ? "size" : reason, thrown);
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

export function createDecodeWork(options: DecodeWorkOptions): DecodeWork {
  const { reader, consumer, key } = options;
  // A chunk is over when its consumer returns, so the next one may have its place.
  const memory = createWorkMemory();

  const decodeChecked = (request: DecodeRequest, blob: Uint8Array): Uint8Array => {
    const raw = orCorrupt(request, "not decodable", () =>
      decodeBlob(blob, {
        rawSizeBytesMax: request.rawSizeBytes,
        isCrcChecked: true,
        memory,
        ...(key === undefined ? {} : { key }),
      }),
    );
    if (raw.length !== request.rawSizeBytes) throw corrupt(request, "size");
    const digest = chunkDigest(raw, request.encrypted ? key : undefined);
    if (Buffer.compare(digest, request.digest) !== 0) throw corrupt(request, "digest");
    return raw;
  };

  return {
    process(request) {
      const blob = reader.read(request.digest);
      const storedSizeBytes = blob.length;
      const header = orCorrupt(request, "not decodable", () => parseBlobHeader(blob));
      if (header.encrypted !== request.encrypted) throw corrupt(request, "wrong kind");
      orCorrupt(request, "checksum", () => assertBlobCrc(blob));
      const isKeyMissing = request.encrypted && key === undefined;
      if (isKeyMissing && consumer !== undefined) throw formatErrors.KEY_REQUIRED({});
      const stored = request.encrypted && consumer === undefined ? { storedDigest: sha256(blob) } : {};
      if (isKeyMissing) return { storedSizeBytes, checks: "checksum-only", ...stored, answer: undefined };
      const raw = decodeChecked(request, blob);
      return { storedSizeBytes, checks: "digest", ...stored, answer: consumer?.consume(raw, request.task) };
    },
  };
}
