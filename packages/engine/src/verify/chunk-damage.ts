/** Looks at one stored chunk by itself: can it be what its name says? Independent of what any index claims about it. */

import { hexFromBytes, toCodedError } from "@ironcore-backup/base";
import {
  assertBlobCrc,
  CHUNK_RAW_SIZE_BYTES_MAX,
  chunkDigest,
  decodeBlob,
  parseBlobHeader,
} from "@ironcore-backup/format";
import type { DecodeChecks, EncryptionKey } from "@ironcore-backup/format";

export type ChunkCondition =
  | {
      readonly outcome: "sound";
      readonly encrypted: boolean;
      /** Undefined where it could not be decoded for want of a key. */
      readonly rawSizeBytes: number | undefined;
      readonly checks: DecodeChecks;
    }
  | { readonly outcome: "damaged"; readonly reason: string };

/**
 * @param blob  the whole chunk file
 * @param key   decodes encrypted chunks; must be known to be the right one. Without it their checksum is all there is.
 */
export function inspectChunk(blob: Uint8Array, digest: Uint8Array, key?: EncryptionKey): ChunkCondition {
  try {
    const { encrypted } = parseBlobHeader(blob);
    assertBlobCrc(blob);
    if (encrypted && key === undefined) {
      return { outcome: "sound", encrypted, rawSizeBytes: undefined, checks: "checksum-only" };
    }
    const raw = decodeBlob(blob, {
      rawSizeBytesMax: CHUNK_RAW_SIZE_BYTES_MAX,
      isCrcChecked: true,
      ...(key === undefined ? {} : { key }),
    });
    const computed = chunkDigest(raw, encrypted ? key : undefined);
    if (hexFromBytes(computed) !== hexFromBytes(digest)) return { outcome: "damaged", reason: "digest" };
    return { outcome: "sound", encrypted, rawSizeBytes: raw.length, checks: "digest" };
  } catch (thrown) {
    return { outcome: "damaged", reason: reasonOf(toCodedError(thrown).code) };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  BLOB_CHECKSUM_WRONG: "checksum",
  KEY_WRONG: "authentication tag",
};

function reasonOf(code: string): string {
  return REASONS[code] ?? "not decodable";
}
