/**
 * Removes what a plan says, oldest first, each snapshot on its own: its manifest goes first and durably (`forgetSnapshot`), so
 * that a kill or a power cut leaves every other snapshot whole and of this one at most an unfinished rest. Chunks stay.
 *
 * A plan is carried out right after it was made, group by group. What happened in between is asked again under the lock: what
 * is protected by now or in use stays.
 */

import { formatGroupRef, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { CodedError, SnapshotRef } from "@ironcore-backup/base";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { forgetSnapshot, removeUnfinished } from "../datastore/forget.ts";
import { isFinished } from "../datastore/snapshot-list.ts";
import { groupPath } from "../datastore/snapshot-path.ts";
import { lockGroup } from "../locks/backup-lock.ts";
import type { RetentionSet } from "./group-decision.ts";
import type { PlannedGroup, PlannedSnapshot } from "./prune-plan.ts";

export type PruneOutcome =
  | { readonly outcome: "removed" | "gone" | "protected" | "in-use" }
  | { readonly outcome: "failed"; readonly error: CodedError };

/** Nobody else may go on with the prune when these come. */
const ENDING_CODES = new Set(["CANCELLED", "CLAIM_LOST"]);
const OUTCOME_OF_CODE: Readonly<Record<string, "gone" | "protected" | "in-use">> = {
  SNAPSHOT_MISSING: "gone",
  GROUP_MISSING: "gone",
  // Between the look at the manifest and its lock somebody else removed it.
  SNAPSHOT_UNFINISHED: "gone",
  SNAPSHOT_PROTECTED: "protected",
  SNAPSHOT_LOCKED: "in-use",
  MANIFEST_LOCKED: "in-use",
  GROUP_LOCKED: "in-use",
};

/**
 * @param options.beforeRemove  awaited before each removal; what it throws ends the prune
 * @throws CANCELLED, and what `beforeRemove` throws; failures of single removals are outcomes
 */
export async function* executePrune<Set extends RetentionSet>(
  needs: EngineNeeds,
  datastore: Datastore,
  plan: PlannedGroup<Set>,
  options: { readonly signal?: AbortSignal; readonly beforeRemove?: () => Promise<void> } = {},
): AsyncGenerator<PruneOutcome & { readonly planned: PlannedSnapshot<Set> }> {
  const oldestFirst = plan.snapshots.toReversed().filter(({ decision }) => decision.action === "remove");
  for (const planned of oldestFirst) {
    throwIfCancelled(options.signal);
    await options.beforeRemove?.();
    yield { ...(await removeOne(needs, datastore, planned, options)), planned };
  }
}

async function removeOne(
  needs: EngineNeeds,
  datastore: Datastore,
  { snapshot, decision }: { readonly snapshot: SnapshotRef; readonly decision: { readonly reason: string } },
  options: { readonly signal?: AbortSignal },
): Promise<PruneOutcome> {
  try {
    if (decision.reason === "unfinished") return removeLeftover(needs, datastore, snapshot);
    await forgetSnapshot(needs, datastore, snapshot, options);
    return { outcome: "removed" };
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (ENDING_CODES.has(error.code)) throw error;
    const outcome = OUTCOME_OF_CODE[error.code];
    return outcome === undefined ? { outcome: "failed", error } : { outcome };
  }
}

/** Under the group's lock: a backup that has made its directory and not yet locked it must not find it taken. */
function removeLeftover(needs: EngineNeeds, datastore: Datastore, snapshot: SnapshotRef): PruneOutcome {
  const lock = lockGroup(needs, { path: groupPath(datastore, snapshot), name: formatGroupRef(snapshot) });
  try {
    // Finished since it was planned: it is a snapshot like the others then, and the next prune decides.
    if (isFinished(needs, datastore, snapshot)) return { outcome: "in-use" };
    return { outcome: removeUnfinished(needs, datastore, snapshot) ? "removed" : "in-use" };
  } finally {
    lock.release();
  }
}
