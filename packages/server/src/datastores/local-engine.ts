/** Stands in until the engine exports its datastores; refuses everything. */

import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { DatastoreEngine } from "./datastore-engine.ts";

export function createLocalEngine(_needs: { readonly clock: Clock }): DatastoreEngine {
  const refuse = (path: string): Promise<never> =>
    Promise.reject(
      serverErrors.DATASTORE_OFFLINE({ datastore: path, detail: "the engine is not built in yet" }),
    );
  return {
    create: refuse,
    check: refuse,
    listSnapshots: refuse,
    findSnapshot: refuse,
    getSnapshot: refuse,
    forgetSnapshot: refuse,
    listEntries: refuse,
  };
}
