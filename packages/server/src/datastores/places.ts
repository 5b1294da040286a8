/**
 * The places where snapshots lie: namespaces with their retention, groups with owner and notes, what people write on
 * snapshots; and what a prune would do there.
 */

import type { AuthId, GroupRef, Namespace } from "@ironcore-backup/base";
import {
  formatGroupRef,
  formatSnapshotRef,
  parseGroupRef,
  parseNamespace,
  parseSnapshotRef,
} from "@ironcore-backup/base";
import type {
  ForgottenGroup,
  Group,
  GroupSpace,
  NamespaceRow,
  PrunePlan,
  PrunePlanRequest,
  PruneSimulation,
  PruneSimulationRequest,
  Retention,
  Snapshot,
  SnapshotUpdate,
} from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { deleteVerificationRecords, listDamagedSnapshots } from "../state/verification-records.ts";
import type { DatastoreEngine } from "./datastore-engine.ts";
import type { CountedNamespace } from "./local-places.ts";
import { chooseRetention } from "./retention-choice.ts";
import type { RetentionTable } from "./retention-choice.ts";
import { scopeOf, tableFor } from "./prune-scope.ts";
import { checkRetention } from "./retention-choice.ts";
import type { Retentions } from "./retentions.ts";

export interface Places {
  /** Parents before children, the root first. */
  listNamespaces(datastore: string): Promise<NamespaceRow[]>;
  /** @throws NAME_INVALID, NAMESPACE_EXISTS, TIME_ZONE_UNKNOWN */
  createNamespace(
    datastore: string,
    namespace: string,
    retention: Retention | undefined,
  ): Promise<NamespaceRow>;
  /** @param retention  null: what holds above holds here again. @throws NAME_INVALID, NAMESPACE_MISSING, TIME_ZONE_UNKNOWN */
  setRetention(datastore: string, namespace: string, retention: Retention | null): Promise<NamespaceRow>;
  /** @throws NAME_INVALID, NAMESPACE_MISSING, NAMESPACE_NOT_EMPTY */
  removeNamespace(datastore: string, namespace: string): Promise<void>;
  /** @param namespace  undefined: of all. @throws NAME_INVALID, NAMESPACE_MISSING */
  listGroups(datastore: string, namespace: string | undefined): Promise<Group[]>;
  /** Absent fields stay. @throws NAME_INVALID, GROUP_MISSING, GROUP_LOCKED */
  updateGroup(
    datastore: string,
    group: string,
    change: { readonly notes?: string | undefined; readonly owner?: AuthId },
  ): Promise<Group>;
  /** Reads every index of the datastore. @throws NAME_INVALID, GROUP_MISSING */
  groupSpace(datastore: string, group: string): Promise<GroupSpace>;
  /** @throws NAME_INVALID, GROUP_MISSING, GROUP_LOCKED */
  forgetGroup(datastore: string, group: string): Promise<ForgottenGroup>;
  /** Absent fields stay. @throws NAME_INVALID, SNAPSHOT_MISSING, SNAPSHOT_UNFINISHED, SNAPSHOT_LOCKED, MANIFEST_LOCKED */
  updateSnapshot(datastore: string, snapshot: string, update: SnapshotUpdate): Promise<Snapshot>;
  /** A prune has removed these. */
  snapshotsRemoved(datastore: string, snapshots: readonly string[]): Promise<void>;
  /** @throws NAME_INVALID, NAMESPACE_MISSING, GROUP_MISSING, TIME_ZONE_UNKNOWN, PRUNE_PLAN_TOO_LARGE */
  planPrune(request: PrunePlanRequest): Promise<PrunePlan>;
  /** @throws TIME_ZONE_UNKNOWN, SCHEDULE_TOO_LARGE */
  simulatePrune(request: PruneSimulationRequest): Promise<PruneSimulation>;
}

interface Needs {
  readonly state: State;
  readonly engine: DatastoreEngine;
  readonly retentions: Retentions;
  /** For retentions that name none. */
  readonly timeZone: string;
  /** @throws DATASTORE_NOT_FOUND */
  readonly locate: (datastore: string) => { readonly path: string };
}

/** Asked for instead of a datastore's path: the engine's threads are told apart by it. */
const NO_DATASTORE = "simulation";

export function createPlaces(needs: Needs): Places {
  const { engine, retentions } = needs;
  const pathOf = (datastore: string): string => needs.locate(datastore).path;
  return {
    listNamespaces: async (datastore) => {
      const counted = await engine.countNamespaces(pathOf(datastore));
      const table = retentions.tableOf(datastore);
      const damaged = await countDamaged(needs, datastore, ({ namespace }) => namespace);
      return counted.map((row) => ({
        ...presentNamespace(row, table),
        ...damageOf(damaged.get(row.namespace)),
      }));
    },
    createNamespace: async (datastore, text, retention) => {
      const namespace = parseNamespaceBelowRoot(text);
      const checked = retention === undefined ? undefined : checkRetention(retention);
      await engine.createNamespace(pathOf(datastore), namespace);
      if (checked !== undefined) await retentions.set(datastore, namespace, checked);
      const counts = { groupCount: 0, snapshotCount: 0 };
      return presentNamespace({ namespace, ...counts }, retentions.tableOf(datastore));
    },
    setRetention: async (datastore, text, retention) => {
      const namespace = parseNamespaceBelowRoot(text);
      const groups = await engine.listGroups(pathOf(datastore), namespace);
      const snapshotCount = groups.reduce((sum, group) => sum + group.snapshotCount, 0);
      await retentions.set(datastore, namespace, retention);
      const row = { namespace, groupCount: groups.length, snapshotCount };
      return presentNamespace(row, retentions.tableOf(datastore));
    },
    removeNamespace: async (datastore, text) => {
      const namespace = parseNamespaceBelowRoot(text);
      await engine.removeNamespace(pathOf(datastore), namespace);
      // Another one may come under this name.
      await retentions.set(datastore, namespace, null);
    },
    listGroups: async (datastore, namespace) => {
      const place = namespace === undefined ? undefined : parseNamespace(namespace);
      const groups = await engine.listGroups(pathOf(datastore), place);
      const damaged = await countDamaged(needs, datastore, formatGroupRef);
      return groups.map((row) => ({ ...row, ...damageOf(damaged.get(row.group)) }));
    },
    updateGroup: (datastore, group, change) =>
      engine.changeGroup(pathOf(datastore), parseGroupRef(group), change),
    groupSpace: (datastore, group) => engine.measureGroupSpace(pathOf(datastore), parseGroupRef(group)),
    forgetGroup: (datastore, text) => forgetGroup(needs, datastore, parseGroupRef(text)),
    updateSnapshot: async (datastore, text, update) => {
      const snapshot = await engine.findSnapshot(pathOf(datastore), text);
      await engine.changeSnapshot(pathOf(datastore), snapshot, update);
      return engine.getSnapshot(pathOf(datastore), snapshot);
    },
    snapshotsRemoved: (datastore, snapshots) => forgetRecords(needs, datastore, snapshots),
    planPrune: async (request) => {
      const { datastore, withFreedBytes = false } = request;
      const table = tableFor(retentions.tableOf(datastore), request.retention);
      return engine.planPrune(pathOf(datastore), { scope: scopeOf(request), table, withFreedBytes });
    },
    simulatePrune: async ({ schedule, retention }) => {
      const base = { datastore: "", timeZone: needs.timeZone, ofNamespaces: {}, ofJobs: {} };
      const choice = chooseRetention(tableFor(base, retention), { namespace: "", job: undefined });
      return engine.simulatePrune(NO_DATASTORE, { schedule, choice });
    },
  };
}

/** How many damaged snapshots lie in each place that has some. */
async function countDamaged(
  { state }: Pick<Needs, "state">,
  datastore: string,
  placeOf: (snapshot: GroupRef) => string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const name of await listDamagedSnapshots(state.database, datastore)) {
    const place = placeOf(parseSnapshotRef(name));
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

function damageOf(count: number | undefined): { readonly damagedCount?: number } {
  return count === undefined ? {} : { damagedCount: count };
}

function presentNamespace(row: CountedNamespace, table: RetentionTable): NamespaceRow {
  const { namespace } = row;
  const own = Object.hasOwn(table.ofNamespaces, namespace) ? table.ofNamespaces[namespace] : undefined;
  const { effective } = chooseRetention(table, { namespace, job: undefined });
  return { ...row, ...(own === undefined ? {} : { retention: own }), effectiveRetention: effective };
}

/** @throws NAME_INVALID; the root is the datastore itself and has its settings */
function parseNamespaceBelowRoot(text: string): Namespace {
  const namespace = parseNamespace(text);
  if (namespace === "") throw serverErrors.NAMESPACE_IS_ROOT({});
  return namespace;
}

async function forgetGroup(needs: Needs, datastore: string, group: GroupRef): Promise<ForgottenGroup> {
  const { removed, isRemoved, protectedCount, inUseCount } = await needs.engine.forgetGroup(
    needs.locate(datastore).path,
    group,
  );
  await forgetRecords(
    needs,
    datastore,
    removed.map((snapshot) => formatSnapshotRef(snapshot)),
  );
  return { removedCount: removed.length, protectedCount, inUseCount, removed: isRemoved };
}

/** What is kept about snapshots that are gone: others may come under their names. */
async function forgetRecords(
  { state }: Pick<Needs, "state">,
  datastore: string,
  snapshots: readonly string[],
): Promise<void> {
  await deleteVerificationRecords(state.database, { datastore, snapshot: snapshots });
}
