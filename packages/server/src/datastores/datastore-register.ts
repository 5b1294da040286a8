/**
 * Which datastores the server was told of: the records in memory, every change durable before it is told.
 * Names and paths are taken from the first moment of a creation, so that two at the same time cannot both have one.
 */

import { resolve } from "node:path";
import type { Clock } from "@ironcore-backup/base";
import { parseDatastoreName } from "@ironcore-backup/base";
import type { DatastoreCreate, DatastoreUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteDatastoreRecord,
  insertDatastoreRecord,
  listDatastoreRecords,
  updateDatastoreRecord,
} from "../state/datastore-records.ts";
import type { DatastoreRecord } from "../state/datastore-records.ts";
import { deleteVerificationRecords } from "../state/verification-records.ts";

export interface DatastoreRegister {
  /** By name. */
  list(): readonly DatastoreRecord[];
  find(name: string): DatastoreRecord | undefined;
  /** @throws DATASTORE_NOT_FOUND */
  get(name: string): DatastoreRecord;
  /**
   * @param make  makes the datastore at its path; what it throws leaves the register as it was
   * @throws NAME_INVALID, DATASTORE_EXISTS, DATASTORE_PATH_TAKEN
   */
  add(request: DatastoreCreate, make: (path: string) => Promise<void>): Promise<DatastoreRecord>;
  /** @throws DATASTORE_NOT_FOUND */
  change(name: string, request: DatastoreUpdate): Promise<DatastoreRecord>;
  /** @throws DATASTORE_NOT_FOUND */
  remove(name: string): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
}

export async function openRegister(needs: Needs): Promise<DatastoreRegister> {
  const { state } = needs;
  const records = new Map(
    (await listDatastoreRecords(state.database)).map((record) => [record.name, record]),
  );
  // Being made: their directories take a slow disk its time.
  const coming = new Set<DatastoreRecord>();
  const get = (name: string): DatastoreRecord => {
    const record = records.get(name);
    if (record === undefined) throw serverErrors.DATASTORE_NOT_FOUND({ datastore: name });
    return record;
  };
  return {
    list: () => [...records.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => records.get(name),
    get,
    add: async (request, make) => {
      const record = recordFor(needs, request, [...records.values(), ...coming]);
      coming.add(record);
      try {
        await make(record.path);
        await insertDatastoreRecord(state.database, record);
        await state.flush();
        records.set(record.name, record);
      } finally {
        coming.delete(record);
      }
      return record;
    },
    change: async (name, request) => {
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
      return get(name);
    },
    remove: async (name) => {
      get(name);
      await deleteDatastoreRecord(state.database, name);
      // Another datastore may come under this name.
      await deleteVerificationRecords(state.database, { datastore: name });
      await state.flush();
      records.delete(name);
    },
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
