/** The register of datastores: which there are, where, and whether they answer. */

import { resolve } from "node:path";
import type { Clock, DatastoreName } from "@ironcore-backup/base";
import { formatSnapshotRef, parseDatastoreName, toCodedError } from "@ironcore-backup/base";
import type {
  Datastore,
  DatastoreCreate,
  DatastoreUpdate,
  Snapshot,
  SnapshotEntry,
  SnapshotShow,
  SnapshotVerification,
} from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteDatastoreRecord,
  insertDatastoreRecord,
  listDatastoreRecords,
  updateDatastoreRecord,
} from "../state/datastore-records.ts";
import type { DatastoreRecord } from "../state/datastore-records.ts";
import {
  deleteVerificationRecords,
  insertVerificationRecords,
  listVerificationRecords,
} from "../state/verification-records.ts";
import type { DatastoreEngine, SnapshotFilter } from "./datastore-engine.ts";

interface DatastoreLocation {
  readonly name: DatastoreName;
  readonly path: string;
}

export interface Datastores {
  /** @throws NAME_INVALID, DATASTORE_EXISTS, DATASTORE_PATH_TAKEN and the engine's */
  create(request: DatastoreCreate): Promise<Datastore>;
  list(): Promise<Datastore[]>;
  /** @throws DATASTORE_NOT_FOUND */
  get(name: string): Promise<Datastore>;
  /** Absent fields stay, `null` takes a setting away. @throws DATASTORE_NOT_FOUND */
  update(name: string, request: DatastoreUpdate): Promise<Datastore>;
  /** Forgets the datastore; its files stay. @throws DATASTORE_NOT_FOUND */
  remove(name: string): Promise<void>;
  /** @throws DATASTORE_NOT_FOUND */
  locate(name: string): DatastoreLocation;
  count(): number;
  names(): readonly string[];
  /** How many tasks may run on it at the same time; undefined: no limit of its own, or no such datastore. */
  runningTaskCountMax(name: string): number | undefined;
  listSnapshots(name: string, filter: SnapshotFilter): Promise<Snapshot[]>;
  getSnapshot(name: string, snapshot: string): Promise<SnapshotShow>;
  forgetSnapshot(name: string, snapshot: string): Promise<void>;
  listEntries(
    name: string,
    subject: { readonly snapshot: string; readonly archive: string; readonly directory: string },
  ): Promise<SnapshotEntry[]>;
  recordVerifications(name: string, upid: string, reports: readonly SnapshotVerification[]): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly engine: DatastoreEngine;
  /** Told after each change that was stored. Without a datastore: it was removed. */
  readonly onChanged: (name: string, datastore: Datastore | undefined) => void;
}

export async function openDatastores(needs: Needs): Promise<Datastores> {
  const { state, engine } = needs;
  const records = new Map(
    (await listDatastoreRecords(state.database)).map((record) => [record.name, record]),
  );
  // Being made: their directories take a slow disk its time, and nobody else gets the name or the path meanwhile.
  const coming = new Set<DatastoreRecord>();
  const get = (name: string): DatastoreRecord => {
    const record = records.get(name);
    if (record === undefined) throw serverErrors.DATASTORE_NOT_FOUND({ datastore: name });
    return record;
  };
  const tell = async (record: DatastoreRecord): Promise<Datastore> => {
    const datastore = await presentDatastore(needs, record, { count: true });
    needs.onChanged(record.name, datastore);
    return datastore;
  };
  return {
    create: async (request) => {
      const record = recordFor(needs, request, [...records.values(), ...coming]);
      coming.add(record);
      try {
        await engine.create(record.path);
        await insertDatastoreRecord(state.database, record);
        await state.flush();
        records.set(record.name, record);
      } finally {
        coming.delete(record);
      }
      return tell(record);
    },
    list: () => Promise.all([...records.values()].map((record) => presentDatastore(needs, record))),
    get: async (name) => presentDatastore(needs, get(name), { count: true }),
    remove: async (name) => {
      get(name);
      await deleteDatastoreRecord(state.database, name);
      // Another datastore may come under this name.
      await deleteVerificationRecords(state.database, { datastore: name });
      await state.flush();
      records.delete(name);
      needs.onChanged(name, undefined);
    },
    update: async (name, request) => {
      const before = get(name);
      const changed = changeRecord(before, request);
      // At once, so that a change that comes meanwhile stands on this one.
      records.set(name, changed);
      try {
        await updateDatastoreRecord(state.database, name, changed);
        await state.flush();
      } catch (cause) {
        if (records.get(name) === changed) records.set(name, before);
        throw cause;
      }
      return tell(get(name));
    },
    locate: (name) => ({ name: parseDatastoreName(get(name).name), path: get(name).path }),
    count: () => records.size,
    names: () => [...records.keys()],
    runningTaskCountMax: (name) => records.get(name)?.runningTaskCountMax,
    listSnapshots: async (name, filter) => engine.listSnapshots(get(name).path, filter),
    getSnapshot: async (name, text) => {
      const snapshot = await engine.getSnapshot(
        get(name).path,
        await engine.findSnapshot(get(name).path, text),
      );
      const subject = { datastore: name, snapshot: snapshot.snapshot };
      return { snapshot, verifications: await listVerificationRecords(state.database, subject) };
    },
    forgetSnapshot: async (name, text) => {
      const ref = await engine.findSnapshot(get(name).path, text);
      await engine.forgetSnapshot(get(name).path, ref);
      await deleteVerificationRecords(state.database, { datastore: name, snapshot: formatSnapshotRef(ref) });
    },
    listEntries: async (name, { snapshot, archive, directory }) => {
      const ref = await engine.findSnapshot(get(name).path, snapshot);
      return engine.listEntries(get(name).path, { snapshot: ref, archive, directory });
    },
    recordVerifications: (name, upid, reports) =>
      insertVerificationRecords(state.database, { datastore: name, upid, reports }),
  };
}

function recordFor(
  needs: Needs,
  request: DatastoreCreate,
  known: readonly DatastoreRecord[],
): DatastoreRecord {
  const name = parseDatastoreName(request.name);
  const path = resolve(request.path);
  const same = known.find((record) => record.name === name);
  if (same !== undefined) throw serverErrors.DATASTORE_EXISTS({ datastore: name, path: same.path });
  // One inside the other would show the inner one's files as groups of the outer one.
  const other = known.find((record) => isWithin(record.path, path) || isWithin(path, record.path));
  if (other !== undefined)
    throw serverErrors.DATASTORE_PATH_TAKEN({ datastore: other.name, path: other.path });
  const { comment, runningTaskCountMax } = request;
  return { name, path, comment, runningTaskCountMax, createdAt: needs.clock.now() };
}

function changeRecord(record: DatastoreRecord, request: DatastoreUpdate): DatastoreRecord {
  const { comment = record.comment, runningTaskCountMax = record.runningTaskCountMax } = request;
  return {
    ...record,
    comment: comment ?? undefined,
    runningTaskCountMax: runningTaskCountMax ?? undefined,
  };
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? "/" : `${root}/`);
}

async function presentDatastore(
  needs: Needs,
  record: DatastoreRecord,
  options: { readonly count: boolean } = { count: false },
): Promise<Datastore> {
  const head = {
    name: record.name,
    path: record.path,
    ...(record.comment === undefined ? {} : { comment: record.comment }),
    createdAt: record.createdAt,
    ...(record.runningTaskCountMax === undefined ? {} : { runningTaskCountMax: record.runningTaskCountMax }),
  };
  try {
    return { ...head, status: "online", ...(await needs.engine.probe(record.path, options)) };
  } catch (cause) {
    return { ...head, status: "offline", statusReason: toCodedError(cause).message };
  }
}
