/**
 * Which datastores the server was told of: the records in memory, every change durable before it is told.
 * Names and paths are taken from the first moment of a creation, so that two at the same time cannot both have one.
 */

import { resolve } from "node:path";
import type { Clock } from "@ironcore-backup/base";
import { parseDatastoreName } from "@ironcore-backup/base";
import type { DatastoreCreate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteDatastoreRecord,
  insertDatastoreRecord,
  listDatastoreRecords,
  updateDatastoreRecord,
} from "../state/datastore-records.ts";
import type { DatastoreRecord, DatastoreSettings } from "../state/datastore-records.ts";
import { deleteVerificationRecords } from "../state/verification-records.ts";

export interface DatastoreRegister {
  /** By name. */
  list(): readonly DatastoreRecord[];
  find(name: string): DatastoreRecord | undefined;
  /** @throws DATASTORE_NOT_FOUND */
  get(name: string): DatastoreRecord;
  /** By its path, exactly as the record has it. */
  findAt(path: string): DatastoreRecord | undefined;
  /**
   * @param make  makes the datastore at its path, and tells the name of its store; what it throws leaves the register as it was
   * @throws NAME_INVALID, DATASTORE_EXISTS, DATASTORE_PATH_TAKEN, DATASTORE_STORE_KNOWN
   */
  add(request: DatastoreCreate, make: (path: string) => Promise<string>): Promise<DatastoreRecord>;
  /** @throws DATASTORE_NOT_FOUND */
  change(name: string, settings: Partial<DatastoreSettings>): Promise<DatastoreRecord>;
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
    findAt: (path) => records.values().find((record) => record.path === path),
    get,
    add: async (request, make) => {
      const record = recordFor(needs, request, [...records.values(), ...coming]);
      coming.add(record);
      try {
        const identity = await make(record.path);
        assertStoreNew(records.values(), record.path, identity);
        const made = { ...record, identity };
        await insertDatastoreRecord(state.database, made);
        await state.flush();
        records.set(record.name, made);
        return made;
      } finally {
        coming.delete(record);
      }
    },
    change: async (name, settings) => {
      const before = get(name);
      const changed = { ...before, ...settings };
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
  const { comment, runningTaskCountMax, bandwidthLimitBytesPerSecond, freePercentMin, notificationGroup } =
    request;
  return {
    name,
    path,
    comment,
    runningTaskCountMax,
    bandwidthLimitBytesPerSecond,
    freePercentMin,
    notificationGroup,
    identity: undefined,
    mode: "normal",
    modeReason: undefined,
    createdAt: needs.clock.now(),
  };
}

/** The same directory may be mounted at two paths. @throws DATASTORE_STORE_KNOWN */
function assertStoreNew(known: Iterable<DatastoreRecord>, path: string, identity: string): void {
  for (const other of known)
    if (other.identity === identity)
      throw serverErrors.DATASTORE_STORE_KNOWN({ path, datastore: other.name, known: other.path });
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? "/" : `${root}/`);
}
