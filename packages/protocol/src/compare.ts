/** What differs between two snapshots of a group. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CHANGE_PARTS, CHANGE_WORDS } from "./compare-words.ts";
import { SnapshotEntrySchema } from "./datastore.ts";
import { SizeSchema, strictObject, words } from "./shapes.ts";

export const SnapshotChangeSchema = strictObject(
  {
    /** From the archive's root, with a slash in front. */
    path: Type.String(),
    change: words(CHANGE_WORDS),
    /** What it is now; of what was removed, what it was. */
    kind: SnapshotEntrySchema.properties.kind,
    /** Of files, on each side that has one. */
    sizeBefore: Type.Optional(SizeSchema),
    sizeAfter: Type.Optional(SizeSchema),
    /** Of what changed: in which parts. */
    parts: Type.Optional(Type.Array(words(CHANGE_PARTS))),
    /** Its size is the same and its time is not; to know more, too much would have to be read. */
    contentNotCompared: Type.Optional(Type.Boolean()),
  },
  "SnapshotChange",
);
export type SnapshotChange = Static<typeof SnapshotChangeSchema>;

export const SnapshotComparisonSchema = strictObject(
  {
    /** The older one. */
    before: Type.String(),
    after: Type.String(),
    archive: Type.String(),
    /** By path, each directory before what it holds. A page may have few or none and yet be followed by others. */
    changes: Type.Array(SnapshotChangeSchema),
    /** Absent on the last page. */
    nextCursor: Type.Optional(Type.String()),
  },
  "SnapshotComparison",
);
export type SnapshotComparison = Static<typeof SnapshotComparisonSchema>;

export const ComparisonQuerySchema = strictObject({
  archive: Type.String({ minLength: 1, maxLength: 256 }),
  /** `[NS/]type/id/time` of the same group. Absent: the one before it. */
  since: Type.Optional(Type.String({ maxLength: 1024 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
  /** `nextCursor` of the page before. */
  cursor: Type.Optional(Type.String({ maxLength: 12_000, pattern: "^[A-Za-z0-9_-]*$" })),
});
export type ComparisonQuery = Static<typeof ComparisonQuerySchema>;
