/** Loads the engine when the first datastore is used. */

import type { Clock } from "@ironcore-backup/base";
import type { DatastoreEngine } from "./datastore-engine.ts";

export function createLazyEngine(needs: { readonly clock: Clock }): DatastoreEngine {
  let loading: Promise<DatastoreEngine> | undefined;
  const engine = (): Promise<DatastoreEngine> => {
    loading ??= import("./local-engine.ts").then(({ createLocalEngine }) => createLocalEngine(needs));
    return loading;
  };
  return {
    create: async (path) => (await engine()).create(path),
    check: async (path) => (await engine()).check(path),
    listSnapshots: async (path, filter) => (await engine()).listSnapshots(path, filter),
    findSnapshot: async (path, text) => (await engine()).findSnapshot(path, text),
    getSnapshot: async (path, snapshot) => (await engine()).getSnapshot(path, snapshot),
    forgetSnapshot: async (path, snapshot) => (await engine()).forgetSnapshot(path, snapshot),
    listEntries: async (path, subject) => (await engine()).listEntries(path, subject),
  };
}
