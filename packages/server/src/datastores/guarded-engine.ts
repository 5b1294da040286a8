/**
 * The engine behind what operators set: in maintenance nothing of a datastore is touched, in read-only nothing written;
 * and whatever is asked is asked of the very store that the server knows, not of what else lies at its path. Every call of
 * every room passes here.
 */

import { serverErrors } from "../errors.ts";
import type { DatastoreRecord } from "../state/datastore-records.ts";
import { ENGINE_CALLS } from "./datastore-engine.ts";
import type { DatastoreEngine, EngineCall } from "./datastore-engine.ts";

/** `unguarded`: it makes or looks at what is not yet known, or touches no datastore at all. */
const EFFECTS: Readonly<Record<EngineCall, "reads" | "writes" | "unguarded">> = {
  create: "unguarded",
  identify: "unguarded",
  assertStore: "unguarded",
  probe: "unguarded",
  check: "unguarded",
  simulatePrune: "unguarded",
  summarize: "reads",
  sampleChunks: "reads",
  listSnapshots: "reads",
  findSnapshot: "reads",
  getSnapshot: "reads",
  forgetSnapshot: "writes",
  countNamespaces: "reads",
  createNamespace: "writes",
  removeNamespace: "writes",
  listGroups: "reads",
  changeGroup: "writes",
  measureGroupSpace: "reads",
  forgetGroup: "writes",
  changeSnapshot: "writes",
  planPrune: "reads",
  compareSnapshots: "reads",
  listChunkUses: "reads",
  listChunkFiles: "reads",
  listEntries: "reads",
};

type Guarded = Pick<DatastoreRecord, "name" | "identity" | "mode" | "modeReason">;

/** @param find  the datastore at a path, if the server knows one there */
export function guardEngine(
  engine: DatastoreEngine,
  find: (path: string) => Guarded | undefined,
): DatastoreEngine {
  const call = async (name: EngineCall, path: string, rest: readonly unknown[]): Promise<unknown> => {
    const effect = EFFECTS[name];
    const known = effect === "unguarded" ? undefined : find(path);
    if (known !== undefined) {
      assertAllows(known, effect === "writes" ? "write" : "read");
      if (known.identity !== undefined) await engine.assertStore(path, known.identity);
    }
    // The other side builds the call from the same interface.
    const method = engine[name] as (...parameters: readonly unknown[]) => Promise<unknown>;
    return method(path, ...rest);
  };
  // Built from the interface's own list of calls, each with the interface's parameters.
  return Object.fromEntries(
    ENGINE_CALLS.map((name) => [name, (path: string, ...rest: readonly unknown[]) => call(name, path, rest)]),
  ) as unknown as DatastoreEngine;
}

/** @throws DATASTORE_IN_MAINTENANCE, DATASTORE_READ_ONLY */
export function assertAllows(
  { name, mode, modeReason = "" }: Omit<Guarded, "identity">,
  what: "read" | "write",
): void {
  const by = modeReason === "" ? "" : ` (${modeReason})`;
  if (mode === "maintenance") throw serverErrors.DATASTORE_IN_MAINTENANCE({ datastore: name, by });
  if (mode === "read-only" && what === "write")
    throw serverErrors.DATASTORE_READ_ONLY({ datastore: name, by });
}
