/** What was set about keeping snapshots: in memory, every change durable before it is told. */

import type { Retention } from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import {
  deleteRetentionRecords,
  listRetentionRecords,
  putRetentionRecord,
} from "../state/retention-records.ts";
import { checkRetention } from "./retention-choice.ts";
import type { RetentionTable } from "./retention-choice.ts";

export interface Retentions {
  /** Everything that holds in a datastore now, for whoever works out what holds somewhere in it. */
  tableOf(datastore: string): RetentionTable;
  /** As it was set there. @param namespace  `""`: the datastore as a whole */
  find(datastore: string, namespace: string): Retention | undefined;
  /** @param retention  null: nothing is set there any more. @throws TIME_ZONE_UNKNOWN */
  set(datastore: string, namespace: string, retention: Retention | null): Promise<void>;
  /** Another datastore may come under this name. */
  forgetDatastore(datastore: string): Promise<void>;
}

/** @param needs.timeZone  for retentions that name none */
export async function openRetentions(needs: {
  readonly state: State;
  readonly timeZone: string;
  /** What the jobs that back up into a datastore say about their own snapshots, by job. */
  readonly retentionsOfJobs: (datastore: string) => Readonly<Record<string, Retention>>;
}): Promise<Retentions> {
  const { state } = needs;
  const ofDatastores = new Map<string, Map<string, Retention>>();
  const of = (datastore: string): Map<string, Retention> => {
    const places = ofDatastores.get(datastore) ?? new Map<string, Retention>();
    ofDatastores.set(datastore, places);
    return places;
  };
  for (const { datastore, namespace, retention } of await listRetentionRecords(state.database))
    of(datastore).set(namespace, retention);
  return {
    tableOf: (datastore) => ({
      datastore,
      timeZone: needs.timeZone,
      ofNamespaces: Object.fromEntries(ofDatastores.get(datastore) ?? []),
      ofJobs: needs.retentionsOfJobs(datastore),
    }),
    find: (datastore, namespace) => ofDatastores.get(datastore)?.get(namespace),
    set: async (datastore, namespace, retention) => {
      const checked = retention === null ? undefined : checkRetention(retention);
      if (checked === undefined) await deleteRetentionRecords(state.database, { datastore, namespace });
      else await putRetentionRecord(state.database, { datastore, namespace, retention: checked });
      await state.flush();
      if (checked === undefined) of(datastore).delete(namespace);
      else of(datastore).set(namespace, checked);
    },
    forgetDatastore: async (datastore) => {
      await deleteRetentionRecords(state.database, { datastore });
      await state.flush();
      ofDatastores.delete(datastore);
    },
  };
}
