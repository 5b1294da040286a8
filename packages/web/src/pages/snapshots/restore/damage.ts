/** Which snapshots are not to be trusted, and which to take instead. */

import type { Snapshot } from "@ironcore-backup/protocol/calls";

/** Its last verification found it CORRUPT or MISSING, or its very description cannot be read. */
export function isDamaged({ verification, manifestError }: Snapshot): boolean {
  return manifestError !== undefined || (verification !== undefined && verification.result !== "OK");
}

/** @param snapshots  of one group, newest first */
export function newestVerified(snapshots: readonly Snapshot[]): Snapshot | undefined {
  return snapshots.find((one) => one.finished && !isDamaged(one) && one.verification?.result === "OK");
}
