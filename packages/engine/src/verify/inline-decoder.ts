/**
 * A chunk decoder without threads: for a handful of chunks, where starting threads costs more than it saves, and for disks
 * that other threads cannot see.
 */

import { hash } from "node:crypto";
import { hexFromBytes } from "@ironcore-backup/base";
import { formatErrors } from "@ironcore-backup/format";
import type { ChunkDecoder, DecodeRequest, DecodeResult, EncryptionKey } from "@ironcore-backup/format";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { inspectChunk } from "./chunk-damage.ts";

export function createInlineDecoder(chunkStore: ChunkStore, key?: EncryptionKey): ChunkDecoder {
  return {
    decode: async (request) => {
      const result = Promise.resolve().then(() => decodeNow(chunkStore, request, key));
      // Whoever asked may look at the result later; until then a failure is not an unhandled one.
      result.catch(() => undefined);
      return { result };
    },
    close: async () => undefined,
  };
}

function decodeNow(chunkStore: ChunkStore, request: DecodeRequest, key?: EncryptionKey): DecodeResult {
  const blob = chunkStore.read(request.digest);
  const storedSizeBytes = blob.length;
  const condition = inspectChunk(blob, request.digest, key);
  const corrupt = (reason: string): Error =>
    formatErrors.CHUNK_CORRUPT({ digest: hexFromBytes(request.digest), reason });
  if (condition.outcome === "damaged") throw corrupt(condition.reason);
  if (condition.encrypted !== request.encrypted) throw corrupt("wrong kind");
  const { rawSizeBytes = request.rawSizeBytes, checks } = condition;
  if (rawSizeBytes !== request.rawSizeBytes) throw corrupt("size");
  const stored = request.encrypted ? { storedDigest: hash("sha256", blob, "buffer") } : {};
  return { storedSizeBytes, checks, ...stored, answer: undefined };
}
