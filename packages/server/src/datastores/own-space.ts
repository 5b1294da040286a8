/**
 * How much of a datastore only some snapshots use, asked of the engine one question at a time: each reads every index of the
 * store. Where it is not known the answer says why, and never guesses.
 */

import { formatGroupRef, formatSnapshotRef } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { listSnapshotRefs, measureOwnSpace } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds, OwnSpace } from "@ironcore-backup/engine";
import type { GroupSpace } from "@ironcore-backup/protocol";
import type { QuestionQueue } from "./question-queue.ts";

const SNAPSHOT_COUNT_MAX = 50_000;

export type MeasuredSpace = OwnSpace | { readonly outcome: "busy" };

export interface OwnSpaceDesk {
  measure(datastore: Datastore, snapshots: readonly SnapshotRef[]): Promise<MeasuredSpace>;
  /** @throws GROUP_MISSING */
  measureGroup(datastore: Datastore, group: GroupRef): Promise<GroupSpace>;
}

export function createOwnSpaceDesk(needs: EngineNeeds, queue: QuestionQueue): OwnSpaceDesk {
  const measure = async (datastore: Datastore, snapshots: readonly SnapshotRef[]): Promise<MeasuredSpace> => {
    if (snapshots.length > SNAPSHOT_COUNT_MAX) return { outcome: "too-large" };
    const measured = queue.ask(() => measureOwnSpace(needs, datastore, snapshots));
    return measured === "busy" ? { outcome: "busy" } : measured;
  };
  return {
    measure,
    measureGroup: async (datastore, group) => {
      const refs = listSnapshotRefs(needs, datastore, group);
      const space = await measure(datastore, refs);
      const about = { group: formatGroupRef(group), measuredAt: needs.clock.now() };
      if (space.outcome !== "measured") return { ...about, snapshots: [], unknownBecause: whyUnknown(space) };
      return {
        ...about,
        ownBytes: space.together.sizeBytes,
        ownChunkCount: space.together.chunkCount,
        snapshots: refs.map((snapshot, at) => ({
          snapshot: formatSnapshotRef(snapshot),
          ownBytes: space.alone[at]?.sizeBytes ?? 0,
          ownChunkCount: space.alone[at]?.chunkCount ?? 0,
        })),
      };
    },
  };
}

/** A sentence for people. No path: it could name what the caller may not know of. */
export function whyUnknown({ outcome }: Exclude<MeasuredSpace, { readonly outcome: "measured" }>): string {
  switch (outcome) {
    case "too-large":
      return "The datastore has more chunk names than can be looked through for one answer";
    case "index-unreadable":
      return "An index in the datastore cannot be read, so it is not known what it uses; a verification names it";
    case "busy":
      return "Too many others ask the same of this datastore; ask again in a few minutes";
  }
}
