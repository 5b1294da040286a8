/**
 * How a snapshot's last verification ended, read from what the format keeps in its manifest: the task's UPID, which tells
 * when and by whom, and whether it was well. Which kind of damage it was, the reports of this server know.
 */

import { parseUpid } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import type { VerifyState } from "@ironcore-backup/engine";
import type { Snapshot, SnapshotVerdict } from "@ironcore-backup/protocol";
import type { StateDatabase } from "../state/schema.ts";
import { listReportsOf } from "../state/verification-records.ts";
import type { SnapshotReport } from "../state/verification-records.ts";

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

/**
 * Damaged snapshots with what the report of that very task says: chunks gone, or chunks wrong. One whose manifest cannot be
 * read, and so carries no verdict, has that of its newest report.
 */
export async function withReportedResults(
  needs: { readonly clock: Clock; readonly database: StateDatabase },
  datastore: string,
  snapshots: readonly Snapshot[],
): Promise<Snapshot[]> {
  const isDamaged = ({ verification, manifestError }: Snapshot): boolean =>
    manifestError !== undefined || (verification !== undefined && verification.result !== "OK");
  const damaged = snapshots.filter(isDamaged);
  if (damaged.length === 0) return [...snapshots];
  const reports = await listReportsOf(
    needs.database,
    datastore,
    damaged.map(({ snapshot }) => snapshot),
  );
  const byName = Map.groupBy(reports, ({ snapshot }) => snapshot);
  return snapshots.map((one) => {
    if (!isDamaged(one)) return one;
    const own = byName.get(one.snapshot) ?? [];
    if (one.verification === undefined) {
      const verification = ofReport(needs, own.at(-1));
      return verification === undefined ? one : { ...one, verification };
    }
    const result = own.findLast(({ upid }) => upid === one.verification?.upid)?.result;
    return result === undefined ? one : { ...one, verification: { ...one.verification, result } };
  });
}

function ofReport(
  needs: { readonly clock: Clock },
  report: SnapshotReport | undefined,
): SnapshotVerdict | undefined {
  // It may have been sound then; of what it is now only its unreadable manifest tells.
  if (report === undefined || report.result === "OK") return undefined;
  const verdict = verdictOf(needs, { upid: report.upid, state: "failed" });
  return verdict && { ...verdict, result: report.result };
}
