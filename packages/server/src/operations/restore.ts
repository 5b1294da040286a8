/** A restore on the server's own machine: the agent reads straight from the engine's snapshot. */

import { availableParallelism } from "node:os";
import { assertInvariant, formatSnapshotRef, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { restoreSnapshot } from "@ironcore-backup/agent";
import type { RestorePlan } from "@ironcore-backup/agent";
import { findSnapshot, listSnapshotRefs, openSnapshot, verifyStateOf } from "@ironcore-backup/engine";
import type { OpenSnapshot } from "@ironcore-backup/engine";
import type { RestoreRequest } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { reachDatastore, readKey, resolveSnapshot, targetText } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import { logNotice } from "./notice-log.ts";
import type { Operation, StageProgress, TaskRun } from "./operation.ts";

export const runRestore: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "restore", "a restore gets a restore's parameters");
  const { request, datastore: location } = parameters;
  const reached = reachDatastore(run, location);
  const snapshot = resolveSnapshot(reached, request.snapshot);
  run.setTarget(request.target);
  const source = openOrNameAnother(run, reached, snapshot);
  const stages = new Map<string, StageProgress>();
  const doneBytes = new Map<string, number>();
  try {
    checkVerification(run, reached, source, request);
    run.log("info", "RESTORE_STARTED", `Restore of ${targetText(location, snapshot)} to ${request.target}`, {
      snapshot: formatSnapshotRef(snapshot),
      target: request.target,
    });
    const { statistics } = await restoreSnapshot({ clock: run.clock }, planOf(request), {
      source,
      signal: run.signal,
      threadCount: availableParallelism(),
      onProgress: ({ archive, ...amounts }) => {
        // Before the first archive the target is looked at.
        const stage = stages.get(archive) ?? run.stage(archive === "" ? "check target" : archive);
        stages.set(archive, stage);
        stage.update(amounts);
        doneBytes.set(archive, amounts.doneBytes);
        run.setBytes([...doneBytes.values()].reduce((sum, bytes) => sum + bytes, 0));
      },
      onNotice: (notice) => logNotice(run, notice),
      pace: (bytes) => run.pace(bytes),
    });
    for (const stage of stages.values()) stage.end();
    await run.confirm();
    run.setBytes(statistics.restoredBytes);
    run.setStatistics({ kind: "restore", restore: statistics });
    const message = `Restored ${statistics.fileCount} files and ${statistics.directoryCount} directories`;
    run.log("info", "RESTORE_FINISHED", message, { restoredBytes: statistics.restoredBytes });
  } finally {
    source.close();
  }
};

function planOf(request: RestoreRequest): RestorePlan {
  const key = readKey(request.keyFile);
  return {
    target: request.target,
    overwrite: request.overwrite ?? "never",
    ...(request.archive === undefined ? {} : { archives: [request.archive] }),
    ...(request.includes === undefined ? {} : { includes: request.includes }),
    ...(key === undefined ? {} : { key }),
    ...(request.allowCorrupt === true ? { skipDamaged: true } : {}),
  };
}

/** @throws SNAPSHOT_VERIFY_FAILED unless the person insists */
function checkVerification(
  run: TaskRun,
  reached: ReachedDatastore,
  source: OpenSnapshot,
  request: RestoreRequest,
): void {
  if (verifyStateOf(source.manifest)?.state !== "failed") return;
  const snapshot = formatSnapshotRef(source.snapshot);
  if (request.allowCorrupt === true) {
    run.log(
      "warning",
      "SNAPSHOT_NOT_SOUND",
      `The last verification of ${snapshot} failed; restoring what can be had of it`,
    );
    return;
  }
  throw serverErrors.SNAPSHOT_VERIFY_FAILED({
    snapshot,
    alternative: newestVerified(reached, source.snapshot),
  });
}

/** One whose manifest cannot be read carries no verdict; the log names the one to take instead. @throws as `openSnapshot` */
function openOrNameAnother(run: TaskRun, reached: ReachedDatastore, snapshot: SnapshotRef): OpenSnapshot {
  try {
    return openSnapshot(reached.needs, reached.datastore, snapshot);
  } catch (thrown) {
    if (toCodedError(thrown).code === "MANIFEST_UNREADABLE") {
      const name = formatSnapshotRef(snapshot);
      const alternative = newestVerified(reached, snapshot);
      const message = `${name} cannot be opened; the newest one that verified is ${alternative}`;
      run.log("error", "SNAPSHOT_NOT_SOUND", message, { snapshot: name, alternative });
    }
    throw thrown;
  }
}

/** In words, also when there is none. */
function newestVerified(reached: ReachedDatastore, group: SnapshotRef): string {
  const { needs, datastore } = reached;
  const sound = listSnapshotRefs(needs, datastore, group).find((ref) => {
    const entry = findSnapshot(needs, datastore, ref);
    return entry?.state === "finished" && verifyStateOf(entry.manifest)?.state === "ok";
  });
  return sound === undefined ? "no snapshot of this group" : formatSnapshotRef(sound);
}
