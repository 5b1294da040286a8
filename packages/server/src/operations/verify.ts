/** Verification of one snapshot or of a whole datastore, newest snapshots first, each chunk read once. */

import { assertInvariant, formatInstant, instantFromMs, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import {
  enterPass,
  findSnapshot,
  groupsOf,
  isFinished,
  listSnapshotRefs,
  verifySnapshots,
  verifyStateOf,
} from "@ironcore-backup/engine";
import type { VerifyPassMark } from "@ironcore-backup/engine";
import type { VerifyRequest } from "@ironcore-backup/protocol";
import { scopeOf } from "../datastores/prune-scope.ts";
import { reachDatastore, resolveSnapshot, targetText } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import type { Operation, TaskRun } from "./operation.ts";
import { coverScope } from "./verify-cover.ts";
import { logRecordsTrouble, passOptionsOf, scopeText, verdictAtMs } from "./verify-pass-options.ts";
import { PassProgress } from "./verify-progress.ts";

export const runVerify: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "verify", "a verification gets a verification's parameters");
  const { request, datastore: location } = parameters;
  const reached = reachDatastore(run, location);
  const one = request.snapshot === undefined ? undefined : resolveSnapshot(reached, request.snapshot);
  const inScope = one === undefined ? snapshotsIn(reached, request) : [one];
  if (one !== undefined) run.setTarget(targetText(location, one));
  if (request.coverDays !== undefined)
    return coverScope(run, reached, { request, snapshots: inScope, coverDays: request.coverDays });
  const snapshots = inScope.filter((snapshot) => !wasVerified(run, reached, { snapshot, request }));
  await verifyAll(run, reached, { request, snapshots, recentCount: inScope.length - snapshots.length });
};

interface PassScope {
  readonly request: VerifyRequest;
  readonly snapshots: readonly SnapshotRef[];
  readonly recentCount: number;
}

async function verifyAll(
  run: TaskRun,
  reached: ReachedDatastore,
  { request, snapshots, recentCount }: PassScope,
): Promise<void> {
  run.log("info", "VERIFY_STARTED", `Verification of ${snapshots.length} snapshots`, {
    snapshotCount: snapshots.length,
  });
  if (recentCount > 0) {
    const days = `${request.verifyWindowDays ?? 0} days`;
    const message = `${recentCount} more were found sound in the last ${days} and are left out`;
    run.log("info", "RECENTLY_VERIFIED", message, { snapshotCount: recentCount });
  }
  const pass = new PassProgress(run, { snapshotCount: snapshots.length, recentCount });
  const mark = enterPassOrWarn(run, reached, request);
  if (mark?.begunBy !== undefined) {
    pass.tell({ continuedUpid: mark.begunBy });
    const message = `Goes on with a verification that was cut short: what it had found sound since ${formatInstant(instantFromMs(mark.startedAtMs))} is not read again`;
    run.log("info", "VERIFY_CONTINUED", message, { upid: mark.begunBy });
  }
  const outcomes = verifySnapshots(reached.needs, reached.datastore, snapshots, {
    ...passOptionsOf(run),
    ...(mark?.begunBy === undefined ? {} : { freshSinceMs: mark.startedAtMs }),
    onProgress: (progress) => pass.update(progress),
  });
  for await (const outcome of outcomes) pass.outcome(outcome);
  mark?.finish();
  pass.end();
}

/** Without the mark a pass that is cut short is begun anew, which is no reason not to begin. */
function enterPassOrWarn(
  run: TaskRun,
  { needs, datastore }: ReachedDatastore,
  request: VerifyRequest,
): VerifyPassMark | undefined {
  try {
    return enterPass(needs, datastore, {
      scope: scopeText(request),
      upid: run.upid,
      isFromStart: request.isFromStart === true,
    });
  } catch (thrown) {
    logRecordsTrouble(run, toCodedError(thrown));
    return undefined;
  }
}

/** Every finished snapshot of a group, or of a namespace with what is below it. @throws NAMESPACE_MISSING, GROUP_MISSING */
function snapshotsIn(
  { needs, datastore }: ReachedDatastore,
  { group, namespace, depthMax }: VerifyRequest,
): SnapshotRef[] {
  const scope = scopeOf({
    ...(group === undefined ? {} : { group }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(depthMax === undefined ? {} : { depthMax }),
  });
  return groupsOf(needs, datastore, scope)
    .flatMap((one) => listSnapshotRefs(needs, datastore, one))
    .filter((ref) => isFinished(needs, datastore, ref));
}

const DAY_MS = 86_400_000;

/** Found sound within the window; when is in the name of the task that wrote the verdict. */
function wasVerified(
  run: TaskRun,
  { needs, datastore }: ReachedDatastore,
  { snapshot, request }: { readonly snapshot: SnapshotRef; readonly request: VerifyRequest },
): boolean {
  const { verifyWindowDays } = request;
  if (verifyWindowDays === undefined) return false;
  const entry = findSnapshot(needs, datastore, snapshot);
  const verdict = entry?.state === "finished" ? verifyStateOf(entry.manifest) : undefined;
  if (verdict?.state !== "ok") return false;
  const at = verdictAtMs(verdict.upid);
  return at !== undefined && run.clock.now() - at < verifyWindowDays * DAY_MS;
}
