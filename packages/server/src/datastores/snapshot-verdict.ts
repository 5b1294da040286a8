/**
 * How a snapshot's last verification ended, read from what the format keeps in its manifest: the task's UPID, which tells
 * when and by whom, and whether it was well. Which kind of damage it was, the reports of this server know.
 */

import { parseUpid } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import type { VerifyState } from "@ironcore-backup/engine";
import type { Snapshot, SnapshotVerdict } from "@ironcore-backup/protocol";
import type { StateDatabase } from "../state/schema.ts";
import { listDamagedResults } from "../state/verification-records.ts";

/** So long a verification counts. */
const KEEP_VERIFIED_MS = 30 * 86_400_000;

/** Damage reads as CORRUPT until `withReportedResults` has looked. Undefined when the manifest names no task of ours. */
export function verdictOf(needs: { readonly clock: Clock }, state: VerifyState): SnapshotVerdict | undefined {
  const task = readUpid(state.upid);
  if (task === undefined) return undefined;
  const at = task.startTime * 1000;
  return {
    result: state.state === "ok" ? "OK" : "CORRUPT",
    at,
    upid: state.upid,
    verifier: task.authId,
    isStale: needs.clock.now() - at > KEEP_VERIFIED_MS,
  };
}

/** Other servers of the format may have written anything. */
function readUpid(text: string): ReturnType<typeof parseUpid> | undefined {
  try {
    return parseUpid(text);
  } catch {
    // Not a UPID: then the verdict has no time and no author, and counts as none.
    return undefined;
  }
}

/** Damaged snapshots with what the report of that very task says: chunks gone, or chunks wrong. */
export async function withReportedResults(
  database: StateDatabase,
  datastore: string,
  snapshots: readonly Snapshot[],
): Promise<Snapshot[]> {
  const damaged = snapshots.filter(
    ({ verification }) => verification !== undefined && verification.result !== "OK",
  );
  if (damaged.length === 0) return [...snapshots];
  const results = await listDamagedResults(
    database,
    datastore,
    damaged.map(({ snapshot }) => snapshot),
  );
  return snapshots.map((one) => {
    const result = one.verification && results.get(`${one.snapshot} ${one.verification.upid}`);
    if (one.verification === undefined || result === undefined) return one;
    return { ...one, verification: { ...one.verification, result } };
  });
}
