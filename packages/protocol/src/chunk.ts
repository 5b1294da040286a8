/** From a chunk to what needs it: snapshots, archives, files. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, SizeSchema, strictObject } from "./shapes.ts";

const DigestSchema = Type.String({ pattern: "^[0-9a-f]{64}$" });

export const ChunkQuerySchema = strictObject({ digest: DigestSchema });
export type ChunkQuery = Static<typeof ChunkQuerySchema>;

/** An archive whose index names the chunk. */
const ChunkUseSchema = strictObject(
  {
    snapshot: Type.String(),
    namespace: Type.String(),
    backupTime: InstantSchema,
    archive: Type.String(),
    /** How often it stands in the archive. */
    placeCount: CountSchema,
  },
  "ChunkUse",
);
export type ChunkUse = Static<typeof ChunkUseSchema>;

export const ChunkUsesSchema = strictObject(
  {
    digest: DigestSchema,
    /** Its file, as stored. Absent: there is none under its name. Whether it is sound only a verify tells. */
    storedBytes: Type.Optional(SizeSchema),
    /** Newest snapshot first, the first thousand that the caller may see. */
    uses: Type.Array(ChunkUseSchema),
    /** Archives, and the snapshots that they are in, that the caller may see. */
    useCount: CountSchema,
    snapshotCount: CountSchema,
    /** Indexes that cannot be read: whether they need it is not known. */
    unreadableCount: CountSchema,
    /** Why there may be more. */
    incompleteBecause: Type.Optional(Type.String()),
  },
  "ChunkUses",
);
export type ChunkUses = Static<typeof ChunkUsesSchema>;

const ChunkFileSchema = strictObject(
  {
    /** Inside the archive. */
    path: Type.String(),
    sizeBytes: Type.Optional(SizeSchema),
  },
  "ChunkFile",
);

const ChunkArchiveSchema = strictObject(
  {
    archive: Type.String(),
    /** Of the archive's stream. */
    lostBytes: SizeSchema,
    /** What of it cannot be read without the chunk, in the archive's order, the first thousand. */
    files: Type.Array(ChunkFileSchema),
    fileCount: CountSchema,
    /** Why there may be more files, or why none are named. */
    incompleteBecause: Type.Optional(Type.String()),
  },
  "ChunkArchive",
);
export type ChunkArchive = Static<typeof ChunkArchiveSchema>;

export const ChunkFilesSchema = strictObject(
  {
    snapshot: Type.String(),
    digest: DigestSchema,
    /** Of this snapshot, those that need the chunk. */
    archives: Type.Array(ChunkArchiveSchema),
  },
  "ChunkFiles",
);
export type ChunkFiles = Static<typeof ChunkFilesSchema>;
