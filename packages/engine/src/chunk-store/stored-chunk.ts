/** Decides what a new chunk does to one that lies there already. Pure: from two headers and two sizes to a decision. */

export interface ChunkShape {
  readonly sizeBytes: number;
  readonly encrypted: boolean;
  readonly compressed: boolean;
}

export type ExistingChunkDecision =
  | { readonly outcome: "keep" }
  | { readonly outcome: "replace" }
  | { readonly outcome: "conflict"; readonly detail: string };

const KEEP = { outcome: "keep" } as const;
const REPLACE = { outcome: "replace" } as const;

/**
 * The rules of the format page (1.7) for a chunk that exists, is whole, and carries the same digest, made stricter where
 * they would let a chunk stand that cannot belong to its name:
 * an encrypted chunk under the digest of plain data gives way to the plain one, whose digest can be checked;
 * and of two uncompressed plain chunks of different sizes, the new one, just hashed, is right.
 */
export function decideExistingChunk(existing: ChunkShape, incoming: ChunkShape): ExistingChunkDecision {
  return incoming.encrypted ? decideEncrypted(existing, incoming) : decidePlain(existing, incoming);
}

function decideEncrypted(existing: ChunkShape, incoming: ChunkShape): ExistingChunkDecision {
  if (!existing.encrypted) return { outcome: "conflict", detail: "the stored one is not encrypted" };
  if (existing.sizeBytes === incoming.sizeBytes) return KEEP;
  // Neither is compressed, so both must be as long as the data that the digest names.
  if (!existing.compressed && !incoming.compressed) {
    const detail = `both are uncompressed, ${existing.sizeBytes} and ${incoming.sizeBytes} bytes`;
    return { outcome: "conflict", detail };
  }
  return KEEP;
}

function decidePlain(existing: ChunkShape, incoming: ChunkShape): ExistingChunkDecision {
  if (existing.encrypted) return REPLACE;
  if (existing.sizeBytes === incoming.sizeBytes) return KEEP;
  if (!existing.compressed && !incoming.compressed) return REPLACE;
  return incoming.sizeBytes < existing.sizeBytes ? REPLACE : KEEP;
}
