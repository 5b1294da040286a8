/** The datastores of the house as others see them: which there are, whether they answer, what lies in them. */

import type { Clock, DatastoreName } from "@ironcore-backup/base";
import { formatSnapshotRef, parseDatastoreName } from "@ironcore-backup/base";
import type {
  Datastore,
  DatastoreCreate,
  DatastoreProbe,
  DatastoreUpdate,
  Snapshot,
  SnapshotComparison,
  SnapshotEntryPage,
  SnapshotShow,
  SnapshotVerification,
} from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import type { DatastoreRecord, DatastoreSettings } from "../state/datastore-records.ts";
import {
  deleteVerificationRecords,
  insertVerificationRecords,
  listVerificationRecords,
} from "../state/verification-records.ts";
import type { DatastoreEngine, EntryQuery, SnapshotFilter } from "./datastore-engine.ts";
import type { ComparisonQuestion } from "./snapshot-comparison.ts";
import type { Retentions } from "./retentions.ts";
import { openRegister } from "./datastore-register.ts";
import { presentDatastore } from "./datastore-view.ts";
import { assertAllows, guardEngine } from "./guarded-engine.ts";
import { openMeasures } from "./measures.ts";
import type { Measures } from "./measures.ts";
import { withReportedResults } from "./snapshot-verdict.ts";

export interface DatastoreLocation {
  readonly name: DatastoreName;
  readonly path: string;
  /** The name that the store there must carry. */
  readonly identity?: string;
}

export interface Datastores {
  /** @throws NAME_INVALID, DATASTORE_EXISTS, DATASTORE_PATH_TAKEN and the engine's */
  create(request: DatastoreCreate): Promise<Datastore>;
  list(): Promise<Datastore[]>;
  /** @throws DATASTORE_NOT_FOUND */
  get(name: string): Promise<Datastore>;
  /**
   * Absent fields stay, `null` takes a setting away.
   * @param authId  who does it: kept with a mode
   * @throws DATASTORE_NOT_FOUND; of `acceptStore` also what the engine throws
   */
  update(name: string, request: DatastoreUpdate, authId: string): Promise<Datastore>;
  /** Looks at everything that can be wrong, and tells how the datastore stands after it. @throws DATASTORE_NOT_FOUND */
  probe(name: string): Promise<DatastoreProbe>;
  /** Forgets the datastore; its files stay. @throws DATASTORE_NOT_FOUND */
  remove(name: string): Promise<void>;
  /** @throws DATASTORE_NOT_FOUND */
  locate(name: string): DatastoreLocation;
  /** For a task that is to be started. @throws DATASTORE_NOT_FOUND, DATASTORE_IN_MAINTENANCE, DATASTORE_READ_ONLY */
  locateFor(name: string, what: "read" | "write"): DatastoreLocation;
  /** Why nothing is to be started on it now. */
  closedBecause(name: string): string | undefined;
  /** Bytes a second, for all its tasks together. */
  bandwidthLimitOf(name: string): number | undefined;
  /** The engine as every room must use it: see guarded-engine.ts. */
  readonly engine: DatastoreEngine;
  readonly measures: Measures;
  /** Name, path and mode of each. */
  records(): readonly DatastoreRecord[];
  count(): number;
  names(): readonly string[];
  /** How many tasks may run on it at the same time; undefined: no limit of its own, or no such datastore. */
  runningTaskCountMax(name: string): number | undefined;
  listSnapshots(name: string, filter: SnapshotFilter): Promise<Snapshot[]>;
  getSnapshot(name: string, snapshot: string): Promise<SnapshotShow>;
  forgetSnapshot(name: string, snapshot: string): Promise<void>;
  compareSnapshots(
    name: string,
    subject: Omit<ComparisonQuestion, "snapshot"> & { readonly snapshot: string },
  ): Promise<SnapshotComparison>;
  listEntries(
    name: string,
    subject: Omit<EntryQuery, "snapshot"> & { readonly snapshot: string },
  ): Promise<SnapshotEntryPage>;
  recordVerifications(name: string, upid: string, reports: readonly SnapshotVerification[]): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly engine: DatastoreEngine;
  readonly retentions: Retentions;
  /** Told after each change that was stored. Without a datastore: it was removed. */
  readonly onChanged: (name: string, datastore: Datastore | undefined) => void;
}

// Long because it is the table of all that the room does.
export async function openDatastores(needs: Needs): Promise<Datastores> {
  const { state } = needs;
  const verdictNeeds = { clock: needs.clock, database: state.database };
  const register = await openRegister(needs);
  const engine = guardEngine(needs.engine, (path) => register.findAt(path));
  const measures = await openMeasures(
    needs,
    register.list().map(({ name }) => name),
  );
  const get = (name: string): DatastoreRecord => register.get(name);
  const present = (record: DatastoreRecord, options?: { readonly count: boolean }): Promise<Datastore> =>
    presentDatastore({ ...needs, measures, register }, record, options);
  const tell = async (record: DatastoreRecord): Promise<Datastore> => {
    const datastore = await present(record, { count: true });
    needs.onChanged(record.name, datastore);
    return datastore;
  };
  const locate = (name: string): DatastoreLocation => {
    const { path, identity } = get(name);
    return { name: parseDatastoreName(name), path, ...(identity === undefined ? {} : { identity }) };
  };
  return {
    engine,
    measures,
    records: () => register.list(),
    create: async (request) =>
      tell(
        await register.add(request, async (path) => {
          await needs.engine.create(path);
          return needs.engine.identify(path);
        }),
      ),
    update: async (name, { retention, acceptStore, ...request }, authId) => {
      const record = get(name);
      if (retention !== undefined) await needs.retentions.set(record.name, "", retention);
      const identity = acceptStore === true ? await needs.engine.identify(record.path) : record.identity;
      // Another store: what was counted of the one before says nothing of it.
      if (identity !== record.identity) await measures.forget(name);
      return tell(await register.change(name, { ...settingsOf(request, authId), identity }));
    },
    probe: async (name) => {
      const startedMs = needs.clock.elapsedMs();
      const record = get(name);
      assertAllows(record, "read");
      const question = { identity: record.identity, writes: record.mode === "normal" };
      const checks = await needs.engine.check(record.path, question);
      const datastore = await tell(record);
      return { datastore, checks, durationMs: Math.round(needs.clock.elapsedMs() - startedMs) };
    },
    remove: async (name) => {
      await register.remove(name);
      await needs.retentions.forgetDatastore(name);
      await measures.forget(name);
      needs.onChanged(name, undefined);
    },
    list: () => Promise.all(register.list().map((record) => present(record))),
    get: async (name) => present(get(name), { count: true }),
    locate,
    locateFor: (name, what) => {
      assertAllows(get(name), what);
      return locate(name);
    },
    closedBecause: (name) => closedBecause(register.find(name)),
    bandwidthLimitOf: (name) => register.find(name)?.bandwidthLimitBytesPerSecond,
    count: () => register.list().length,
    names: () => register.list().map((record) => record.name),
    runningTaskCountMax: (name) => {
      const record = register.find(name);
      return closedBecause(record) === undefined ? record?.runningTaskCountMax : 0;
    },
    listSnapshots: async (name, filter) =>
      withReportedResults(verdictNeeds, name, await engine.listSnapshots(get(name).path, filter)),
    getSnapshot: async (name, text) => {
      const found = await engine.getSnapshot(get(name).path, await engine.findSnapshot(get(name).path, text));
      const [snapshot = found] = await withReportedResults(verdictNeeds, name, [found]);
      const subject = { datastore: name, snapshot: snapshot.snapshot };
      return { snapshot, verifications: await listVerificationRecords(state.database, subject) };
    },
    forgetSnapshot: async (name, text) => {
      const ref = await engine.findSnapshot(get(name).path, text);
      await engine.forgetSnapshot(get(name).path, ref);
      await deleteVerificationRecords(state.database, { datastore: name, snapshot: formatSnapshotRef(ref) });
    },
    compareSnapshots: async (name, { snapshot, ...question }) => {
      const ref = await engine.findSnapshot(get(name).path, snapshot);
      return engine.compareSnapshots(get(name).path, { ...question, snapshot: ref });
    },
    listEntries: async (name, { snapshot, ...query }) => {
      const ref = await engine.findSnapshot(get(name).path, snapshot);
      return engine.listEntries(get(name).path, { ...query, snapshot: ref });
    },
    recordVerifications: (name, upid, reports) =>
      insertVerificationRecords(state.database, { datastore: name, upid, reports }),
  };
}

function settingsOf(
  { mode, modeReason, ...settings }: Omit<DatastoreUpdate, "retention" | "acceptStore">,
  authId: string,
): Partial<DatastoreSettings> {
  // A field that is `null` takes the setting away; one that is absent is not in the entries.
  const changed = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value ?? undefined]),
  );
  if (mode === undefined) return changed;
  const why = modeReason === undefined || modeReason === "" ? "" : `: ${modeReason}`;
  return { ...changed, mode, modeReason: mode === "normal" ? undefined : `set by ${authId}${why}` };
}

function closedBecause(record: DatastoreRecord | undefined): string | undefined {
  if (record?.mode !== "maintenance") return undefined;
  return `The datastore ${record.name} is in maintenance${record.modeReason === undefined ? "" : `, ${record.modeReason}`}`;
}
