/** Looks at the groups of a datastore and plans what a prune does with each; changes nothing. */

import { throwIfCancelled } from "@ironcore-backup/base";
import type { GroupRef, Namespace, SnapshotRef } from "@ironcore-backup/base";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { listGroups } from "../datastore/group.ts";
import { jobOf, verifyStateOf } from "../datastore/manifest-file.ts";
import { listNamespaces } from "../datastore/namespace.ts";
import { findSnapshot, listSnapshotRefs } from "../datastore/snapshot-list.ts";
import type { SnapshotEntry } from "../datastore/snapshot-list.ts";
import { openCalendar } from "./calendar-period.ts";
import type { LocalCalendar } from "./calendar-period.ts";
import { decideGroup } from "./group-decision.ts";
import type { RetentionSet } from "./group-decision.ts";
import type { PruneDecision } from "./prune-rule.ts";

/** All groups below a namespace, or one group. */
export type PruneScope =
  | { readonly group: GroupRef }
  | {
      readonly namespace: Namespace;
      /** How far below it; 0 is itself alone. Absent: everything below it. */
      readonly depthMax?: number;
    };

/** Which retention a snapshot falls under, and with which others it is counted. `job`: the one that took it. */
export type ChooseRetention<Set extends RetentionSet> = (place: {
  readonly namespace: Namespace;
  readonly job: string | undefined;
}) => Set;

export interface PlannedSnapshot<Set extends RetentionSet> {
  readonly snapshot: SnapshotRef;
  readonly decision: PruneDecision;
  readonly job: string | undefined;
  /** Sum of the archives' logical sizes; undefined without a readable manifest. */
  readonly sizeBytes: number | undefined;
  readonly set: Set;
}

export interface PlannedGroup<Set extends RetentionSet> {
  readonly group: GroupRef;
  /** Newest first. */
  readonly snapshots: readonly PlannedSnapshot<Set>[];
}

/** Which groups the scope means. @throws NAMESPACE_MISSING, GROUP_MISSING is thrown when the group is planned */
export function groupsOf(needs: EngineNeeds, datastore: Datastore, scope: PruneScope): GroupRef[] {
  if ("group" in scope) return [scope.group];
  const depthMax = depthOf(scope.namespace) + (scope.depthMax ?? Number.POSITIVE_INFINITY);
  return listNamespaces(needs, datastore, scope.namespace)
    .filter((namespace) => depthOf(namespace) <= depthMax)
    .flatMap((namespace) => listGroups(needs, datastore, namespace));
}

function depthOf(namespace: Namespace): number {
  return namespace === "" ? 0 : namespace.split("/").length;
}

/** Plans the groups one after the other; gives the event loop its turn between them. @throws NAMESPACE_MISSING, GROUP_MISSING, TIME_ZONE_UNKNOWN, DISK_READ_FAILED, CANCELLED */
export async function* planPrune<Set extends RetentionSet>(
  needs: EngineNeeds,
  datastore: Datastore,
  options: {
    readonly scope: PruneScope;
    readonly choose: ChooseRetention<Set>;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<PlannedGroup<Set>> {
  const planner = createGroupPlanner(needs, datastore, options.choose);
  for (const group of groupsOf(needs, datastore, options.scope)) {
    throwIfCancelled(options.signal);
    yield planner(group);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A plan for one group at a time, from what is on the disk at that moment. */
export function createGroupPlanner<Set extends RetentionSet>(
  needs: EngineNeeds,
  datastore: Datastore,
  choose: ChooseRetention<Set>,
): (group: GroupRef) => PlannedGroup<Set> {
  const calendars = new Map<string, LocalCalendar>();
  const calendarOf = (timeZone: string): LocalCalendar => {
    const calendar = calendars.get(timeZone) ?? openCalendar(timeZone);
    calendars.set(timeZone, calendar);
    return calendar;
  };
  return (group) => {
    // One manifest after the other: those of a long group are too much to hold at once.
    const found = listSnapshotRefs(needs, datastore, group).flatMap((ref) => {
      const entry = findSnapshot(needs, datastore, ref);
      return entry === undefined ? [] : [describe(entry, choose)];
    });
    const decisions = decideGroup({ calendarOf }, found);
    const snapshots = found.flatMap((one) => {
      const decision = decisions.get(one.backupTime);
      return decision === undefined ? [] : [plannedFrom(one, decision)];
    });
    return { group, snapshots };
  };
}

function plannedFrom<Set extends RetentionSet>(
  { snapshot, job, sizeBytes, set }: Described<Set>,
  decision: PruneDecision,
): PlannedSnapshot<Set> {
  return { snapshot, decision, job, sizeBytes, set };
}

type Described<Set extends RetentionSet> = ReturnType<typeof describe<Set>>;

function describe<Set extends RetentionSet>(entry: SnapshotEntry, choose: ChooseRetention<Set>) {
  const manifest = entry.state === "finished" ? entry.manifest : undefined;
  const job = manifest === undefined ? undefined : jobOf(manifest);
  const { snapshot, isProtected, state } = entry;
  return {
    snapshot,
    backupTime: snapshot.backupTime,
    isProtected,
    state,
    isBeingWritten: entry.state === "unfinished" && entry.isBeingWritten,
    isKnownBad: manifest !== undefined && verifyStateOf(manifest)?.state === "failed",
    job,
    sizeBytes: manifest?.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    set: choose({ namespace: snapshot.namespace, job }),
  };
}
