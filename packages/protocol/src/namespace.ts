/** Namespaces and backup groups of a datastore: the places where snapshots lie. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { EffectiveRetentionSchema, RetentionSchema } from "./retention.ts";
import { CountSchema, InstantSchema, NameSchema, SizeSchema, strictObject } from "./shapes.ts";

export const NamespaceSchema = strictObject(
  {
    /** `""` is the root, `a/b` lies in `a`. */
    namespace: Type.String(),
    /** In itself, not in those below. */
    groupCount: CountSchema,
    /** Finished ones, in itself. */
    snapshotCount: CountSchema,
    /** Of them: the last verification found them CORRUPT or MISSING. Absent: none. */
    damagedCount: Type.Optional(CountSchema),
    /** As it was set here; absent: what holds above holds here. */
    retention: Type.Optional(RetentionSchema),
    effectiveRetention: EffectiveRetentionSchema,
  },
  "Namespace",
);
export type NamespaceRow = Static<typeof NamespaceSchema>;

export const NamespaceCreateSchema = strictObject(
  {
    /** Those above it are made with it. */
    namespace: Type.String({ minLength: 1, maxLength: 256 }),
    retention: Type.Optional(RetentionSchema),
  },
  "NamespaceCreate",
);
export type NamespaceCreate = Static<typeof NamespaceCreateSchema>;

export const NamespaceUpdateSchema = strictObject(
  {
    /** `null`: what holds above holds here again. `{}`: everything stays here. */
    retention: Type.Union([RetentionSchema, Type.Null()]),
  },
  "NamespaceUpdate",
);
export type NamespaceUpdate = Static<typeof NamespaceUpdateSchema>;

export const GroupSchema = strictObject(
  {
    /** `[NS/]type/id`, the name that other calls take. */
    group: Type.String(),
    namespace: Type.String(),
    type: Type.String(),
    id: Type.String(),
    /** Absent when its owner file is missing or names nobody. */
    owner: Type.Optional(Type.String()),
    notes: Type.Optional(Type.String()),
    /** Finished ones. */
    snapshotCount: CountSchema,
    unfinishedCount: CountSchema,
    protectedCount: CountSchema,
    /** Snapshots that the last verification found CORRUPT or MISSING. Absent: none. */
    damagedCount: Type.Optional(CountSchema),
    /** Unix time in seconds of the newest and the oldest finished one. */
    newestBackupTime: Type.Optional(Type.Integer()),
    oldestBackupTime: Type.Optional(Type.Integer()),
    /** A backup of it is running. */
    running: Type.Boolean(),
  },
  "Group",
);
export type Group = Static<typeof GroupSchema>;

/** Absent fields stay as they are; empty notes take them away. */
export const GroupUpdateSchema = strictObject(
  { notes: Type.Optional(Type.String({ maxLength: 65_536 })) },
  "GroupUpdate",
);
export type GroupUpdate = Static<typeof GroupUpdateSchema>;

/** Chunk bytes, as stored, that nothing else in the datastore uses: what garbage collection could free were these gone. */
const ownSpaceFields = { ownBytes: SizeSchema, ownChunkCount: CountSchema };

export const GroupSpaceSchema = strictObject(
  {
    group: Type.String(),
    measuredAt: InstantSchema,
    /** Of all its snapshots together; absent when it is not known. */
    ownBytes: Type.Optional(SizeSchema),
    ownChunkCount: Type.Optional(CountSchema),
    /** Newest first: what each of them alone uses. Together they own more, where several share a chunk. */
    snapshots: Type.Array(strictObject({ snapshot: Type.String(), ...ownSpaceFields })),
    /** Why it is not known. */
    unknownBecause: Type.Optional(Type.String()),
  },
  "GroupSpace",
);
export type GroupSpace = Static<typeof GroupSpaceSchema>;

export const GroupOwnerChangeSchema = strictObject({ owner: NameSchema }, "GroupOwnerChange");
export type GroupOwnerChange = Static<typeof GroupOwnerChangeSchema>;

export const ForgottenGroupSchema = strictObject(
  {
    removedCount: CountSchema,
    /** They stay, and the group with them. */
    protectedCount: CountSchema,
    /** In use by something that runs; they stay, and the group with them. */
    inUseCount: CountSchema,
    removed: Type.Boolean({ description: "The group itself is gone" }),
  },
  "ForgottenGroup",
);
export type ForgottenGroup = Static<typeof ForgottenGroupSchema>;

/** Absent fields stay as they are; empty notes take them away. */
export const SnapshotUpdateSchema = strictObject(
  {
    notes: Type.Optional(Type.String({ maxLength: 65_536 })),
    /** Neither pruned nor forgotten while it is. */
    protected: Type.Optional(Type.Boolean()),
  },
  "SnapshotUpdate",
);
export type SnapshotUpdate = Static<typeof SnapshotUpdateSchema>;
