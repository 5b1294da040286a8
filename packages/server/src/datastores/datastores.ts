/** The datastores of the house as others see them: which there are, whether they answer, what lies in them. */

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
import type { State } from "../state/database.ts";
import type { DatastoreRecord } from "../state/datastore-records.ts";
import {
  deleteVerificationRecords,
  insertVerificationRecords,
  listVerificationRecords,
} from "../state/verification-records.ts";
import type { DatastoreEngine, SnapshotFilter } from "./datastore-engine.ts";
import type { Retentions } from "./retentions.ts";
import { openRegister } from "./datastore-register.ts";

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
  readonly retentions: Retentions;
  /** Told after each change that was stored. Without a datastore: it was removed. */
  readonly onChanged: (name: string, datastore: Datastore | undefined) => void;
}

export async function openDatastores(needs: Needs): Promise<Datastores> {
  const { state, engine } = needs;
  const register = await openRegister(needs);
  const get = (name: string): DatastoreRecord => register.get(name);
  const tell = async (record: DatastoreRecord): Promise<Datastore> => {
    const datastore = await presentDatastore(needs, record, { count: true });
    needs.onChanged(record.name, datastore);
    return datastore;
  };
  return {
    create: async (request) => tell(await register.add(request, (path) => engine.create(path))),
    update: async (name, { retention, ...request }) => {
      const record = get(name);
      if (retention !== undefined) await needs.retentions.set(record.name, "", retention);
      return tell(await register.change(name, request));
    },
    remove: async (name) => {
      await register.remove(name);
      await needs.retentions.forgetDatastore(name);
      needs.onChanged(name, undefined);
    },
    list: () => Promise.all(register.list().map((record) => presentDatastore(needs, record))),
    get: async (name) => presentDatastore(needs, get(name), { count: true }),
    locate: (name) => ({ name: parseDatastoreName(get(name).name), path: get(name).path }),
    count: () => register.list().length,
    names: () => register.list().map((record) => record.name),
    runningTaskCountMax: (name) => register.find(name)?.runningTaskCountMax,
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

async function presentDatastore(
  needs: Needs,
  record: DatastoreRecord,
  options: { readonly count: boolean } = { count: false },
): Promise<Datastore> {
  const retention = needs.retentions.find(record.name, "");
  const head = {
    name: record.name,
    path: record.path,
    ...(record.comment === undefined ? {} : { comment: record.comment }),
    createdAt: record.createdAt,
    ...(record.runningTaskCountMax === undefined ? {} : { runningTaskCountMax: record.runningTaskCountMax }),
    ...(retention === undefined ? {} : { retention }),
  };
  try {
    return { ...head, status: "online", ...(await needs.engine.probe(record.path, options)) };
  } catch (cause) {
    return { ...head, status: "offline", statusReason: toCodedError(cause).message };
  }
}
