/** What a verification shows of itself while it runs, and says at its end. */

import { formatSize, formatSnapshotRef } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { formatVerifyReport } from "@ironcore-backup/engine";
import type { VerifyFinding, VerifyOutcome, VerifyProgress, VerifyReport } from "@ironcore-backup/engine";
import type { SnapshotVerification, VerifyStatistics } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { StageProgress, TaskRun } from "./operation.ts";

/** More are in the log; a report is for reading. */
const REPORTED_FINDING_COUNT_MAX = 1000;
/** Of a pass over a large datastore, the reports that travel with the task; all of them are in its log. */
const REPORTED_SNAPSHOT_COUNT_MAX = 10_000;

/** The sums of a pass, its one stage, and its verdict. */
export class PassProgress {
  readonly #run: TaskRun;
  #stage: StageProgress | undefined;
  readonly #startedMs: number;
  readonly #snapshots: SnapshotVerification[] = [];
  readonly #recentCount: number;
  #damaged: string[] = [];
  #doneCount = 0;
  #chunkCount = 0;
  #readBytes = 0;
  /** Read by themselves, before any snapshot was judged. */
  #more: Pick<VerifyStatistics, "continuedUpid" | "coverage"> = {};

  constructor(
    run: TaskRun,
    counts: { readonly snapshotCount: number | undefined; readonly recentCount: number },
  ) {
    this.#run = run;
    this.#recentCount = counts.recentCount;
    this.#startedMs = run.clock.elapsedMs();
    const { snapshotCount } = counts;
    if (snapshotCount !== undefined) this.#show({ doneItems: 0, totalItems: snapshotCount });
  }

  /** The stage begins with the first snapshot. */
  #show(amounts: Parameters<StageProgress["update"]>[0]): void {
    this.#stage ??= this.#run.stage("verify");
    this.#stage.update(amounts);
  }

  update(progress: VerifyProgress): void {
    const readBytes = this.#readBytes + progress.readSizeBytes;
    this.#show({ doneBytes: readBytes, current: formatSnapshotRef(progress.snapshot) });
    this.#run.setBytes(readBytes);
  }

  /** Chunks that were read by themselves. */
  addChunks({ chunkCount, readBytes }: { readonly chunkCount: number; readonly readBytes: number }): void {
    this.#chunkCount = chunkCount;
    this.#readBytes = readBytes;
    this.#run.setBytes(readBytes);
  }

  tell(more: Pick<VerifyStatistics, "continuedUpid" | "coverage">): void {
    this.#more = { ...this.#more, ...more };
  }

  outcome(outcome: VerifyOutcome): void {
    if (outcome.outcome === "verified") this.take(outcome.report);
    else this.skip(outcome.snapshot, outcome.reason);
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
    this.#show({ doneItems: this.#doneCount, doneBytes: this.#readBytes });
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
      ...this.#more,
      snapshots: this.#snapshots,
    };
  }

  /** @throws SNAPSHOTS_DAMAGED */
  end(): void {
    this.#stage?.end();
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

export function logFinding(run: TaskRun, snapshot: SnapshotRef, finding: VerifyFinding): void {
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
    storedDigestChunkCount: report.checks.storedDigestCount,
    ...(report.freshChunkCount === 0 ? {} : { freshChunkCount: report.freshChunkCount }),
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
