/** Verification of one snapshot or of a whole datastore, newest snapshots first, each chunk read once. */

import { availableParallelism } from "node:os";
import { assertInvariant, formatSize, formatSnapshotRef, parseUpid } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import {
  findSnapshot,
  formatVerifyReport,
  groupsOf,
  isFinished,
  listSnapshotRefs,
  verifySnapshots,
  verifyStateOf,
} from "@ironcore-backup/engine";
import type { VerifyFinding, VerifyProgress, VerifyReport } from "@ironcore-backup/engine";
import type { SnapshotVerification, VerifyRequest, VerifyStatistics } from "@ironcore-backup/protocol";
import { scopeOf } from "../datastores/prune-scope.ts";
import { serverErrors } from "../errors.ts";
import { reachDatastore, resolveSnapshot, targetText } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import type { Operation, StageProgress, TaskRun } from "./operation.ts";

/** More are in the log; a report is for reading. */
const REPORTED_FINDING_COUNT_MAX = 1000;
/** Of a pass over a large datastore, the reports that travel with the task; all of them are in its log. */
const REPORTED_SNAPSHOT_COUNT_MAX = 10_000;

export const runVerify: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "verify", "a verification gets a verification's parameters");
  const { request, datastore: location } = parameters;
  const reached = reachDatastore(run, location);
  const one = request.snapshot === undefined ? undefined : resolveSnapshot(reached, request.snapshot);
  const inScope = one === undefined ? snapshotsIn(reached, request) : [one];
  const snapshots = inScope.filter((snapshot) => !wasVerified(run, reached, { snapshot, request }));
  const recentCount = inScope.length - snapshots.length;
  if (one !== undefined) run.setTarget(targetText(location, one));
  run.log("info", "VERIFY_STARTED", `Verification of ${snapshots.length} snapshots`, {
    snapshotCount: snapshots.length,
  });
  if (recentCount > 0) {
    const days = `${request.verifyWindowDays ?? 0} days`;
    const message = `${recentCount} more were found sound in the last ${days} and are left out`;
    run.log("info", "RECENTLY_VERIFIED", message, { snapshotCount: recentCount });
  }
  const pass = new PassProgress(run, { snapshotCount: snapshots.length, recentCount });
  const outcomes = verifySnapshots(reached.needs, reached.datastore, snapshots, {
    upid: run.upid,
    threadCount: availableParallelism(),
    signal: run.signal,
    beforeVerdict: () => run.confirm(),
    onProgress: (progress) => pass.update(progress),
    onFinding: (snapshot, finding) => logFinding(run, snapshot, finding),
    pace: (bytes) => run.pace(bytes),
  });
  for await (const outcome of outcomes) {
    if (outcome.outcome === "verified") pass.take(outcome.report);
    else pass.skip(outcome.snapshot, outcome.reason);
  }
  pass.end();
};

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
  try {
    return run.clock.now() - parseUpid(verdict.upid).startTime * 1000 < verifyWindowDays * DAY_MS;
  } catch {
    // Another program's verdict whose time is not known: it is looked at again.
    return false;
  }
}

/** The sums of a pass, its one stage, and its verdict. */
class PassProgress {
  readonly #run: TaskRun;
  readonly #stage: StageProgress;
  readonly #startedMs: number;
  readonly #snapshots: SnapshotVerification[] = [];
  readonly #recentCount: number;
  #damaged: string[] = [];
  #doneCount = 0;
  #chunkCount = 0;
  #readBytes = 0;

  constructor(run: TaskRun, counts: { readonly snapshotCount: number; readonly recentCount: number }) {
    this.#run = run;
    this.#recentCount = counts.recentCount;
    this.#stage = run.stage("verify");
    this.#startedMs = run.clock.elapsedMs();
    this.#stage.update({ doneItems: 0, totalItems: counts.snapshotCount });
  }

  update(progress: VerifyProgress): void {
    const readBytes = this.#readBytes + progress.readSizeBytes;
    this.#stage.update({ doneBytes: readBytes, current: formatSnapshotRef(progress.snapshot) });
    this.#run.setBytes(readBytes);
  }

  take(report: VerifyReport): void {
    this.#chunkCount += report.checkedChunkCount;
    this.#readBytes += report.readSizeBytes;
    if (this.#snapshots.length < REPORTED_SNAPSHOT_COUNT_MAX) this.#snapshots.push(verificationOf(report));
    const isSound = report.result === "ok";
    if (!isSound) this.#damaged.push(formatSnapshotRef(report.snapshot));
    this.#run.log(
      isSound ? "info" : "error",
      `SNAPSHOT_${report.result.toUpperCase()}`,
      formatVerifyReport(report),
      {
        snapshot: formatSnapshotRef(report.snapshot),
      },
    );
    if (report.stateError !== undefined) {
      this.#run.log(
        "warning",
        report.stateError.code,
        `The verdict could not be written: ${report.stateError.message}`,
      );
    }
    this.#step();
  }

  skip(snapshot: SnapshotRef, reason: string): void {
    const name = formatSnapshotRef(snapshot);
    this.#run.log("info", "SNAPSHOT_SKIPPED", `${name} was skipped: ${reason}`, { snapshot: name });
    this.#step();
  }

  #step(): void {
    this.#doneCount++;
    this.#stage.update({ doneItems: this.#doneCount, doneBytes: this.#readBytes });
    this.#run.setBytes(this.#readBytes);
    this.#run.setStatistics({ kind: "verify", verify: this.#statistics() });
  }

  #statistics(): VerifyStatistics {
    return {
      durationMs: Math.round(this.#run.clock.elapsedMs() - this.#startedMs),
      snapshotCount: this.#doneCount,
      ...(this.#recentCount === 0 ? {} : { recentlyVerifiedCount: this.#recentCount }),
      chunkCount: this.#chunkCount,
      readBytes: this.#readBytes,
      snapshots: this.#snapshots,
    };
  }

  /** @throws SNAPSHOTS_DAMAGED */
  end(): void {
    this.#stage.end();
    this.#run.setStatistics({ kind: "verify", verify: this.#statistics() });
    const [first] = this.#damaged;
    if (first !== undefined) {
      throw serverErrors.SNAPSHOTS_DAMAGED({
        damagedCount: this.#damaged.length,
        snapshotCount: this.#doneCount,
        first,
      });
    }
    const message = `All sound: ${this.#doneCount} snapshots, ${this.#chunkCount} chunks, ${formatSize(this.#readBytes)} read`;
    this.#run.log("info", "VERIFY_FINISHED", message, {
      chunkCount: this.#chunkCount,
      readBytes: this.#readBytes,
    });
  }
}

function logFinding(run: TaskRun, snapshot: SnapshotRef, finding: VerifyFinding): void {
  const name = formatSnapshotRef(snapshot);
  const what =
    finding.digest === undefined ? finding.archive : `chunk ${finding.digest} of ${finding.archive}`;
  const aside = finding.isSetAside ? "; set aside, the next backup writes it anew" : "";
  run.log(
    "error",
    `CHUNK_${finding.kind.toUpperCase()}`,
    `${name}: ${what} is ${finding.kind}: ${finding.reason}${aside}`,
    {
      snapshot: name,
      archive: finding.archive,
      ...(finding.digest === undefined ? {} : { digest: finding.digest }),
    },
  );
}

function verificationOf(report: VerifyReport): SnapshotVerification {
  const results = { ok: "OK", corrupt: "CORRUPT", missing: "MISSING" } as const;
  return {
    snapshot: formatSnapshotRef(report.snapshot),
    result: results[report.result],
    startedAt: report.startedAt,
    durationMs: Math.round(report.durationMs),
    chunkCount: report.checkedChunkCount,
    readBytes: report.readSizeBytes,
    checksumOnlyChunkCount: report.checks.checksumOnlyCount,
    findings: report.findings
      .slice(0, REPORTED_FINDING_COUNT_MAX)
      .map(({ kind, archive, reason, digest }) => ({
        kind,
        archive,
        reason,
        ...(digest === undefined ? {} : { digest }),
      })),
    findingCount: report.findingCount,
  };
}
