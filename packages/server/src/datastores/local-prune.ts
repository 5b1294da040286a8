/** Prune plans and simulations on the engine itself, presented as the protocol shows them. Nothing here removes anything. */

import { formatGroupRef, formatSnapshotRef } from "@ironcore-backup/base";
import type { Clock, SnapshotRef } from "@ironcore-backup/base";
import { decideByWindows, inventBackupTimes, openCalendar, planPrune } from "@ironcore-backup/engine";
import type {
  Datastore,
  EngineNeeds,
  PlannedGroup,
  PlannedSnapshot,
  PruneScope,
} from "@ironcore-backup/engine";
import { WEEKDAYS } from "@ironcore-backup/protocol";
import type {
  EffectiveRetention,
  InventedSchedule,
  PrunePlan,
  PruneSimulation,
  PlannedSnapshot as ShownSnapshot,
} from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { whyUnknown } from "./own-space.ts";
import type { MeasuredSpace, OwnSpaceDesk } from "./own-space.ts";
import { chooseRetention } from "./retention-choice.ts";
import type { RetentionChoice, RetentionTable } from "./retention-choice.ts";

export interface PruneQuestion {
  readonly scope: PruneScope;
  readonly table: RetentionTable;
  /** Tells also what would become free. */
  readonly withFreedBytes?: boolean;
}

/** About 20 MB on the way. More than that nobody looks at: a namespace or a group is asked for then. */
const PLANNED_SNAPSHOT_COUNT_MAX = 50_000;

/** @throws NAMESPACE_MISSING, GROUP_MISSING, TIME_ZONE_UNKNOWN, PRUNE_PLAN_TOO_LARGE */
export async function presentPrunePlan(
  needs: EngineNeeds & { readonly ownSpace: OwnSpaceDesk },
  datastore: Datastore,
  { scope, table, withFreedBytes }: PruneQuestion,
): Promise<PrunePlan> {
  const retentions: EffectiveRetention[] = [];
  const indexOf = indexInto(retentions);
  const groups: PrunePlan["groups"] = [];
  const removed: SnapshotRef[] = [];
  const counts = { keepCount: 0, removeCount: 0 };
  const choose = (place: Parameters<typeof chooseRetention>[1]): RetentionChoice =>
    chooseRetention(table, place);
  for await (const planned of planPrune(needs, datastore, { scope, choose })) {
    const group = presentGroup(planned, indexOf);
    counts.keepCount += group.keepCount;
    counts.removeCount += group.removeCount;
    if (counts.keepCount + counts.removeCount > PLANNED_SNAPSHOT_COUNT_MAX)
      throw serverErrors.PRUNE_PLAN_TOO_LARGE({ snapshotCountMax: PLANNED_SNAPSHOT_COUNT_MAX });
    groups.push(group);
    removed.push(...removedOf(planned));
  }
  const plan = { plannedAt: needs.clock.now(), retentions, groups, ...counts };
  if (withFreedBytes !== true) return plan;
  return { ...plan, ...presentFreed(await needs.ownSpace.measure(datastore, removed)) };
}

function removedOf({ snapshots }: PlannedGroup<RetentionChoice>): SnapshotRef[] {
  return snapshots.flatMap(({ snapshot, decision }) => (decision.action === "remove" ? [snapshot] : []));
}

function presentFreed(space: MeasuredSpace): Partial<PrunePlan> {
  if (space.outcome !== "measured") return { freedUnknownBecause: whyUnknown(space) };
  const { together, oldEnough, allOldEnoughAt } = space;
  return {
    freedBytes: together.sizeBytes,
    freedChunkCount: together.chunkCount,
    freeableNowBytes: oldEnough.sizeBytes,
    ...(allOldEnoughAt === undefined ? {} : { allFreeableAt: allOldEnoughAt }),
  };
}

/** The same retention stands in the list once. */
function indexInto(retentions: EffectiveRetention[]): (retention: EffectiveRetention) => number {
  const known = new Map<string, number>();
  return (retention) => {
    const key = JSON.stringify(retention);
    const index = known.get(key) ?? retentions.push(retention) - 1;
    known.set(key, index);
    return index;
  };
}

function presentGroup(
  { group, snapshots }: PlannedGroup<RetentionChoice>,
  indexOf: (retention: EffectiveRetention) => number,
): PrunePlan["groups"][number] {
  const shown = snapshots.map((planned) => presentSnapshot(planned, indexOf(planned.set.effective)));
  const keepCount = shown.filter(({ action }) => action === "keep").length;
  const { namespace, type, id } = group;
  return {
    ...{ group: formatGroupRef(group), namespace, type, id },
    snapshots: shown,
    keepCount,
    removeCount: shown.length - keepCount,
  };
}

function presentSnapshot(
  { snapshot, decision, job, sizeBytes }: PlannedSnapshot<RetentionChoice>,
  retentionIndex: number,
): ShownSnapshot {
  return {
    snapshot: formatSnapshotRef(snapshot),
    backupTime: snapshot.backupTime,
    ...decision,
    ...(job === undefined ? {} : { job }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    retentionIndex,
  };
}

export interface SimulationQuestion {
  readonly schedule: InventedSchedule;
  readonly choice: RetentionChoice;
}

/** @throws TIME_ZONE_UNKNOWN, SCHEDULE_TOO_LARGE */
export function simulatePrune(
  needs: { readonly clock: Clock },
  { schedule, choice }: SimulationQuestion,
): PruneSimulation {
  const { timeZone, counts } = choice.retention;
  const weekdays = new Set((schedule.weekdays ?? WEEKDAYS).map((weekday) => WEEKDAYS.indexOf(weekday)));
  const times = inventBackupTimes(timeZone, {
    weekdays,
    minutesOfDay: schedule.times.map(minutesOf),
    dayCount: schedule.dayCount,
    until: Math.floor((schedule.untilAt ?? needs.clock.now()) / 1000),
  });
  const decisions = decideByWindows(
    { calendar: openCalendar(timeZone) },
    times.map((backupTime) => ({ backupTime, isProtected: false })),
    counts,
  );
  const snapshots = [...decisions].map(([backupTime, decision]) => ({ backupTime, ...decision }));
  const keepCount = snapshots.filter(({ action }) => action === "keep").length;
  return { timeZone, snapshots, keepCount, removeCount: snapshots.length - keepCount };
}

/** Of `HH:MM`. */
function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
